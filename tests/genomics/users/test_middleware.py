import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from genomics.users.middleware import COOKIE, PrivatePageMiddleware, TimeZoneMiddleware
from genomics.users.models import User


def _zone_seen(user: User, *, cookie: str = "") -> str:
    def answer(request: HttpRequest) -> HttpResponse:
        return HttpResponse(timezone.get_current_timezone_name())

    request = RequestFactory().get("/")
    request.user = user
    request.COOKIES[COOKIE] = cookie
    return TimeZoneMiddleware(answer)(request).content.decode()


class TestPrivatePageMiddleware:
    @staticmethod
    def _answer(user: User | AnonymousUser, *, said: str = "") -> HttpResponse:
        headers = {"Cache-Control": said} if said else {}
        request = RequestFactory().get("/")
        request.user = user
        return PrivatePageMiddleware(lambda _: HttpResponse(headers=headers))(request)

    def test_keeps_the_pages_of_signed_in_users_out_of_caches(self) -> None:
        assert self._answer(User())["Cache-Control"] == "private, no-store"

    def test_leaves_public_pages_and_what_a_view_has_said(self) -> None:
        assert not self._answer(AnonymousUser()).has_header("Cache-Control")
        assert self._answer(User(), said="max-age=60")["Cache-Control"] == "max-age=60"


class TestTimeZoneMiddleware:
    def test_prefers_the_profile_to_the_browser(self) -> None:
        assert _zone_seen(User(time_zone="Asia/Tokyo"), cookie="Europe/Berlin") == "Asia/Tokyo"

    def test_follows_the_browser_without_a_profile_zone(self) -> None:
        assert _zone_seen(User(), cookie="America/Chicago") == "America/Chicago"

    @pytest.mark.parametrize("cookie", ["", "nowhere", "../../etc/passwd", "\x00", "a" * 5000])
    def test_falls_back_to_utc(self, cookie: str) -> None:
        assert _zone_seen(User(), cookie=cookie) == "UTC"
