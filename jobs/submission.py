"""What a person does with a job: submit, cancel, retry."""

from datetime import datetime

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
        dispatch.joined(job.lab_id)


def cancel(job: Job, *, actor: str, now: datetime) -> None:
    """This function will cancel a waiting or running job; its worker notices and stops. Raises NotPossibleNowError."""
    if not _try_to_cancel(job, actor=actor, now=now) and not _try_to_cancel(job, actor=actor, now=now):
        raise _too_late(job)


def retry(job: Job, *, actor: str, now: datetime) -> None:
    """This function will let an ended job wait again, with a full number of attempts. Raises NotPossibleNowError."""
    if not may_retry(job):
        raise _too_late(job)
    try:
        with transaction.atomic():
            transitions.move(
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
            dispatch.joined(job.lab_id)
    except StaleJobError as error:
        job.refresh_from_db()
        raise _too_late(job) from error


def may_cancel(job: Job) -> bool:
    return job.is_active


def may_retry(job: Job) -> bool:
    return job.submitted_at is not None and job.status in {Status.FAILED, Status.CANCELLED}


def _try_to_cancel(job: Job, *, actor: str, now: datetime) -> bool:
    """This function will tell whether the job is cancelled by this call; if not, `job` says how it stands now.

    A second try may succeed: the job was taken up or given back meanwhile.
    """
    if not may_cancel(job):
        return False
    was_running = job.status == Status.RUNNING
    try:
        with transaction.atomic():
            transitions.move(job, Status.CANCELLED, actor=actor, now=now, finished_at=now)
            if was_running:
                dispatch.left(job.lab_id)
    except StaleJobError:
        job.refresh_from_db()
        return False
    return True


def _too_late(job: Job) -> NotPossibleNowError:
    return NotPossibleNowError.of(job.name, status=job.get_status_display())
