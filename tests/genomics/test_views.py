"""Home, health and the error pages."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import connection
from django.templatetags.static import static
from django.test import Client, RequestFactory
from django.urls import reverse

from genomics import views
from genomics.users.models import User

ClientOf = Callable[[User], Client]


class TestHome:
    def test_tells_strangers_what_this_is_without_a_query(self, client: Client) -> None:
        answer = client.get(reverse("home"))  # no django_db here: a query would fail
        assert answer.status_code == 200
        assert b"every record accounted for" in answer.content

    def test_leads_users_to_their_jobs(self, client_of: ClientOf, free_user: User) -> None:
        answer = client_of(free_user).get(reverse("home"))
        assert answer.status_code == 302
        assert answer["Location"] == reverse("jobs:list")

    def test_takes_no_posts(self, client: Client) -> None:
        assert client.post(reverse("home")).status_code == 405


class TestFavicon:
    def test_leads_to_the_logo(self, client: Client) -> None:
        answer = client.get("/favicon.ico")
        assert answer.status_code == 302
        assert answer["Location"] == static("img/logo.svg")


class TestContentSecurityPolicy:
    def test_allows_our_own_files_and_uploads_to_storage(self, client: Client, settings: Any) -> None:
        policy = client.get(reverse("home"))["Content-Security-Policy"]
        for directive in (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"connect-src 'self' {settings.UPLOAD_ORIGIN}",
        ):
            assert directive in policy
        assert "unsafe" not in policy


class TestErrorPages:
    def test_404_is_in_our_look(self, client: Client) -> None:
        answer = client.get("/nothing/here/")
        assert answer.status_code == 404
        assert b"There is nothing here" in answer.content
        assert b"Genomics Cloud" in answer.content

    @pytest.mark.parametrize(
        ("error", "status", "said"),
        [(SuspiciousOperation(), 400, b"did not understand"), (RequestDataTooBig(), 413, b"That is too large")],
        ids=["suspicious", "too big"],
    )
    def test_bad_requests_are_told_apart(self, rf: RequestFactory, error: Exception, status: int, said: bytes) -> None:
        answer = views.bad_request(rf.get("/"), error)
        assert answer.status_code == status
        assert said in answer.content

    def test_403_is_in_our_look(self, rf: RequestFactory) -> None:
        answer = views.forbidden(rf.get("/"), PermissionError())
        assert answer.status_code == 403
        assert b"You may not see this" in answer.content

    def test_a_form_without_its_token_gets_an_answer_in_our_look(self) -> None:
        answer = Client(enforce_csrf_checks=True).post(reverse("account_login"))
        assert answer.status_code == 403
        assert b"This form is too old" in answer.content

    def test_500_needs_neither_request_nor_database(self, rf: RequestFactory) -> None:
        answer = views.server_error(rf.get("/"))  # no django_db here: a query would fail
        assert answer.status_code == 500
        assert b"Something went wrong on our side" in answer.content

    @pytest.mark.django_db
    def test_500_answers_a_crash(self, client: Client) -> None:
        def crash(*_args: Any) -> None:
            raise RuntimeError("unforeseen")

        client.raise_request_exception = False
        with connection.execute_wrapper(crash):
            answer = client.post(reverse("account_login"), {"login": "free@lab.example", "password": "any"})
        assert answer.status_code == 500
        assert b"Something went wrong on our side" in answer.content

    @pytest.mark.django_db
    def test_429_is_in_our_look(self, client: Client, settings: Any) -> None:
        settings.ACCOUNT_RATE_LIMITS = {"login": "1/m/ip"}
        form = {"login": "free@lab.example", "password": "not this one"}
        client.post(reverse("account_login"), form)
        answer = client.post(reverse("account_login"), form)
        assert answer.status_code == 429
        assert b"Too many tries" in answer.content


class TestAdminLogin:
    def test_goes_through_the_sign_in_page(self, client: Client) -> None:
        answer = client.get(reverse("admin:login"))
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("account_login"))

    def test_is_refused_to_those_who_are_no_staff(self, client_of: ClientOf, free_user: User) -> None:
        answer = client_of(free_user).get(reverse("admin:index"), follow=True)
        assert answer.status_code == 403

    def test_lets_staff_in(self, client_of: ClientOf, admin_user: User) -> None:
        assert client_of(admin_user).get(reverse("admin:index")).status_code == 200
