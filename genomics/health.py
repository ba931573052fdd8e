"""The health answer for load balancers, given before all other middleware: they ask over plain HTTP, by address."""

from collections.abc import Callable

from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

PATH = "/healthz"


class HealthMiddleware:
    """Answers /healthz: 200 when this process reaches the database, else 503."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info != PATH:
            return self.get_response(request)
        if request.method not in {"GET", "HEAD"}:
            return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
        reached = _reaches_database()
        answer = {"status": "ok" if reached else "unavailable", "database": "ok" if reached else "unreachable"}
        return JsonResponse(answer, status=200 if reached else 503, headers={"Cache-Control": "no-store"})


def _reaches_database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True
