from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from genomics.mail.models import Mail
from genomics.users.models import Membership, Role, User

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], Client]
URL = "users:profile"


class TestProfile:
    def test_asks_strangers_to_sign_in(self, client: Client) -> None:
        assert client.get(reverse(URL)).status_code == 302

    def test_w05_saves_what_a_user_says(self, client_of: SignIn, free_user: User) -> None:
        form = {"name": "Ada", "institution": "The lab", "time_zone": "Europe/Berlin"}
        page = client_of(free_user).post(reverse(URL), form, follow=True)
        free_user.refresh_from_db()
        assert (free_user.name, free_user.institution, free_user.time_zone) == ("Ada", "The lab", "Europe/Berlin")
        assert "Your profile is saved" in page.content.decode()

    def test_refuses_a_time_zone_that_is_none_and_saves_nothing(self, client_of: SignIn, free_user: User) -> None:
        page = client_of(free_user).post(reverse(URL), {"name": "Ada", "time_zone": "Mars/Olympus"})
        free_user.refresh_from_db()
        assert (page.status_code, free_user.name) == (200, "")

    def test_saves_which_mails_a_user_wants(self, client_of: SignIn, free_user: User) -> None:
        assert (free_user.mail_when_done, free_user.mail_when_failed) == (True, True)
        client_of(free_user).post(reverse(URL), {"mail_when_failed": "on"})
        free_user.refresh_from_db()
        assert (free_user.mail_when_done, free_user.mail_when_failed) == (False, True)

    def test_w06_changes_neither_e_mail_nor_rights(self, client_of: SignIn, free_user: User) -> None:
        client_of(free_user).post(reverse(URL), {"name": "Ada", "email": "x@y.example", "is_staff": "1"})
        free_user.refresh_from_db()
        assert (free_user.email, free_user.is_staff) == ("free@lab.example", False)


class TestDeactivatedUsers:
    PASSWORD = "correct horse battery"

    @pytest.fixture
    def client_before(self, client_of: SignIn, free_user: User) -> Client:
        """This function will give the browser of a user who was signed in and has just been deactivated."""
        client = client_of(free_user)
        assert client.get(reverse(URL)).status_code == 200
        User.objects.update(is_active=False)
        return client

    def test_lose_their_sessions_at_once(self, client_before: Client) -> None:
        assert client_before.get(reverse(URL))["Location"].startswith(reverse("account_login"))

    def test_cannot_sign_in(self, client: Client, client_before: Client, free_user: User) -> None:
        form = {"login": free_user.email, "password": self.PASSWORD}
        page = client.post(reverse("account_login"), form, follow=True)
        assert "Your account is switched off" in page.content.decode()
        assert client.get(reverse(URL)).status_code == 302

    def test_are_not_named_to_who_does_not_know_the_password(
        self, client: Client, client_before: Client, free_user: User
    ) -> None:
        page = client.post(reverse("account_login"), {"login": free_user.email, "password": "wrong"}, follow=True)
        assert "switched off" not in page.content.decode()

    def test_get_no_code_to_reset_their_password(self, client: Client, client_before: Client, free_user: User) -> None:
        client.post(reverse("account_reset_password"), {"email": free_user.email})
        assert [mail.subject for mail in Mail.objects.all()] == ["There is no account for this address"]


class TestAdmin:
    def test_gives_a_new_user_a_lab(self, client_of: SignIn, admin_user: User) -> None:
        form = {"email": "new@lab.example", "password1": "correct horse battery", "password2": "correct horse battery"}
        client_of(admin_user).post(reverse("admin:users_user_add"), {**form, "usable_password": "true"})
        assert User.objects.get(email="new@lab.example").labs.count() == 1

    @pytest.mark.parametrize("page", ["users_user", "users_lab", "mail_mail"])
    def test_lists_and_opens(self, client_of: SignIn, admin_user: User, page: str, now: datetime) -> None:
        client = client_of(admin_user)
        assert client.get(reverse(f"admin:{page}_changelist")).status_code == 200

    def test_shows_members_and_their_history_without_changing_them(
        self, client_of: SignIn, admin_user: User, free_user: User
    ) -> None:
        lab, membership = free_user.labs.get(), free_user.memberships.get()
        client, url = client_of(admin_user), reverse("admin:users_lab_change", args=[lab.pk])
        assert "Founded the lab" in client.get(url).content.decode()
        forged = {
            "memberships-TOTAL_FORMS": 1,
            "memberships-INITIAL_FORMS": 1,
            "memberships-0-id": membership.pk,
            "memberships-0-role": "MEMBER",
        }
        client.post(url, {"name": lab.name, "email": lab.email, **forged})
        assert Membership.objects.get(pk=membership.pk).role == Role.OWNER

    def test_does_not_edit_a_plan(self, client_of: SignIn, admin_user: User, free_user: User) -> None:
        lab: Any = free_user.labs.get()
        url = reverse("admin:users_lab_change", args=[lab.pk])
        management = {f"memberships-{name}_FORMS": 0 for name in ("TOTAL", "INITIAL")}
        client_of(admin_user).post(url, {"name": lab.name, "email": lab.email, "plan": "PREMIUM", **management})
        lab.refresh_from_db()
        assert lab.plan == "FREE"
