"""The account pages and mails, as allauth fills them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project_settings
from django.template.loader import get_template, render_to_string
from django.test import Client, RequestFactory
from django.urls import reverse

from genomics.users.models import User

TEMPLATES = Path(project_settings.BASE_DIR) / "templates"
MAILS = sorted(path.stem.removesuffix("_message") for path in (TEMPLATES / "account" / "email").glob("*_message.txt"))
CONTEXT = {
    "email": "free@lab.example",
    "code": "ABCD-EFGH",
    "from_email": "old@lab.example",
    "to_email": "new@lab.example",
    "deleted_email": "old@lab.example",
    "ip": "203.0.113.7",
    "user_agent": "A browser",
    "password_reset_url": "http://testserver/reset/",
    "signup_url": "http://testserver/signup/",
}


class TestMails:
    def test_are_there(self) -> None:
        assert {"email_confirmation", "password_reset_code", "password_changed"} <= set(MAILS)

    @pytest.mark.parametrize("name", [name for name in MAILS if name != "base"])
    def test_name_the_site_in_plain_words(self, rf: RequestFactory, name: str) -> None:
        text = render_to_string(f"account/email/{name}_message.txt", CONTEXT, rf.get("/"))
        assert text.startswith("Hello,\n")
        assert "Genomics Cloud\nhttp://testserver" in text
        assert "&#" not in text
        assert "{{" not in text

    @pytest.mark.parametrize("name", ["email_confirmation", "password_reset_code", "login_code"])
    def test_carry_the_code_in_the_text_only(self, rf: RequestFactory, name: str) -> None:
        subject = render_to_string(f"account/email/{name}_subject.txt", CONTEXT)
        assert "ABCD-EFGH" in render_to_string(f"account/email/{name}_message.txt", CONTEXT, rf.get("/"))
        assert subject.strip()
        assert "ABCD-EFGH" not in subject

    @pytest.mark.parametrize("name", ["email_confirmation", "password_reset_code", "login_code"])
    def test_say_how_long_the_code_is_good_for(self, rf: RequestFactory, settings: Any, name: str) -> None:
        for purpose in ("EMAIL_VERIFICATION", "PASSWORD_RESET", "LOGIN"):
            setattr(settings, f"ACCOUNT_{purpose}_BY_CODE_TIMEOUT", 7 * 60)
        text = render_to_string(f"account/email/{name}_message.txt", CONTEXT, rf.get("/"))
        assert "It is good for 7 minutes." in text

    def test_do_not_escape_names(self, rf: RequestFactory) -> None:
        context = {**CONTEXT, "to_email": "o'neill@lab.example"}
        text = render_to_string("account/email/email_changed_message.txt", context, rf.get("/"))
        assert "o'neill@lab.example" in text


class TestTemplates:
    @pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
    def test_compile(self, path: Path) -> None:
        get_template(str(path.relative_to(TEMPLATES)))


class TestProfile:
    def test_shows_labs_with_role_and_plan(self, client_of: Callable[[User], Client], premium_user: User) -> None:
        page = client_of(premium_user).get(reverse("users:profile")).content.decode()
        for word in ("premium", "Owner", "Premium"):
            assert word in page

    def test_escapes_what_people_write(self, client_of: Callable[[User], Client], free_user: User) -> None:
        User.objects.filter(pk=free_user.pk).update(name="<script>alert(1)</script>")
        page = client_of(free_user).get(reverse("users:profile")).content.decode()
        assert "<script>alert" not in page
