from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from genomics.users.models import Lab, Membership, MembershipEvent, Role, User
from tests.admin_pages import act, only_looks, queries_with

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], Client]

_USERS = "admin:users_user_changelist"
_LABS = "admin:users_lab_changelist"


def _is_signed_in(client: Client) -> bool:
    return client.get(reverse("jobs:list")).status_code == 200


def _user_form(user: User, **changes: str) -> dict[str, str]:
    fields = {"email": user.email, "is_active": "on", "mail_when_done": "on", "mail_when_failed": "on", **changes}
    return {name: value for name, value in fields.items() if value}


def _may_change_users(user: User) -> User:
    staff = only_looks(user, "users.user")
    staff.user_permissions.add(Permission.objects.get(codename="change_user"))
    return User.objects.get(pk=user.pk)


class TestUserAdmin:
    def test_signs_out_whom_it_deactivates_on_the_page(
        self, client_of: SignIn, admin_user: User, free_user: User, stranger: User
    ) -> None:
        own, other = client_of(free_user), client_of(stranger)
        assert _is_signed_in(own)
        url = reverse("admin:users_user_change", args=[free_user.pk])
        client_of(admin_user).post(url, _user_form(free_user, is_active=""))
        User.objects.filter(pk=free_user.pk, is_active=False).update(is_active=True)  # the session is gone for good
        assert not _is_signed_in(own)
        assert _is_signed_in(other)
        assert "Is active" in LogEntry.objects.get().change_message

    def test_signs_out_whom_it_deactivates_in_the_list(
        self, client_of: SignIn, admin_user: User, free_user: User
    ) -> None:
        own, admin = client_of(free_user), client_of(admin_user)
        page = act(admin, _USERS, "deactivate", [free_user, admin_user])
        assert "Deactivated and signed out everywhere (1)" in page
        assert f"Not done: {admin_user} is you." in page
        assert _is_signed_in(admin)
        assert f"Not done: {free_user} is not active." in act(admin, _USERS, "deactivate", [free_user])
        assert "Activated (1)" in act(admin, _USERS, "activate", [free_user])
        assert not _is_signed_in(own)
        messages = LogEntry.objects.order_by("pk").values_list("user", "object_id", "change_message")
        assert list(messages) == [
            (admin_user.pk, str(free_user.pk), "Deactivated and signed out everywhere"),
            (admin_user.pk, str(free_user.pk), "Activated"),
        ]

    def test_lets_nobody_but_superusers_give_rights(
        self, client_of: SignIn, free_user: User, stranger: User, admin_user: User
    ) -> None:
        client = client_of(_may_change_users(free_user))
        url = reverse("admin:users_user_change", args=[stranger.pk])
        client.post(url, _user_form(stranger, is_staff="on", is_superuser="on", name="Eve"))
        stranger.refresh_from_db()
        assert (stranger.name, stranger.is_staff, stranger.is_superuser) == ("Eve", False, False)
        assert "only a superuser may do that." in act(client, _USERS, "deactivate", [admin_user])
        password = {"usable_password": "true", "password1": "correct horse staple", "password2": "correct horse staple"}
        answer = client.post(reverse("admin:auth_user_password_change", args=[admin_user.pk]), password)
        assert answer.status_code == 403
        assert client.post(reverse("admin:users_user_change", args=[admin_user.pk]), {}).status_code == 403

    def test_keeps_admins_from_taking_over_the_accounts_of_others(
        self, client_of: SignIn, free_user: User, stranger: User, admin_user: User
    ) -> None:
        """Whoever sets a password, or the address that codes are mailed to, has the account with all its rights."""
        client = client_of(_may_change_users(free_user))
        only_looks(stranger, "jobs.job")  # is staff now, with rights that the other one has not
        password = {"usable_password": "true", "password1": "correct horse staple", "password2": "correct horse staple"}
        answer = client.post(reverse("admin:auth_user_password_change", args=[stranger.pk]), password)
        assert answer.status_code == 403
        assert client.post(reverse("admin:users_user_change", args=[stranger.pk]), {}).status_code == 403
        assert "only a superuser may do that." in act(client, _USERS, "deactivate", [stranger])
        User.objects.filter(pk__in=[stranger.pk, admin_user.pk]).update(is_active=False)
        act(client, _USERS, "activate", [stranger, admin_user])
        assert not User.objects.filter(pk__in=[stranger.pk, admin_user.pk], is_active=True).exists()

    def test_deletes_nobody(self, client_of: SignIn, admin_user: User, free_user: User) -> None:
        url = reverse("admin:users_user_delete", args=[free_user.pk])
        assert client_of(admin_user).post(url, {"post": "yes"}).status_code == 403

    def test_gives_a_new_user_a_lab(self, client_of: SignIn, admin_user: User) -> None:
        form = {"email": "new@lab.example", "password1": "correct horse battery", "password2": "correct horse battery"}
        client_of(admin_user).post(reverse("admin:users_user_add"), form)
        assert Lab.objects.of(User.objects.get(email="new@lab.example")).count() == 1

    def test_needs_as_many_queries_for_many_as_for_few(
        self, client_of: SignIn, admin_user: User, free_user: User
    ) -> None:
        def add() -> None:
            for number in range(120):
                User.objects.create(email=f"user-{number}@lab.example")

        few, many = queries_with(client_of(admin_user), _USERS, add=add)
        assert few == many


class _LabPage:
    """The page of a lab, as an admin fills it in."""

    def __init__(self, client: Client, lab: Lab) -> None:
        self._client, self._lab = client, lab

    def save(self, *rows: dict[str, Any], **changes: str) -> str:
        """This function will save the page with these members, and give what it shows then."""
        form: dict[str, Any] = {"name": self._lab.name, "email": self._lab.email, **changes}
        initial = sum("id" in row for row in rows)
        for prefix, total, before in (("memberships", len(rows), initial), ("membership_events", 0, 0)):
            form |= {f"{prefix}-TOTAL_FORMS": total, f"{prefix}-INITIAL_FORMS": before}
        for number, row in enumerate(rows):
            form |= {f"memberships-{number}-lab": self._lab.pk}
            form |= {f"memberships-{number}-{name}": value for name, value in row.items()}
        answer = self._client.post(reverse("admin:users_lab_change", args=[self._lab.pk]), form, follow=True)
        return answer.content.decode()


@pytest.fixture
def lab(free_user: User) -> Lab:
    return Lab.objects.of(free_user)[0]


@pytest.fixture
def page(client_of: SignIn, admin_user: User, lab: Lab) -> _LabPage:
    return _LabPage(client_of(admin_user), lab)


@pytest.fixture
def owner(lab: Lab, free_user: User) -> dict[str, Any]:
    """This function will give the row of the lab's only owner, as the page sends it."""
    membership = Membership.objects.get(lab=lab, user=free_user)
    return {"id": membership.pk, "user": free_user.pk, "role": Role.OWNER}


def _members(lab: Lab) -> dict[str, str]:
    return dict(lab.memberships.values_list("user__email", "role"))


def _events(lab: Lab) -> list[tuple[str, str, str]]:
    return list(lab.membership_events.order_by("pk").values_list("email", "change", "actor"))


class TestLabAdmin:
    def test_changes_members_with_events_and_a_log_entry(
        self, page: _LabPage, lab: Lab, owner: dict[str, Any], admin_user: User, free_user: User, stranger: User
    ) -> None:
        MembershipEvent.objects.all().delete()
        page.save(owner, {"user": stranger.pk, "role": Role.OWNER})
        assert _members(lab) == {free_user.email: Role.OWNER, stranger.email: Role.OWNER}
        second = {"id": Membership.objects.get(lab=lab, user=stranger).pk, "user": stranger.pk, "role": Role.OWNER}
        page.save({**owner, "role": Role.MEMBER}, second)
        page.save({**owner, "role": Role.MEMBER, "DELETE": "on"}, second)
        assert _members(lab) == {stranger.email: Role.OWNER}
        actor = f"admin:{admin_user.pk}"
        assert _events(lab) == [
            (stranger.email, "JOINED", actor),
            (free_user.email, "ROLE_CHANGED", actor),
            (free_user.email, "REMOVED", actor),
        ]
        assert LogEntry.objects.filter(user=admin_user, object_id=str(lab.pk)).count() == 3

    def test_can_hand_a_lab_over_at_once(
        self, page: _LabPage, lab: Lab, owner: dict[str, Any], free_user: User, stranger: User
    ) -> None:
        member = Membership.objects.create(lab=lab, user=stranger)
        page.save({**owner, "role": Role.MEMBER}, {"id": member.pk, "user": stranger.pk, "role": Role.OWNER})
        assert _members(lab) == {free_user.email: Role.MEMBER, stranger.email: Role.OWNER}

    @pytest.mark.parametrize("change", [{"role": Role.MEMBER}, {"DELETE": "on"}])
    def test_leaves_no_lab_without_an_owner(
        self, page: _LabPage, lab: Lab, owner: dict[str, Any], free_user: User, change: dict[str, str]
    ) -> None:
        assert "A lab needs an owner." in page.save({**owner, **change})
        assert _members(lab) == {free_user.email: Role.OWNER}

    def test_lets_no_place_change_hands(
        self, page: _LabPage, lab: Lab, owner: dict[str, Any], free_user: User, stranger: User
    ) -> None:
        assert "does not change hands" in page.save({**owner, "user": stranger.pk})
        assert _members(lab) == {free_user.email: Role.OWNER}

    def test_changes_the_name_and_never_the_plan(self, page: _LabPage, lab: Lab, owner: dict[str, Any]) -> None:
        page.save(owner, name="Another name", plan="PREMIUM")
        before, after = lab.plan, Lab.objects.get(pk=lab.pk)
        assert (after.name, after.plan) == ("Another name", before)
        assert "Name" in LogEntry.objects.get().change_message

    def test_makes_and_deletes_none(self, client_of: SignIn, admin_user: User, lab: Lab) -> None:
        client = client_of(admin_user)
        assert client.get(reverse("admin:users_lab_add")).status_code == 403
        assert client.post(reverse("admin:users_lab_delete", args=[lab.pk])).status_code == 403

    def test_shows_to_those_who_may_only_look(self, client_of: SignIn, stranger: User, lab: Lab) -> None:
        client = client_of(only_looks(stranger, "users.lab", "users.membership", "users.membershipevent"))
        url = reverse("admin:users_lab_change", args=[lab.pk])
        assert lab.name in client.get(url).content.decode()
        assert client.post(url, {"name": "Mine now"}).status_code == 403

    def test_needs_as_many_queries_for_many_as_for_few(self, client_of: SignIn, admin_user: User, lab: Lab) -> None:
        def add() -> None:
            for number in range(120):
                Lab.objects.create(name=f"Lab {number}", email=f"lab-{number}@lab.example")

        few, many = queries_with(client_of(admin_user), _LABS, add=add)
        assert few == many

    def test_needs_as_many_queries_for_many_members_as_for_few(
        self, client_of: SignIn, stranger: User, lab: Lab, django_assert_max_num_queries: Any
    ) -> None:
        client = client_of(only_looks(stranger, "users.lab", "users.membership", "users.membershipevent"))
        for number in range(50):
            Membership.objects.create(lab=lab, user=User.objects.create(email=f"user-{number}@lab.example"))
        with django_assert_max_num_queries(15):
            client.get(reverse("admin:users_lab_change", args=[lab.pk]))
