"""The upload's JSON interface, spoken by the upload page: begin, sign parts, finish, abandon."""

import json
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from genomics.aws.errors import StorageUnavailableError
from genomics.users.models import Lab, User
from jobs import submission, uploads
from jobs.errors import UploadRefusedError, UserError
from jobs.models import Job

_STORAGE_UNAVAILABLE = {
    "code": "STORAGE_UNAVAILABLE",
    "message": "The storage does not answer right now.",
    "advice": "Nothing was submitted. Try again in a minute.",
    "line": None,
    "column": None,
}

P = ParamSpec("P")
_View = Callable[Concatenate[User, dict[str, Any], P], dict[str, Any]]


def _json_view(view: _View[P]) -> Callable[Concatenate[HttpRequest, P], JsonResponse]:
    """This function will turn `view(user, body, …) -> answer` into a Django view that speaks JSON both ways."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> JsonResponse:
        assert isinstance(request.user, User)
        try:
            return JsonResponse(view(request.user, _body(request), *args, **kwargs))
        except StorageUnavailableError:
            return JsonResponse({"error": _STORAGE_UNAVAILABLE}, status=503)
        except UserError as error:
            answer = {
                "code": error.code,
                "message": error.message,
                "advice": error.advice,
                "line": error.line,
                "column": error.column,
            }
            return JsonResponse({"error": answer}, status=error.status)

    guarded: Any = login_required(require_POST(wrapped))
    return cast("Callable[Concatenate[HttpRequest, P], JsonResponse]", guarded)


@_json_view
def begin(user: User, body: dict[str, Any]) -> dict[str, Any]:
    lab = get_object_or_404(Lab.objects.of(user)[:1])
    name, size_bytes = body.get("name"), body.get("size_bytes")
    if not isinstance(name, str) or not isinstance(size_bytes, int) or isinstance(size_bytes, bool):
        raise _bad_request("The upload needs a name (text) and size_bytes (a whole number).")
    job = uploads.begin(user, lab=lab, name=name, size_bytes=size_bytes, now=timezone.now())
    return {"job": str(job.pk), "parts": len(uploads.part_sizes(job)), "part_size_bytes": job.part_size_bytes}


@_json_view
def sign(user: User, body: dict[str, Any], job_id: uuid.UUID) -> dict[str, Any]:
    numbers = body.get("parts")
    if not isinstance(numbers, list) or not all(type(number) is int for number in numbers):
        raise _bad_request("Name the parts to sign as a list of whole numbers.")
    urls = uploads.sign(_upload(user, job_id), numbers=numbers)
    return {"urls": {str(number): url for number, url in urls.items()}}


@_json_view
def finish(user: User, body: dict[str, Any], job_id: uuid.UUID) -> dict[str, Any]:  # noqa: ARG001
    job = _upload(user, job_id)
    submission.finish_upload(job, actor=f"user:{user.pk}", now=timezone.now())
    return {"job": str(job.pk), "url": reverse("jobs:detail", args=[job.pk])}


@_json_view
def abandon(user: User, body: dict[str, Any], job_id: uuid.UUID) -> dict[str, Any]:  # noqa: ARG001
    job = _upload(user, job_id)
    uploads.discard(job, actor=f"user:{user.pk}", now=timezone.now(), note="The upload was cancelled.")
    return {"job": str(job.pk)}


def _upload(user: User, job_id: uuid.UUID) -> Job:
    """This function will give the user's own upload; that of another member is nobody else's business."""
    return get_object_or_404(Job.objects.visible_to(user).filter(owner=user).select_related("lab"), pk=job_id)


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
