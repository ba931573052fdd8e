"""DynamoDB against PostgreSQL: a job that has moved and is not deleted has an item that says the same, and no other."""

import itertools
import time
import uuid
from collections.abc import Iterator
from functools import partial

from django.db.models import F

from jobs import publishing, read_model
from jobs.auditing.findings import Finding, Kind, Scope
from jobs.models import Job, JobEvent

_TRIES = 200  # to find no publisher at work: it rests between its calls
_PAUSE_SECONDS = 0.05


def look(scope: Scope) -> Iterator[Finding]:
    yield from _missing_or_different(scope)
    yield from _without_job(scope)


def _missing_or_different(scope: Scope) -> Iterator[Finding]:
    for events in _batches(_latest_events(scope)):
        items = read_model.read([event.job_id for event in events])
        scope.compared["jobs with an item"] += len(events)
        for event in events:
            if items.get(str(event.job_id)) != read_model.expected(event):
                yield from _confirmed(event.job_id)


def _latest_events(scope: Scope) -> Iterator[JobEvent]:
    latest = JobEvent.objects.filter(job__in=scope.jobs().filter(deleted_at=None), sequence=F("job__sequence"))
    return latest.with_job().order_by("job_id").iterator()


def _batches(events: Iterator[JobEvent]) -> Iterator[list[JobEvent]]:
    while batch := list(itertools.islice(events, read_model.READ_BATCH)):
        yield batch


def _confirmed(job_id: uuid.UUID) -> Iterator[Finding]:
    """This function will look again: the item between two looks at the row, which must be at rest."""
    before = publishing.latest_event(job_id)
    if before is None or before.job.deleted_at or _has_unpublished(job_id):
        return
    item = read_model.read([job_id]).get(str(job_id))
    after = publishing.latest_event(job_id)
    if after is None or after.job.deleted_at or after.sequence != before.sequence:
        return
    expected = read_model.expected(after)
    if item is None:
        kind, text = Kind.ITEM_MISSING, "it has no item"
    elif item != expected:
        kind, text = Kind.ITEM_DIFFERS, f"its item differs in {', '.join(_differing(item, expected))}"
    else:
        return
    yield Finding(kind=kind, job_id=job_id, text=f"job {job_id}: {text}", mend=partial(_mend, job_id))


def _differing(item: read_model.Item, expected: read_model.Item) -> list[str]:
    return sorted(name for name in item.keys() | expected.keys() if item.get(name) != expected.get(name))


def _has_unpublished(job_id: uuid.UUID) -> bool:
    return JobEvent.objects.unpublished().filter(job_id=job_id).exists()


def _without_job(scope: Scope) -> Iterator[Finding]:
    for keys in _item_keys(scope):
        scope.compared["items"] += len(keys)
        ids = {key: job_id for key in keys if (job_id := _uuid(key)) is not None}
        for _ in range(len(keys) - len(ids)):
            yield Finding(kind=Kind.ITEM_UNKNOWN, job_id=None, text="an item whose key is not the id of a job")
        entitled = set(Job.objects.filter(pk__in=ids.values(), deleted_at=None).values_list("pk", flat=True))
        for job_id in ids.values():
            if job_id not in entitled and _is_superfluous(job_id):
                yield Finding(
                    kind=Kind.ITEM_WITHOUT_JOB,
                    job_id=job_id,
                    text=f"job {job_id}: it is gone, but its item is there",
                    mend=partial(_mend, job_id),
                )


def _item_keys(scope: Scope) -> Iterator[list[str]]:
    if scope.job_id:
        yield list(read_model.read([scope.job_id]))
    else:
        yield from read_model.all_ids(lab_id=scope.lab_id)


def _uuid(key: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(key)
    except ValueError:
        return None


def _is_superfluous(job_id: uuid.UUID) -> bool:
    """This function will look at the row first and then at the item: a row that is gone never comes back."""
    if Job.objects.filter(pk=job_id, deleted_at=None).exists() or _has_unpublished(job_id):
        return False
    return bool(read_model.read([job_id]))


def _mend(job_id: uuid.UUID) -> bool:
    for _ in range(_TRIES):
        if publishing.mend(job_id):
            return True
        time.sleep(_PAUSE_SECONDS)
    return False
