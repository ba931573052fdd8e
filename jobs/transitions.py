"""The one writer of a job's status: a table of arrows, conditional updates, one event row for each move."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from jobs import outbox
from jobs.errors import StaleJobError
from jobs.models import UNENDED, Job, JobEvent, Status

ARROWS = frozenset(
    {
        (Status.DRAFT, Status.PENDING),
        (Status.DRAFT, Status.CANCELLED),
        (Status.PENDING, Status.RUNNING),
        (Status.PENDING, Status.CANCELLED),
        (Status.RUNNING, Status.COMPLETED),
        (Status.RUNNING, Status.FAILED),
        (Status.RUNNING, Status.PENDING),
        (Status.RUNNING, Status.CANCELLED),
        (Status.FAILED, Status.PENDING),
        (Status.CANCELLED, Status.PENDING),
    }
)


def may_move(job: Job, to: Status) -> bool:
    return (Status(job.status), to) in ARROWS


def move(
    job: Job,
    to: Status,
    *,
    actor: str,
    now: datetime,
    note: str = "",
    only_if: Q | None = None,
    **changes: Any,
) -> JobEvent:
    """This function will move a job from the status and attempt that `job` holds to `to`, and write the event.

    The update is conditional on both (and on `only_if`); other columns named in `changes` are written with it.
    `job` is brought up to date. Raises ValueError for a move that is no arrow and StaleJobError, changing
    nothing, when the row has moved on meanwhile.
    """
    if not may_move(job, to):
        raise ValueError(f"{job.status} → {to} is not a move that a job can make")
    if to != Status.RUNNING:
        changes |= {"lease_expires_at": None, "worker": ""}
    with transaction.atomic():
        unchanged = Job.objects.filter(
            only_if or Q(), pk=job.pk, status=job.status, attempt=job.attempt, deleted_at=None
        )
        if not unchanged.update(status=to, sequence=F("sequence") + 1, updated_at=now, **changes):
            raise StaleJobError(f"Job {job.pk} is no longer {job.status} in attempt {job.attempt}")
        job.refresh_from_db(fields=["status", "sequence", "updated_at", *changes])
        return _record(job, actor=actor, now=now, note=note)


def hide(job: Job, *, actor: str, now: datetime, note: str) -> JobEvent:
    """This function will mark an ended job as deleted: it vanishes from all pages and never moves again.

    The event repeats the status that the job ended with. Raises ValueError for a job that may still run, and
    StaleJobError, changing nothing, when the row has moved on meanwhile or is marked already.
    """
    if job.status in UNENDED:
        raise ValueError(f"A job that is {job.status} has to be cancelled before it is deleted")
    with transaction.atomic():
        unchanged = Job.objects.filter(pk=job.pk, status=job.status, attempt=job.attempt, deleted_at=None)
        if not unchanged.update(deleted_at=now, sequence=F("sequence") + 1, updated_at=now):
            raise StaleJobError(f"Job {job.pk} is no longer {job.status}, or it is deleted already")
        job.refresh_from_db(fields=["deleted_at", "sequence", "updated_at"])
        return _record(job, actor=actor, now=now, note=note)


def touch(job: Job, *, now: datetime, **changes: Any) -> bool:
    """This function will write columns of a running job and tell whether it still belongs to this attempt."""
    ours = Job.objects.filter(pk=job.pk, status=Status.RUNNING, attempt=job.attempt)
    return bool(ours.update(updated_at=now, **changes))


def renew_lease(job: Job, *, until: datetime) -> bool:
    """This function will extend the lease of a running job and tell whether it still belongs to this attempt."""
    ours = Job.objects.filter(pk=job.pk, status=Status.RUNNING, attempt=job.attempt)
    return bool(ours.update(lease_expires_at=until))


def _record(job: Job, *, actor: str, now: datetime, note: str) -> JobEvent:
    outbox.hint()
    return JobEvent.objects.create(
        job=job,
        sequence=job.sequence,
        status=job.status,
        attempt=job.attempt,
        actor=actor,
        note=note,
        created_at=now,
    )
