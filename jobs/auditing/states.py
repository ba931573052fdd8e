"""What the sweeps should have healed by now: events, leases, hints and removals that have been waiting for too long."""

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache, partial
from typing import Any

from django.conf import settings
from django.db.models import Count, Min, QuerySet

from jobs import deletion, dispatch, publishing, turns
from jobs.auditing.findings import Finding, Kind, Scope
from jobs.models import Job, JobEvent

_TOO_LONG = timedelta(minutes=1)  # several sweeps have passed
_LABS = 1000  # whose waiting jobs are looked at
_ROUNDS = 1000  # of a sweep: beside working workers there may always be something to do


def look(scope: Scope) -> Iterator[Finding]:
    yield from _unpublished(scope)
    yield from _running(scope)
    yield from _waiting(scope)
    yield from _deleted(scope)


def _unpublished(scope: Scope) -> Iterator[Finding]:
    late = JobEvent.objects.unpublished().filter(created_at__lt=scope.now - _TOO_LONG)
    publish = _until_done(lambda: publishing.publish(now=scope.now))
    for row in (
        late.filter(job__in=scope.jobs()).values("job_id").annotate(events=Count("pk"), oldest=Min("created_at"))
    ).iterator():
        job_id: uuid.UUID = row["job_id"]
        yield Finding(
            kind=Kind.UNPUBLISHED,
            job_id=job_id,
            text=f"job {job_id}: {row['events']} events are not published, the oldest of {row['oldest']:%F %T} UTC",
            mend=partial(_heal, publish, late.filter(job=job_id)),
        )


def _running(scope: Scope) -> Iterator[Finding]:
    abandoned = Job.objects.abandoned(scope.now - _TOO_LONG)
    sweep = _until_done(lambda: dispatch.sweep(now=scope.now))
    for job in scope.jobs().filter(pk__in=abandoned).only("pk", "lease_expires_at").iterator():
        yield Finding(
            kind=Kind.LEASE_OVER,
            job_id=job.pk,
            text=f"job {job.pk}: it is RUNNING, but its lease ended at {job.lease_expires_at:%F %T} UTC",
            mend=partial(_heal, sweep, abandoned.filter(pk=job.pk)),
        )


def _waiting(scope: Scope) -> Iterator[Finding]:
    then = scope.now - _TOO_LONG  # who was forgotten then, and is so still, was left out by several sweeps
    forgotten = Job.objects.unhinted(then, since=then - settings.HINT_TIMEOUT)
    sweep = _until_done(lambda: dispatch.sweep(now=scope.now))
    for turn in turns.forgotten(now=then, limit=_LABS):
        if scope.lab_id not in {None, turn.lab_id}:
            continue
        for job in forgotten.filter(lab=turn.lab_id).only("pk", "ready_at")[: turn.free_places]:
            if scope.job_id in {None, job.pk}:
                yield Finding(
                    kind=Kind.NOT_HINTED,
                    job_id=job.pk,
                    text=f"job {job.pk}: it could have started since {job.ready_at:%F %T} UTC, but no hint was sent",
                    mend=partial(_heal, sweep, forgotten.filter(pk=job.pk)),
                )


def _deleted(scope: Scope) -> Iterator[Finding]:
    late = Job.objects.deleted(before=min(scope.old, scope.now - settings.REMOVAL_PAUSE - _TOO_LONG))
    sweep = _until_done(lambda: deletion.sweep(now=scope.now))
    for job in scope.jobs().filter(pk__in=late.order_by()).only("pk", "deleted_at").iterator():
        yield Finding(
            kind=Kind.NOT_REMOVED,
            job_id=job.pk,
            text=f"job {job.pk}: it was deleted at {job.deleted_at:%F %T} UTC, but not removed",
            mend=partial(_heal, sweep, Job.objects.filter(pk=job.pk)),
        )


def _heal(sweep: Callable[[], None], left: QuerySet[Any]) -> bool:
    sweep()
    return not left.exists()


def _until_done(sweep: Callable[[], int]) -> Callable[[], None]:
    """This function will give a function that sweeps until nothing is left to do, the first time it is called."""

    @cache
    def once() -> None:
        for _ in range(_ROUNDS):
            if not sweep():
                return

    return once
