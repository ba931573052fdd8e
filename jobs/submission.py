"""What a person does with a job: submit, cancel, retry."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from jobs import dispatch, transitions, uploads
from jobs.errors import NotPossibleNowError, StaleJobError
from jobs.models import Job, Status


def finish_upload(job: Job, *, actor: str, now: datetime) -> None:
    """This function will check the uploaded input and submit its job; a repeated call finds the job submitted."""
    if job.submitted_at is not None:
        return
    uploads.check(job, actor=actor, now=now)
    try:
        submit(job, actor=actor, now=now)
    except StaleJobError as error:
        job.refresh_from_db()
        if job.submitted_at is None:
            uploads.drop_input(job)  # it was abandoned while its parts were joined
            raise _too_late(job) from error


def submit(job: Job, *, actor: str, now: datetime) -> None:
    """This function will let a job with a checked input wait for a worker."""
    with transaction.atomic():
        transitions.move(
            job, Status.PENDING, actor=actor, now=now, submitted_at=now, ready_at=now, hinted_at=now, upload_id=""
        )
        dispatch.hint(job.lab_id)


def cancel(job: Job, *, actor: str, now: datetime) -> None:
    """This function will cancel a waiting or running job; its worker notices and stops. Raises NotPossibleNowError."""
    try:
        _change(job, Status.CANCELLED, actor=actor, now=now, finished_at=now)
    except NotPossibleNowError:
        if not may_cancel(job):
            raise
        _change(job, Status.CANCELLED, actor=actor, now=now, finished_at=now)  # it was given back meanwhile


def retry(job: Job, *, actor: str, now: datetime) -> None:
    """This function will let an ended job wait again, with a full number of attempts. Raises NotPossibleNowError."""
    with transaction.atomic():
        _change(
            job,
            Status.PENDING,
            actor=actor,
            now=now,
            ready_at=now,
            hinted_at=now,
            finished_at=None,
            failure_code="",
            failure_message="",
            failure_advice="",
            failure_line=None,
            failure_column="",
            attempts_allowed=job.attempt + settings.MAX_ATTEMPTS,
        )
        dispatch.hint(job.lab_id)


def may_cancel(job: Job) -> bool:
    return job.is_active


def may_retry(job: Job) -> bool:
    return job.submitted_at is not None and job.status in {Status.FAILED, Status.CANCELLED}


def _change(job: Job, to: Status, *, actor: str, now: datetime, **changes: Any) -> None:
    allowed = may_retry(job) if to == Status.PENDING else may_cancel(job)
    try:
        if not allowed:
            raise StaleJobError
        transitions.move(job, to, actor=actor, now=now, **changes)
    except StaleJobError as error:
        job.refresh_from_db()
        raise _too_late(job) from error


def _too_late(job: Job) -> NotPossibleNowError:
    return NotPossibleNowError(
        f"{job.name} is {job.get_status_display().lower()}: that cannot be done now.",
        code="NOT_POSSIBLE_NOW",
        advice="Reload the page to see where the job stands.",
    )
