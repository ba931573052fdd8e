"""The lean poll: open pages ask every few seconds whether anything changed.

One signed token, one indexed query, no session: answered before all other middleware. 204 means "as you know it".
Places in the queue change without a change of the job: the version names them too, from the forecast that all share.
"""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core import signing
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from jobs import waiting
from jobs.models import MOVING, Job, Status

PATH = "/live/"
_SALT = "jobs.live"
_LIFETIME = timedelta(hours=12)
_SOON = timedelta(hours=1)  # pages wait for the archiving of results that are due by then
# Raw SQL, because open lists ask it all the time and the ORM takes longer to write it than PostgreSQL to answer.
_LOOK_AT_LABS = """
SELECT
    lab_id,
    (SELECT updated_at FROM jobs_job WHERE jobs_job.lab_id = labs.lab_id ORDER BY updated_at DESC LIMIT 1),
    EXISTS (SELECT FROM jobs_job WHERE jobs_job.lab_id = labs.lab_id AND status IN ('PENDING', 'RUNNING')),
    EXISTS (
        SELECT FROM jobs_job
        WHERE
            jobs_job.lab_id = labs.lab_id
            AND (status IN ('ARCHIVING', 'RESTORING') OR archive_due_at < %(soon)s)
            AND deleted_at IS NULL
    )
FROM unnest(%(labs)s::uuid[]) AS labs (lab_id)
ORDER BY lab_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What a page needs to poll: where, with which token, what it shows, and whether a change is to be expected."""

    url: str
    token: str
    version: str
    active: bool


def for_labs(lab_ids: Iterable[uuid.UUID], *, now: datetime) -> Live:
    return _live({"labs": [str(lab_id) for lab_id in lab_ids]}, now=now)


def for_job(job: Job, *, now: datetime) -> Live:
    return _live({"job": str(job.pk)}, now=now)


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
    version, active = _look(scope, now=timezone.now())
    if version == request.GET.get("v"):
        return HttpResponse(status=204)
    return JsonResponse({"version": version, "active": active}, headers={"Cache-Control": "no-store"})


def _live(scope: dict[str, Any], *, now: datetime) -> Live:
    version, active = _look(scope, now=now)
    return Live(url=PATH, token=signing.dumps(scope, salt=_SALT), version=version, active=active)


def _look(scope: dict[str, Any], *, now: datetime) -> tuple[str, bool]:
    """This function will give the version of what pages of the scope show, and whether a job in it will move soon."""
    return _look_at_job(scope["job"], now=now) if "job" in scope else _look_at_labs(scope["labs"], now=now)


def _look_at_job(job_id: str, *, now: datetime) -> tuple[str, bool]:
    job = Job.objects.filter(pk=job_id).only("status", "updated_at", "ready_at", "archive_due_at").first()
    if job is None:
        return "", False
    place = waiting.forecast(now=now, of=[job]).place(job) if job.status == Status.PENDING else None
    return f"{job.updated_at.isoformat()} {waiting.mark(place)}".strip(), _will_move(job, now=now)


def _will_move(job: Job, *, now: datetime) -> bool:
    is_due_soon = job.archive_due_at is not None and job.archive_due_at < now + _SOON
    return job.status in MOVING or is_due_soon


def _look_at_labs(lab_ids: list[str], *, now: datetime) -> tuple[str, bool]:
    with connection.cursor() as cursor:
        cursor.execute(_LOOK_AT_LABS, {"labs": lab_ids, "soon": now + _SOON})
        rows = cursor.fetchall()
    is_active = any(active for _, _, active, _ in rows)
    will_move = is_active or any(moving for *_, moving in rows)
    times = [changed_at.isoformat() for _, changed_at, _, _ in rows if changed_at]
    marks = waiting.forecast(now=now).labs if is_active else {}
    return " ".join([max(times, default=""), *(str(marks[key]) for key, *_ in rows if key in marks)]), will_move
