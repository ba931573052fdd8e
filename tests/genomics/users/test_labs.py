from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import reverse

from genomics.users import labs
from genomics.users.models import Lab, Membership, User

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], Client]


def _request(user: User | AnonymousUser) -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = user
    return request


def _second_lab(user: User, *others: User, name: str = "Second lab") -> Lab:
    """This function will give a lab that others have joined first."""
    lab = Lab.objects.create(name=name, email="second@lab.example")
    for member in (*others, user):
        Membership.objects.create(lab=lab, user=member)
    return lab


class TestChosen:
    def test_is_the_personal_lab_at_first(self, free_user: User, stranger: User) -> None:
        _second_lab(free_user, stranger)
        assert labs.chosen(_request(free_user)) == free_user.labs.earliest("created_at")

    def test_is_nothing_for_people_without_a_lab(self, free_user: User) -> None:
        Membership.objects.filter(user=free_user).delete()
        assert labs.chosen(_request(free_user)) is None
        assert labs.chosen(_request(AnonymousUser())) is None

    def test_falls_back_to_the_oldest_membership_when_the_user_has_left_the_chosen_lab(self, free_user: User) -> None:
        lab = _second_lab(free_user)
        labs.choose(_request(free_user), lab=lab)
        Membership.objects.filter(user=free_user, lab=lab).delete()
        assert labs.chosen(_request(User.objects.get(pk=free_user.pk))) == free_user.labs.get()

    def test_costs_one_query(self, free_user: User, django_assert_num_queries: Any) -> None:
        for number in range(3):
            _second_lab(free_user, name=f"Lab {number}")
        request = _request(free_user)
        with django_assert_num_queries(1):
            assert labs.chosen(request) == labs.chosen(request)


class TestChoose:
    def test_is_remembered_in_every_browser(self, free_user: User) -> None:
        lab, request = _second_lab(free_user), _request(free_user)
        labs.choose(request, lab=lab)
        assert labs.chosen(request) == lab
        assert labs.chosen(_request(User.objects.get(pk=free_user.pk))) == lab


class TestChooseLab:
    def _post(self, client: Client, lab: Lab, **form: str) -> Any:
        return client.post(reverse("users:choose-lab", args=[lab.pk]), form)

    def test_chooses_and_goes_back_to_the_page(self, client_of: SignIn, free_user: User) -> None:
        lab = _second_lab(free_user)
        answer = self._post(client_of(free_user), lab, next=reverse("jobs:new"))
        free_user.refresh_from_db()
        assert (answer["Location"], free_user.current_lab) == (reverse("jobs:new"), lab)

    @pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
    def test_w09_never_leads_to_another_site(self, client_of: SignIn, free_user: User, target: str) -> None:
        answer = self._post(client_of(free_user), _second_lab(free_user), next=target)
        assert answer["Location"] == reverse("jobs:list")

    def test_knows_no_lab_of_strangers(self, client_of: SignIn, free_user: User, stranger: User) -> None:
        assert self._post(client_of(stranger), free_user.labs.get()).status_code == 404

    def test_refuses_other_ways(self, client: Client, client_of: SignIn, free_user: User) -> None:
        lab = free_user.labs.get()
        assert client_of(free_user).get(reverse("users:choose-lab", args=[lab.pk])).status_code == 405
        assert self._post(client, lab)["Location"].startswith(reverse("account_login"))


class TestNavigation:
    def test_offers_a_choice_to_members_of_several_labs_only(self, client_of: SignIn, free_user: User) -> None:
        client = client_of(free_user)
        alone = client.get(reverse("users:profile")).content.decode()
        lab = _second_lab(free_user, name="<b>Two</b>")
        page = client.get(reverse("users:profile")).content.decode()
        assert "lab-switch" not in alone
        assert f'formaction="{reverse("users:choose-lab", args=[lab.pk])}"' in page
        assert "<b>Two</b>" not in page
