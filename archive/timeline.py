"""What the page of a job shows about the life of its result: what was, what is, and what will be, with exact dates."""

import enum
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from archive import eta, postponing, receipts, upgrading
from archive.models import Retrieval, RetrievalState, Tier
from genomics.users.models import User
from jobs.models import WITH_RESULT, Job, JobEvent, Status


class Step(enum.StrEnum):
    """What can happen to a result; the values name its sentence in the template."""

    MADE = "made"
    ARCHIVED = "archived"
    ASKED = "asked"
    RESTORED = "restored"
    NOT_BACK = "not-back"
    ARCHIVING = "archiving"
    KEPT_UNTIL = "kept-until"
    KEPT = "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point on the line. The last one is where the result stands."""

    step: Step
    at: datetime | None  # None: it has no date, since it goes on
    tiers: tuple[str, ...] = ()  # for people; of what was asked back


def panel(job: Job, /, *, user: User, now: datetime) -> dict[str, Any] | None:
    """This function will give what the panel on the page of a job needs; nothing for a job without a result."""
    if job.status not in WITH_RESULT:
        return None
    retrievals = list(
        Retrieval.objects.filter(archived_file__job=job).select_related("archived_file").order_by("intended_at")
    )
    waiting = [retrieval for retrieval in retrievals if retrieval.ended_at is None]
    expected = eta.arrival(waiting, now=now) if job.status == Status.RESTORING else None
    return {
        "points": points(job, retrievals=retrievals),
        "expected": expected,
        "is_late": expected is not None and expected.latest < now and not _is_there(waiting),
        "is_there": bool(waiting) and _is_there(waiting),
        "is_due": job.archive_due_at is not None and job.archive_due_at <= now,
        "receipts": receipts.of(job),
        "choices": postponing.choices(job, user=user, now=now),
        "sleeps": job.status == Status.ARCHIVED,
        "way": upgrading.way(job, user=user) if job.status == Status.ARCHIVED else None,
    }


def points(job: Job, *, retrievals: list[Retrieval]) -> list[Point]:
    """This function will give the points of a result's life so far, oldest first, and then what comes next."""
    events = [event for event in job.events.order_by("sequence") if event.status in WITH_RESULT]
    found = [Point(step=Step.MADE, at=job.finished_at)]
    for before, event in pairwise(events):
        step = _STEPS.get((Status(before.status), Status(event.status)))
        if step is not None:
            found.append(Point(step=step, at=event.created_at, tiers=_tiers(event, events, retrievals)))
    return [*found, *_next(job)]


_STEPS = {
    (Status.ARCHIVING, Status.ARCHIVED): Step.ARCHIVED,
    (Status.ARCHIVED, Status.RESTORING): Step.ASKED,
    (Status.RESTORING, Status.COMPLETED): Step.RESTORED,
    (Status.RESTORING, Status.ARCHIVED): Step.NOT_BACK,
}


def _next(job: Job) -> list[Point]:
    if job.status == Status.ARCHIVING:
        return [Point(step=Step.ARCHIVING, at=None)]
    if job.status != Status.COMPLETED:
        return []
    if job.archive_due_at is None:
        return [Point(step=Step.KEPT, at=None)]
    return [Point(step=Step.KEPT_UNTIL, at=job.archive_due_at)]


def _tiers(event: JobEvent, events: list[JobEvent], retrievals: list[Retrieval]) -> tuple[str, ...]:
    """This function will name the tiers of what was asked back from an event on, until the result moved on."""
    if event.status != Status.RESTORING:
        return ()
    later = [other.created_at for other in events if other.sequence > event.sequence]
    own = {
        Tier(retrieval.tier)
        for retrieval in retrievals
        if retrieval.intended_at >= event.created_at and not any(retrieval.intended_at >= at for at in later)
    }
    return tuple(tier.label for tier in Tier if tier in own)


def _is_there(waiting: list[Retrieval]) -> bool:
    return all(retrieval.state == RetrievalState.READY for retrieval in waiting)
