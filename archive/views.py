"""What people ask of an archived result. Each view loads what the user may see (else 404) and calls one function."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from archive import postponing, receipts
from genomics import clock, rates
from genomics.users.models import User
from jobs import rights
from jobs.models import Job


@login_required
@require_safe
@rates.limited("job-read")
def receipt(request: HttpRequest, job_id: uuid.UUID) -> JsonResponse:
    return JsonResponse(receipts.write(_job(request, job_id)))


@login_required
@require_POST
@rates.limited("job-change")
def postpone(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    job = _job(request, job_id)
    user = _user(request)
    if not rights.decides(job, user=user):
        raise PermissionDenied
    try:
        until = postponing.postpone(
            job, seconds=request.POST.get("seconds", ""), actor=f"user:{user.pk}", now=clock.now()
        )
    except postponing.REFUSALS as error:
        messages.error(request, f"{error.message} {error.advice}")
    else:
        messages.success(request, f"{job.name} is kept hot until {timezone.localtime(until):%-d %B %Y, %H:%M %Z}.")
    return redirect("jobs:detail", job_id=job.pk)


def _job(request: HttpRequest, job_id: uuid.UUID) -> Job:
    visible = Job.objects.visible_to(_user(request)).submitted()
    return get_object_or_404(visible.select_related("lab").defer("summary"), pk=job_id)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
