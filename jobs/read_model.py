"""The read model: one DynamoDB item for each job, for programs that may not ask the database.

An item holds ids, states, times and counts, never a file name or a text of the lab. Others may keep attributes of
their own in it: they are left alone.
"""

import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from django.conf import settings

from genomics.aws import dynamodb
from genomics.aws.dynamodb import READ_BATCH, Item, Table, Value
from jobs.models import JobEvent

__all__ = ["READ_BATCH", "Item", "all_ids", "drop", "expected", "put", "read", "told_at", "update"]

KEY = "job_id"
_ORDER = "sequence"
_FROM_EVENT = ("status", "sequence", "attempt")
_TIMES = ("submitted_at", "started_at", "finished_at")
_COUNTS = ("records_read", "records_annotated", "records_passed", "records_rejected")
_ATTRIBUTES = (
    KEY, *_FROM_EVENT, "lab_id", "user_id", "reference", *_TIMES, "updated_at", *_COUNTS, "failure_code",
)  # fmt: skip


def update(event: JobEvent) -> bool:
    """This function will bring the item of the event's job to that event and tell whether it was older.

    Status, sequence and attempt are the event's; the rest is as the row, read with the event, says.
    """
    return dynamodb.write(_table(), key=str(event.job_id), values=_values(event), increasing=_ORDER)


def put(event: JobEvent) -> None:
    """This function will make the item what the event says, also when it is newer: only for mending, under the lock."""
    dynamodb.write(_table(), key=str(event.job_id), values=_values(event))


def drop(job_id: uuid.UUID) -> None:
    dynamodb.delete(_table(), key=str(job_id))


def expected(event: JobEvent) -> Item:
    """This function will give the attributes of ours that the item should have after the event."""
    values = {KEY: str(event.job_id), **_values(event)}
    return {name: value for name, value in values.items() if value is not None}


def read(job_ids: Sequence[uuid.UUID]) -> dict[str, Item]:
    """This function will give the items of up to READ_BATCH jobs, by job id as text: our attributes of them."""
    return dynamodb.read(_table(), keys=[str(job_id) for job_id in job_ids], attributes=_ATTRIBUTES)


def all_ids(*, lab_id: uuid.UUID | None = None) -> Iterator[list[str]]:
    """This function will give the job ids of all items, or of those of a lab, page by page."""
    for page in dynamodb.scan(_table(), attributes=[KEY, "lab_id"]):
        yield [str(item[KEY]) for item in page if lab_id is None or item.get("lab_id") == str(lab_id)]


def told_at(moment: datetime) -> str:
    """This function will write a time as ISO 8601 in UTC, always as long: such texts sort as the times do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _values(event: JobEvent) -> dict[str, Value | None]:
    job = event.job
    return {
        "status": event.status,
        "sequence": event.sequence,
        "attempt": event.attempt,
        "lab_id": str(job.lab_id),
        "user_id": str(job.owner_id),
        "reference": job.reference,
        **{name: _time(getattr(job, name)) for name in _TIMES},
        "updated_at": told_at(event.created_at),
        **{name: getattr(job, name) for name in _COUNTS},
        "failure_code": job.failure_code or None,
    }


def _time(moment: datetime | None) -> str | None:
    return told_at(moment) if moment else None


def _table() -> Table:
    return Table(name=settings.STACK.tables["jobs"], key=KEY)
