from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.views.debug import SafeExceptionReporterFilter


class TestPresignedAddresses:
    def test_are_short_lived(self) -> None:
        assert timedelta(seconds=60) == settings.DOWNLOAD_URL_LIFETIME
        assert timedelta(minutes=15) == settings.UPLOAD_URL_LIFETIME
        for alias in ("inputs", "results"):
            storage: Any = settings.STORAGES[alias]
            assert storage["OPTIONS"]["querystring_expire"] == 60
            assert storage["OPTIONS"]["default_acl"] is None


@pytest.mark.django_db
class TestEveryAnswer:
    @pytest.mark.parametrize("name", ["home", "account_login", "jobs:list"])
    def test_tells_the_browser_to_be_careful(self, client: Client, name: str) -> None:
        answer = client.get(reverse(name))
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin"

    def test_runs_only_scripts_of_ours(self, client: Client) -> None:
        policy = client.get(reverse("home"))["Content-Security-Policy"]
        directives = dict(part.strip().split(" ", 1) for part in policy.split(";") if part.strip())
        assert directives["default-src"] == "'none'"
        assert directives["script-src"] == directives["style-src"] == "'self'"
        assert "unsafe" not in policy

    def test_hides_the_session_from_scripts(self, client: Client) -> None:
        assert settings.SESSION_COOKIE_HTTPONLY
        assert settings.SESSION_COOKIE_SAMESITE == "Lax"
        assert settings.CSRF_COOKIE_HTTPONLY


class TestAReportOfAnError:
    def test_shows_no_secret_of_the_settings(self) -> None:
        shown = repr(SafeExceptionReporterFilter().get_safe_settings())
        assert settings.SECRET_KEY not in shown
