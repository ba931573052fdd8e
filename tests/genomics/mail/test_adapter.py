from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from genomics.mail.models import Mail
from genomics.settings import accounts
from genomics.users.models import Lab, User

pytestmark = pytest.mark.django_db


class TestAccountAdapter:
    def test_gives_a_person_who_signs_up_a_lab_and_a_mail_with_a_code(self, client: Client) -> None:
        client.post(reverse("account_signup"), {"email": "ada@lab.example", "password1": "correct horse battery"})
        user = User.objects.get(email="ada@lab.example")
        assert Lab.objects.of(user).count() == 1
        mail = Mail.objects.get()
        assert (mail.recipient, mail.sent_at) == ("ada@lab.example", None)
        assert "localhost" not in mail.subject

    def test_does_not_tell_strangers_who_has_an_account(self, client: Client, free_user: User) -> None:
        known = client.post(reverse("account_signup"), {"email": free_user.email, "password1": "correct horse battery"})
        unknown = Client().post(
            reverse("account_signup"), {"email": "new@lab.example", "password1": "correct horse battery"}
        )
        assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
        assert User.objects.filter(email__iexact=free_user.email).count() == 1

    def test_refuses_weak_passwords(self, client: Client) -> None:
        client.post(reverse("account_signup"), {"email": "ada@lab.example", "password1": "password"})
        assert not User.objects.exists()

    @pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
    def test_never_sends_people_to_another_site(self, client: Client, free_user: User, target: str) -> None:
        form: Any = {"login": free_user.email, "password": "correct horse battery", "next": target}
        answer = client.post(reverse("account_login"), form)
        assert answer["Location"] == reverse("jobs:list")


class TestRateLimits:
    def test_lock_out_whoever_guesses_passwords(
        self, client: Client, free_user: User, settings: Any, django_capture_on_commit_callbacks: Callable[..., Any]
    ) -> None:
        settings.ACCOUNT_RATE_LIMITS = {"login_failed": "3/m/key"}
        form = {"login": free_user.email, "password": "wrong"}
        for _ in range(3):
            client.post(reverse("account_login"), form)
        page = client.post(reverse("account_login"), {**form, "password": "correct horse battery"})
        assert page.status_code == 200
        assert "Too many" in page.content.decode()

    def test_let_a_person_ask_for_a_second_code_at_once(self, client: Client, settings: Any) -> None:
        settings.ACCOUNT_RATE_LIMITS = accounts.ACCOUNT_RATE_LIMITS
        form = {"email": "ada@lab.example", "password1": "correct horse battery"}
        client.post(reverse("account_signup"), form)
        page = client.post(reverse("account_email_verification_sent"), {"action": "resend"}, follow=True)
        assert page.status_code == 200
        assert Mail.objects.count() == 2

    def test_let_a_person_who_closed_the_tab_sign_in_to_the_code(self, client: Client, settings: Any) -> None:
        settings.ACCOUNT_RATE_LIMITS = accounts.ACCOUNT_RATE_LIMITS
        form = {"email": "ada@lab.example", "password1": "correct horse battery"}
        client.post(reverse("account_signup"), form)
        answer = Client().post(
            reverse("account_login"), {"login": "ada@lab.example", "password": "correct horse battery"}
        )
        assert answer["Location"] == reverse("account_email_verification_sent")

    def test_stop_whoever_asks_for_code_after_code(self, client: Client, settings: Any) -> None:
        settings.ACCOUNT_RATE_LIMITS = accounts.ACCOUNT_RATE_LIMITS
        form = {"email": "ada@lab.example", "password1": "correct horse battery"}
        answers = [Client().post(reverse("account_signup"), form).status_code for _ in range(8)]
        assert answers[-1] == 429
        assert Mail.objects.count() <= 5
