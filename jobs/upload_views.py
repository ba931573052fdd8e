"""The upload page, and the JSON interface that it speaks: begin, look, sign parts, finish, abandon."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from genomics import clock, rates
from genomics.aws.errors import StorageUnavailableError
from genomics.users import labs
from genomics.users.models import Lab, User
from jobs import submission, upload_rules, uploads
from jobs.errors import UploadIncompleteError, UploadRefusedError, UserError
from jobs.models import Job, JobQuerySet

_TWINS_SHOWN = 3
_LARGEST_NUMBER = 2**53  # above it JavaScript's numbers are no longer exact
_STORAGE_UNAVAILABLE = {
    "code": "STORAGE_UNAVAILABLE",
    "message": "The storage does not answer right now.",
    "advice": "Nothing was submitted. Try again in a minute.",
    "line": None,
    "column": None,
}

P = ParamSpec("P")
_View = Callable[Concatenate[HttpRequest, dict[str, Any], P], dict[str, Any]]
_JsonView = Callable[Concatenate[HttpRequest, P], JsonResponse]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """What a request to begin an upload asks for."""

    name: str
    size_bytes: int
    checksum: str  # of the whole input, as in Job.input_checksum; empty when the sender does not say
    again: bool  # upload it although a job with the same file is there


@login_required
@require_safe
def new(request: HttpRequest) -> HttpResponse:
    user = _user(request)
    unfinished = list(uploads.unfinished(user, now=timezone.now()).select_related("lab"))
    context = {
        "labs": list(Lab.objects.of(user)),
        "chosen": labs.chosen(request),
        "accept": ".vcf,.gz,.bgz",
        "part_size_bytes": settings.UPLOAD_PART_BYTES,
        "unfinished": [{"job": job, "until": uploads.resumable_until(job)} for job in unfinished],
    }
    return render(request, "jobs/new.html", context)


def _speaks_json(method: str, *, limit: str) -> Callable[[_View[P]], _JsonView[P]]:
    """This function will turn `view(request, body, …) -> answer` into a Django view that speaks JSON both ways.

    `limit` names its row in settings.RATE_LIMITS.
    """

    def decorate(view: _View[P]) -> _JsonView[P]:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> JsonResponse:
            try:
                return JsonResponse(view(request, _body(request), *args, **kwargs))
            except StorageUnavailableError:
                return JsonResponse({"error": _STORAGE_UNAVAILABLE}, status=503)
            except UserError as error:
                return JsonResponse({"error": _told(error)}, status=error.status)

        guarded: Any = wrapped
        for guard in (rates.limited(limit), require_http_methods([method]), login_required):
            guarded = guard(guarded)
        return cast("_JsonView[P]", guarded)

    return decorate


@_speaks_json("POST", limit="upload-begin")
def begin(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    user, lab, order = _user(request), _lab(request, body), _order(body)
    if order.checksum and not order.again:
        twins = uploads.same_file(user, lab=lab, checksum=order.checksum, size_bytes=order.size_bytes)
        if same := _shown(twins):
            return {"job": None, "same": same}
    job = uploads.begin(user, lab=lab, name=order.name, size_bytes=order.size_bytes, now=timezone.now())
    return {
        "job": str(job.pk),
        "same": [],
        "parts": len(uploads.part_sizes(job)),
        "part_size_bytes": job.part_size_bytes,
        "resumable_until": uploads.resumable_until(job),
    }


@_speaks_json("GET", limit="upload-step")
def look(request: HttpRequest, body: dict[str, Any], job_id: uuid.UUID) -> dict[str, Any]:  # noqa: ARG001
    job = _upload(request, job_id)
    progress = uploads.progress(job)
    return {
        "job": str(job.pk),
        "name": job.name,
        "size_bytes": job.input_size_bytes,
        "parts": len(uploads.part_sizes(job)),
        "part_size_bytes": job.part_size_bytes,
        "stored": progress.stored,
        "resumable_until": progress.resumable_until,
    }


@_speaks_json("POST", limit="upload-step")
def sign(request: HttpRequest, body: dict[str, Any], job_id: uuid.UUID) -> dict[str, Any]:
    urls = uploads.sign(_upload(request, job_id), checksums=_checksums(body), now=timezone.now())
    return {"urls": {str(number): url for number, url in urls.items()}}


@_speaks_json("POST", limit="upload-step")
def finish(request: HttpRequest, body: dict[str, Any], job_id: uuid.UUID) -> dict[str, Any]:  # noqa: ARG001
    user, job = _user(request), _upload(request, job_id)
    submission.finish_upload(job, actor=f"user:{user.pk}", now=clock.now())
    twins = uploads.same_file(user, lab=job.lab, checksum=job.input_checksum, size_bytes=job.input_size_bytes)
    return {
        "job": str(job.pk),
        "url": reverse("jobs:detail", args=[job.pk]),
        "same": _shown(twins.exclude(pk=job.pk)),
    }


@_speaks_json("POST", limit="upload-step")
def abandon(request: HttpRequest, body: dict[str, Any], job_id: uuid.UUID) -> dict[str, Any]:  # noqa: ARG001
    job = _upload(request, job_id)
    uploads.discard(job, actor=f"user:{_user(request).pk}", now=timezone.now(), note="The upload was cancelled.")
    return {"job": str(job.pk)}


def _upload(request: HttpRequest, job_id: uuid.UUID) -> Job:
    """This function will give the user's own upload; that of another member is nobody else's business."""
    user = _user(request)
    return get_object_or_404(Job.objects.visible_to(user).filter(owner=user).select_related("lab"), pk=job_id)


def _lab(request: HttpRequest, body: dict[str, Any]) -> Lab:
    """This function will give the named lab of the user's, or the one that the user chose last; else 404."""
    mine = Lab.objects.of(_user(request))
    named = body.get("lab")
    if named is None:
        chosen = labs.chosen(request)
        return get_object_or_404(mine, pk=chosen.pk if chosen else None)
    try:
        return get_object_or_404(mine, pk=uuid.UUID(named))
    except (TypeError, ValueError, AttributeError) as error:
        raise _bad_request("The lab is not named by its id.") from error


def _order(body: dict[str, Any]) -> _Order:
    name, size_bytes = body.get("name"), body.get("size_bytes")
    checksum, again = body.get("checksum", ""), body.get("again", False)
    if not isinstance(name, str) or type(size_bytes) is not int or not 0 <= size_bytes < _LARGEST_NUMBER:
        raise _bad_request("The upload needs a name (text) and size_bytes (a whole number).")
    if not isinstance(checksum, str) or (checksum and not upload_rules.is_composite(checksum)):
        raise _bad_request("The checksum is the SHA-256 of the parts' digests in base64, a dash, and their number.")
    if not isinstance(again, bool):
        raise _bad_request("Again is true or false.")
    return _Order(name=name, size_bytes=size_bytes, checksum=checksum, again=again)


def _checksums(body: dict[str, Any]) -> dict[int, str]:
    parts = body.get("parts")
    if not isinstance(parts, dict) or not all(
        number.isascii() and number.isdecimal() and len(number) <= 5 and isinstance(sha256, str)
        for number, sha256 in parts.items()
    ):
        raise _bad_request('Name the parts to sign with their SHA-256 in base64: {"parts": {"1": "…"}}.')
    return {int(number): sha256 for number, sha256 in parts.items()}


def _shown(twins: JobQuerySet) -> list[dict[str, Any]]:
    return [
        {
            "name": job.name,
            "url": reverse("jobs:detail", args=[job.pk]),
            "status": job.get_status_display(),
            "submitted_at": job.submitted_at,
        }
        for job in twins[:_TWINS_SHOWN]
    ]


def _told(error: UserError) -> dict[str, Any]:
    told = {
        "code": error.code,
        "message": error.message,
        "advice": error.advice,
        "line": error.line,
        "column": error.column,
    }
    return {**told, "missing": error.missing} if isinstance(error, UploadIncompleteError) else told


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        body = json.loads(request.body or b"{}")
    except (ValueError, RecursionError) as error:
        raise _bad_request("The request is not JSON.") from error
    if not isinstance(body, dict):
        raise _bad_request("The request is not a JSON object.")
    return body


def _bad_request(message: str) -> UploadRefusedError:
    refusal = UploadRefusedError(message, code="BAD_REQUEST", advice="Reload the page and try again.")
    refusal.status = 400
    return refusal


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
