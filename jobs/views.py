"""The pages of a job. Each view loads what the user may see (else 404), calls one function and answers."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from genomics import clock, rates
from genomics.aws.errors import StorageUnavailableError
from genomics.users import labs
from genomics.users.models import Lab, Membership, User
from jobs import deletion, listing, live, panels, references, results, rights, submission, waiting
from jobs.errors import NotPossibleNowError, ResultRestsError
from jobs.models import Job, Kind, Status
from jobs.spans import Span


@login_required
@require_safe
def job_list(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    own = list(Lab.objects.of(_user(request)))
    asked = listing.Request.of(request.GET, labs=own, chosen=labs.chosen(request))
    page = listing.page(asked, user=_user(request))
    context = {
        "page": page,
        "page_numbers": page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1),
        "asked": asked,
        "columns": listing.columns(asked),
        "sorts": listing.sorts(),
        "statuses": listing.STATUSES,
        "own_labs": own,
        "has_others": Membership.objects.filter(lab__in=asked.labs).exclude(user=_user(request)).exists(),
        "foresight": _foresight(page, now=now),
        "live": live.for_labs((lab.pk for lab in asked.labs), now=now),
    }
    return render(request, "jobs/_list.html" if request.headers.get("HX-Request") else "jobs/list.html", context)


@login_required
@require_safe
def detail(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    job = _job(request, job_id)
    context = _context(request, job) | {"may_delete": rights.decides(job, user=_user(request))}
    return render(request, "jobs/detail.html", context)


@login_required
@require_safe
def status(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    return render(request, "jobs/_status.html", _context(request, _job(request, job_id)))


@login_required
@require_safe
def status_json(request: HttpRequest, job_id: uuid.UUID) -> JsonResponse:
    job = _job(request, job_id)
    away = results.away(job)
    return JsonResponse(
        {
            "status": job.status,
            "archive_due_at": job.archive_due_at,
            "attempt": job.attempt,
            "progress": {"label": job.stage, "fraction": job.fraction, "records": job.records_done},
            "records": {
                "read": job.records_read,
                "annotated": job.records_annotated,
                "passed": job.records_passed,
                "rejected": job.records_rejected,
            },
            "failure": {
                "code": job.failure_code,
                "message": job.failure_message,
                "advice": job.failure_advice,
                "line": job.failure_line,
                "column": job.failure_column or None,
            }
            if job.status == Status.FAILED
            else None,
            "files": [
                {
                    "kind": file.kind,
                    "name": file.name,
                    "size_bytes": file.size_bytes,
                    "sha256": file.sha256,
                    "is_here": file.kind not in away,
                    "url": None if file.kind in away else reverse("jobs:file", args=[job.pk, file.kind]),
                }
                for file in job.files.order_by("id")
            ],
        }
    )


@login_required
@require_safe
@rates.limited("job-read")
def file(request: HttpRequest, job_id: uuid.UUID, kind: str) -> HttpResponse:
    job = _job(request, job_id)
    if kind not in Kind.values:
        raise Http404(f"No job has a {kind}")
    try:
        return redirect(results.link(job, kind=kind))
    except ResultRestsError as error:
        return _told(request, job, error)


@login_required
@require_safe
@rates.limited("job-read")
def log(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    job = _job(request, job_id)
    try:
        text, truncated = results.log_text(job)
    except StorageUnavailableError:
        messages.error(
            request, "The log cannot be read right now, because the storage does not answer. Try again soon."
        )
        return redirect("jobs:detail", job_id=job.pk)
    return render(request, "jobs/log.html", {"job": job, "text": text, "truncated": truncated})


@login_required
@require_safe
@rates.limited("job-read")
def preview(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    job = _job(request, job_id)
    try:
        shown = results.preview_of(job)
    except StorageUnavailableError:
        messages.error(
            request, "The preview cannot be read right now, because the storage does not answer. Try again soon."
        )
        return redirect("jobs:detail", job_id=job.pk)
    context = {
        "job": job,
        "preview": shown,
        "has_table": job.files.filter(kind=Kind.TABLE).exists(),
        "away": results.away(job),
    }
    return render(request, "jobs/preview.html", context)


@login_required
@require_POST
@rates.limited("job-change")
def cancel(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    return _change(request, job_id, change=submission.cancel, done="{} is cancelled.")


@login_required
@require_POST
@rates.limited("job-change")
def retry(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    return _change(request, job_id, change=submission.retry, done="{} waits for a worker again.")


@login_required
@require_POST
@rates.limited("job-change")
def delete(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    job = _job(request, job_id)
    if not rights.decides(job, user=_user(request)):
        raise PermissionDenied
    if not _done(request, job, change=deletion.delete, said="{} is deleted."):
        return redirect("jobs:detail", job_id=job.pk)
    return redirect("jobs:list")


def _told(request: HttpRequest, job: Job, error: ResultRestsError) -> HttpResponse:
    """This function will tell people on a page, and programs in JSON or plain text, where the file is."""
    match request.get_preferred_type(["text/plain", "text/html", "application/json"]):
        case "text/html":
            return render(request, "jobs/resting.html", {"job": job, "error": error}, status=error.status)
        case "application/json":
            told = {"code": error.code, "message": error.message, "advice": error.advice}
            return JsonResponse({"error": told}, status=error.status)
    text = f"{error.message} {error.advice}\n"
    return HttpResponse(text, content_type="text/plain; charset=utf-8", status=error.status)


class _Change(Protocol):
    def __call__(self, job: Job, /, *, actor: str, now: datetime) -> None: ...


def _change(request: HttpRequest, job_id: uuid.UUID, *, change: _Change, done: str) -> HttpResponse:
    job = _job(request, job_id)
    _done(request, job, change=change, said=done)
    return redirect("jobs:detail", job_id=job.pk)


def _done(request: HttpRequest, job: Job, *, change: _Change, said: str) -> bool:
    """This function will change the job, leave a message for the next page, and tell whether it went well."""
    try:
        change(job, actor=f"user:{_user(request).pk}", now=clock.now())
    except NotPossibleNowError as error:
        messages.error(request, f"{error.message} {error.advice}")
        return False
    messages.success(request, said.format(job.name))
    return True


def _context(request: HttpRequest, job: Job) -> dict[str, Any]:
    now = timezone.now()
    files = list(job.files.order_by("id"))
    return {
        "job": job,
        "files": files,
        "has_preview": any(file.kind == Kind.PREVIEW for file in files),
        "events": list(job.events.order_by("-sequence")),
        "away": results.away(job),
        "panels": panels.render(job, user=_user(request), request=request, now=now),
        "summary": job.summary if job.has_result else None,
        "reference": references.describe(job),
        "same_file": Job.objects.visible_to(_user(request)).same_input(job).first(),
        "foresight": _foresight([job], now=now).get(job.pk),
        "live": live.for_job(job, now=now),
        "may_cancel": submission.may_cancel(job),
        "may_retry": submission.may_retry(job),
    }


def _foresight(jobs: Iterable[Job], *, now: datetime) -> dict[uuid.UUID, waiting.Place | Span]:
    """This function will give the place of each waiting job and the time that each running one still takes."""
    active = [job for job in jobs if job.is_active]
    if not active:
        return {}
    forecast = waiting.forecast(now=now, of=active)
    seen = {job.pk: forecast.place(job) or forecast.time_left(job) for job in active}
    return {key: value for key, value in seen.items() if value}


def _job(request: HttpRequest, job_id: uuid.UUID) -> Job:
    visible = Job.objects.visible_to(_user(request)).submitted()
    return get_object_or_404(visible.select_related("lab", "owner"), pk=job_id)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
