"""How often one person may do something: settings.RATE_LIMITS, counted in the cache that all processes share.

allauth's counter does the counting, as it does for signing in: a list of times under a lock in the cache, so that
two processes never count one try for another.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Concatenate, ParamSpec

from allauth.core.internal import ratelimit
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

P = ParamSpec("P")
_View = Callable[Concatenate[HttpRequest, P], HttpResponse]

_PERIOD = timedelta(minutes=1)  # of allauth's own limits, which do not tell


def limited(action: str) -> Callable[[_View[P]], _View[P]]:
    """This function will make a decorator that answers 429 to who calls the view too often.

    Signed-in users are counted by themselves, others by their address. `action` is a name in settings.RATE_LIMITS;
    views with the same one share a counter.
    """

    period = settings.RATE_LIMITS[action].period

    def decorate(view: _View[P]) -> _View[P]:
        @wraps(view)
        def counted(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if is_allowed(request, action=action):
                return view(request, *args, **kwargs)
            return refuse(request, period=period)

        return counted

    return decorate


def is_allowed(request: HttpRequest, *, action: str) -> bool:
    """This function will count one call and tell whether it is within the limit."""
    if not settings.RATE_LIMITING:
        return True
    rate = settings.RATE_LIMITS[action]
    per = "user" if request.user.is_authenticated else "ip"
    config = {action: f"{rate.count}/{rate.period.total_seconds():.0f}s/{per}"}
    return bool(ratelimit.consume(request, app="genomics", action=action, config=config, limit_get=True))


def refuse(request: HttpRequest, *, period: timedelta = _PERIOD) -> HttpResponse:
    """This function will answer 429, as a page or, to who speaks JSON, as JSON."""
    headers = {"Retry-After": f"{period.total_seconds():.0f}"}
    if request.content_type != "application/json":
        return HttpResponse(render_to_string("429.html", request=request), status=429, headers=headers)
    error = {
        "code": "RATE_LIMITED",
        "message": "You have asked for this very often in a short while.",
        "advice": "Wait a minute, then go on. Nothing is lost.",
        "line": None,
        "column": None,
    }
    return JsonResponse({"error": error}, status=429, headers=headers)
