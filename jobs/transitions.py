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
        (Status.COMPLETED, Status.ARCHIVING),
        (Status.ARCHIVING, Status.ARCHIVED),
        (Status.ARCHIVING, Status.COMPLETED),
        (Status.ARCHIVED, Status.RESTORING),
        (Status.RESTORING, Status.COMPLETED),
        (Status.RESTORING, Status.ARCHIVED),
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
    if to == Status.ARCHIVED:
        changes |= {"archive_due_at": None}
    return _write(job, actor=actor, now=now, note=note, only_if=only_if or Q(), changes={**changes, "status": to})


def hide(job: Job, *, actor: str, now: datetime, note: str) -> JobEvent:
    """This function will mark an ended job as deleted: it vanishes from all pages and never moves again.

    The event repeats the status that the job ended with. Raises ValueError for a job that may still run, and
    StaleJobError, changing nothing, when the row has moved on meanwhile or is marked already.
    """
    if job.status in UNENDED:
        raise ValueError(f"A job that is {job.status} has to be cancelled before it is deleted")
    return _write(job, actor=actor, now=now, note=note, only_if=Q(), changes={"deleted_at": now})


def remark(job: Job, *, actor: str, now: datetime, note: str, only_if: Q | None = None, **changes: Any) -> JobEvent:
    """This function will write columns of a job that stays where it is, with an event that repeats its status.

    Raises StaleJobError as `move` does, changing nothing.
    """
    return _write(job, actor=actor, now=now, note=note, only_if=only_if or Q(), changes=changes)


def touch(job: Job, *, now: datetime, **changes: Any) -> bool:
    """This function will write columns of a running job and tell whether it still belongs to this attempt."""
    ours = Job.objects.filter(pk=job.pk, status=Status.RUNNING, attempt=job.attempt)
    return bool(ours.update(updated_at=now, **changes))


def renew_lease(job: Job, *, until: datetime) -> bool:
    """This function will extend the lease of a running job and tell whether it still belongs to this attempt."""
    ours = Job.objects.filter(pk=job.pk, status=Status.RUNNING, attempt=job.attempt)
    return bool(ours.update(lease_expires_at=until))


def _write(job: Job, *, actor: str, now: datetime, note: str, only_if: Q, changes: dict[str, Any]) -> JobEvent:
    """This function will write columns and the event together, on the condition that the row is as `job` knows it."""
    with transaction.atomic():
        unchanged = Job.objects.filter(only_if, pk=job.pk, status=job.status, attempt=job.attempt, deleted_at=None)
        if not unchanged.update(sequence=F("sequence") + 1, updated_at=now, **changes):
            raise StaleJobError(f"Job {job.pk} is no longer {job.status} in attempt {job.attempt}, or not as it was")
        job.refresh_from_db(fields=["sequence", "updated_at", *changes])
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
