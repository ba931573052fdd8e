"""Times are shown in the user's own time zone: the profile's, else the browser's, else UTC."""

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

COOKIE = "tz"


class TimeZoneMiddleware:
    """Activates a time zone for the length of a request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = request.user.time_zone if request.user.is_authenticated else ""
        with timezone.override(_zone(name or request.COOKIES.get(COOKIE, ""))):
            return self.get_response(request)


def _zone(name: str) -> zoneinfo.ZoneInfo | None:
    """This function will give the zone, or None (the default, UTC) for a name that is none."""
    try:
        return zoneinfo.ZoneInfo(name) if name else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None
