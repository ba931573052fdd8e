from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from genomics.labs import invitations
from genomics.labs.models import Invitation, State
from genomics.mail.models import Mail
from genomics.users import labs
from genomics.users.models import Lab, Role, User
from tests.genomics.labs.test_invitations import token_of

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], Client]
LAB_NAME = "The secret project"


@pytest.fixture
def invitation(free_user: User, stranger: User) -> Invitation:
    """This function will give an invitation of the stranger to a lab with a name worth hiding."""
    Lab.objects.of(free_user).update(name=LAB_NAME)
    lab = free_user.labs.get()
    return invitations.invite(lab, email=stranger.email, role=Role.MEMBER, by=free_user, now=timezone.now())


@pytest.fixture
def link(invitation: Invitation) -> str:
    return reverse("labs:invitation", args=[token_of(Mail.objects.get())])


def _is_member(user: User) -> bool:
    return user.labs.filter(name=LAB_NAME).exists()


class TestInvited:
    def test_sees_who_invites_where(self, client_of: SignIn, stranger: User, free_user: User, link: str) -> None:
        page = client_of(stranger).get(link)
        assert page.status_code == 200
        assert "no-store" in page["Cache-Control"]
        for words in (LAB_NAME, free_user.email):
            assert words in page.content.decode()

    def test_joins_and_has_the_lab_chosen(self, client_of: SignIn, stranger: User, link: str, rf: Any) -> None:
        client = client_of(stranger)
        page = client.post(link, {"answer": "accept"}, follow=True)
        assert f"You are a member of {LAB_NAME} now." in page.content.decode()
        assert _is_member(stranger)
        request = rf.get("/")
        request.user = User.objects.get(pk=stranger.pk)
        chosen = labs.chosen(request)
        assert chosen is not None
        assert chosen.name == LAB_NAME

    def test_is_led_to_the_lab_by_a_link_that_was_used(self, client_of: SignIn, stranger: User, link: str) -> None:
        client = client_of(stranger)
        client.post(link, {"answer": "accept"})
        for answer in (client.get(link), client.post(link, {"answer": "accept"})):
            assert answer["Location"] == reverse("labs:detail", args=[Invitation.objects.get().lab_id])

    def test_declines(self, client_of: SignIn, stranger: User, link: str) -> None:
        client = client_of(stranger)
        assert client.post(link, {"answer": "decline"}).status_code == 302
        assert not _is_member(stranger)
        assert Invitation.objects.get().state == State.DECLINED
        assert client.get(link).status_code == 404

    def test_joins_by_a_deliberate_post_only(self, client_of: SignIn, stranger: User, link: str) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(stranger, backend="allauth.account.auth_backends.AuthenticationBackend")
        assert client.post(link, {"answer": "accept"}).status_code == 403
        client.get(link)
        assert not _is_member(stranger)

    def test_needs_to_have_proved_the_address(self, client_of: SignIn, stranger: User, link: str) -> None:
        EmailAddress.objects.filter(user=stranger).update(verified=False)
        assert client_of(stranger).post(link, {"answer": "accept"}).status_code == 403
        assert not _is_member(stranger)


class TestOthers:
    def test_are_asked_to_sign_in_and_learn_nothing(self, client: Client, free_user: User, link: str) -> None:
        for page in (client.get(link), client.post(link, {"answer": "accept"})):
            text = page.content.decode()
            assert page.status_code == 200
            assert f"{reverse('account_signup')}?next={link}" in text
            assert LAB_NAME not in text
            assert free_user.email not in text

    def test_cannot_use_the_link_of_another_person(
        self, client_of: SignIn, premium_user: User, stranger: User, free_user: User, link: str
    ) -> None:
        client = client_of(premium_user)
        for page in (client.get(link), client.post(link, {"answer": "accept"})):
            text = page.content.decode()
            assert page.status_code == 403
            assert "for another address" in text
            for secret in (LAB_NAME, stranger.email, free_user.email):
                assert secret not in text
        assert not _is_member(premium_user)
        assert Invitation.objects.get().state == State.OPEN

    def test_cannot_decline_for_another_person(self, client_of: SignIn, premium_user: User, link: str) -> None:
        client_of(premium_user).post(link, {"answer": "decline"})
        assert Invitation.objects.get().state == State.OPEN


class TestLinksThatEnded:
    @pytest.mark.parametrize("who", ["invited", "another", "nobody"])
    @pytest.mark.parametrize("why", ["expired", "revoked", "replaced", "never"])
    def test_say_so_and_nothing_else(
        self,
        client_of: SignIn,
        stranger: User,
        premium_user: User,
        free_user: User,
        invitation: Invitation,
        link: str,
        who: str,
        why: str,
    ) -> None:
        if why == "expired":
            Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        elif why == "revoked":
            invitations.revoke(invitation, by=free_user, now=timezone.now())
        elif why == "replaced":
            invitations.send_again(invitation, by=free_user, now=timezone.now())
        else:
            link = reverse("labs:invitation", args=["x" * 43])
        users = {"invited": stranger, "another": premium_user}
        client = client_of(users[who]) if who in users else Client()
        for page in (client.get(link), client.post(link, {"answer": "accept"})):
            assert page.status_code == 404
            assert "no longer open" in page.content.decode()
            assert LAB_NAME not in page.content.decode()
        assert not _is_member(stranger)

    def test_do_not_tell_who_used_them(self, client_of: SignIn, stranger: User, premium_user: User, link: str) -> None:
        client_of(stranger).post(link, {"answer": "accept"})
        assert client_of(premium_user).get(link).status_code == 404
        assert Client().get(link).status_code == 404

    def test_do_not_bring_back_a_member_who_was_removed(self, client_of: SignIn, stranger: User, link: str) -> None:
        client = client_of(stranger)
        client.post(link, {"answer": "accept"})
        stranger.memberships.filter(lab__name=LAB_NAME).delete()
        assert client.post(link, {"answer": "accept"}).status_code == 404
        assert not _is_member(stranger)
