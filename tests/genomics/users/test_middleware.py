import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from genomics.users.middleware import COOKIE, TimeZoneMiddleware
from genomics.users.models import User


def _zone_seen(user: User, *, cookie: str = "") -> str:
    def answer(request: HttpRequest) -> HttpResponse:
        return HttpResponse(timezone.get_current_timezone_name())

    request = RequestFactory().get("/")
    request.user = user
    request.COOKIES[COOKIE] = cookie
    return TimeZoneMiddleware(answer)(request).content.decode()


class TestTimeZoneMiddleware:
    def test_prefers_the_profile_to_the_browser(self) -> None:
        assert _zone_seen(User(time_zone="Asia/Tokyo"), cookie="Europe/Berlin") == "Asia/Tokyo"

    def test_follows_the_browser_without_a_profile_zone(self) -> None:
        assert _zone_seen(User(), cookie="America/Chicago") == "America/Chicago"

    @pytest.mark.parametrize("cookie", ["", "nowhere", "../../etc/passwd", "\x00", "a" * 5000])
    def test_falls_back_to_utc(self, cookie: str) -> None:
        assert _zone_seen(User(), cookie=cookie) == "UTC"
