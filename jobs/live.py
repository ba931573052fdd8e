"""The lean poll: open pages ask every few seconds whether anything changed.

One signed token, one indexed query, no session: answered before all other middleware. 204 means "as you know it".
"""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core import signing
from django.db.models import Exists
from django.http import HttpRequest, HttpResponse, JsonResponse

from jobs.models import ACTIVE, Job

PATH = "/live/"
_SALT = "jobs.live"
_LIFETIME = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What a page needs to poll: where, with which token, what it shows, and whether polling is worth it."""

    url: str
    token: str
    version: str
    active: bool


def for_labs(lab_ids: Iterable[uuid.UUID]) -> Live:
    return _live({"labs": [str(lab_id) for lab_id in lab_ids]})


def for_job(job: Job) -> Live:
    return _live({"job": str(job.pk)})


class LivePollMiddleware:
    """Answers /live/?t=<token>&v=<version> and passes everything else on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info != PATH:
            return self.get_response(request)
        return _answer(request)


def _answer(request: HttpRequest) -> HttpResponse:
    if request.method != "GET":
        return HttpResponse(status=405, headers={"Allow": "GET"})
    try:
        scope = signing.loads(request.GET.get("t", ""), salt=_SALT, max_age=_LIFETIME)
    except signing.BadSignature:
        return HttpResponse(status=403)
    version, active = _look(scope)
    if version == request.GET.get("v"):
        return HttpResponse(status=204)
    return JsonResponse({"version": version, "active": active}, headers={"Cache-Control": "no-store"})


def _live(scope: dict[str, Any]) -> Live:
    version, active = _look(scope)
    return Live(url=PATH, token=signing.dumps(scope, salt=_SALT), version=version, active=active)


def _look(scope: dict[str, Any]) -> tuple[str, bool]:
    """This function will give the time of the latest change in the scope, as text, and whether a job is active."""
    jobs = Job.objects.filter(pk=scope["job"]) if "job" in scope else Job.objects.filter(lab_id__in=scope["labs"])
    active = Exists(jobs.filter(status__in=ACTIVE))
    row = jobs.order_by("-updated_at").values_list("updated_at", active).first()
    return (row[0].isoformat(), row[1]) if row else ("", False)
