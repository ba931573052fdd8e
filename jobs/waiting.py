"""When a waiting job's turn comes and how long a running one still takes, for the pages; told with bounds.

All of it is worked out at once from three queries and kept for some seconds: many open pages ask. The numbers come
from jobs that have been: nothing else is stored.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from zlib import crc32

from django.conf import settings

from jobs import queueing, speeds, turns
from jobs.models import Job, Status
from jobs.spans import Span

LIMIT = 1000  # claims that are looked ahead
_JOBS_LOOKED_AT = 2 * LIMIT
_MEASURED = 200
_RECENT = timedelta(minutes=10)  # so long the fleet counts as large as it has shown itself
_SECONDS_UNKNOWN = 1.0  # of a job whose kind was never measured: enough for the order, not for times


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A waiting job's place in the queue."""

    number: int | None  # 1: next; None: further back than is looked ahead
    starts_in: Span | None  # None: nothing was measured, or no worker is to be seen
    lab_is_full: bool  # it waits for jobs of its own lab

    @property
    def looked_ahead(self) -> int:
        return LIMIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What is to be expected of waiting and running jobs."""

    made_at: datetime
    places: Mapping[uuid.UUID, Place]
    left: Mapping[uuid.UUID, Span]
    labs: Mapping[uuid.UUID, int]  # a number that differs when the places of the lab's jobs do
    is_cut: bool  # more jobs wait than were looked at

    def place(self, job: Job) -> Place | None:
        """This function will give a waiting job's place; None for one that does not wait, pauses or just starts."""
        if not _is_ready(job, now=self.made_at):
            return None
        unseen = Place(number=None, starts_in=None, lab_is_full=False) if self.is_cut else None
        return self.places.get(job.pk, unseen)

    def time_left(self, job: Job) -> Span | None:
        return self.left.get(job.pk) if job.status == Status.RUNNING else None


_latest: list[Forecast] = []  # of this process; at most one


def forecast(*, now: datetime, of: Iterable[Job] = ()) -> Forecast:
    """This function will give the forecast of now, or of some seconds ago if the jobs `of` were waiting by then."""
    wanted = list(of)
    for known in _latest:
        is_new = timedelta(0) <= now - known.made_at < settings.FORECAST_LIFETIME
        if is_new and all(_is_ready(job, now=known.made_at) for job in wanted if _is_ready(job, now=now)):
            return known
    fresh = _forecast(now)
    _latest[:] = [fresh]
    return fresh


def mark(place: Place | None) -> str:
    """This function will give a text that differs when what pages say of the place does."""
    return f"{place.number} {place.starts_in}" if place else ""


def _is_ready(job: Job, *, now: datetime) -> bool:
    return job.status == Status.PENDING and job.ready_at is not None and job.ready_at <= now


@dataclass(frozen=True, slots=True, kw_only=True)
class _Running:
    job_id: uuid.UUID
    left: Span | None  # None: nothing was measured


def _forecast(now: datetime) -> Forecast:
    measured = _measurements()
    known = speeds.measure(measured)
    running = _running(known, now=now)
    waiting = turns.first_jobs(now=now, limit=_JOBS_LOOKED_AT)
    workers = _workers(measured, running=sum(map(len, running.values())), now=now)
    orders = {
        bound: queueing.starts(_lines(waiting, running, known, bound=bound), workers=workers, limit=LIMIT)
        for bound in ("low", "high")
    }
    places = _places(waiting, running, orders, can_tell_times=known.overall is not None, now=now)
    return Forecast(
        made_at=now,
        places=places,
        left={job.job_id: job.left for jobs in running.values() for job in jobs if job.left},
        labs=_marks(waiting, places),
        is_cut=len(waiting) == _JOBS_LOOKED_AT or any(job.is_last_known for job in waiting),
    )


def _measurements() -> list[speeds.Measurement]:
    finished = Job.objects.exclude(records_read=None).exclude(finished_at=None).order_by("-finished_at")
    rows = finished.values_list("reference", "name", "input_size_bytes", "started_at", "finished_at")[:_MEASURED]
    return [
        speeds.Measurement(
            kind=speeds.Kind.of(reference=reference, name=name),
            size_bytes=size_bytes,
            began_at=began_at,
            ended_at=ended_at,
        )
        for reference, name, size_bytes, began_at, ended_at in rows
        if began_at and ended_at
    ]


def _running(known: speeds.Speeds, *, now: datetime) -> dict[uuid.UUID, list[_Running]]:
    """This function will give the running jobs of each lab."""
    rows = Job.objects.filter(status=Status.RUNNING).values_list(
        "lab_id", "pk", "reference", "name", "input_size_bytes", "started_at", "fraction"
    )
    running: dict[uuid.UUID, list[_Running]] = {}
    for lab_id, job_id, reference, name, size_bytes, started_at, fraction in rows:
        whole = known.span(speeds.Kind.of(reference=reference, name=name), size_bytes)
        elapsed = max(0.0, (now - started_at).total_seconds()) if started_at else 0.0
        left = speeds.remaining(whole=whole, fraction=fraction, elapsed_seconds=elapsed)
        running.setdefault(lab_id, []).append(_Running(job_id=job_id, left=left))
    return running


def _workers(measured: Iterable[speeds.Measurement], *, running: int, now: datetime) -> int:
    """This function will give the most jobs that were seen to run at once, now or lately."""
    recent = [one for one in measured if now - one.ended_at < _RECENT]
    steps = sorted([(one.began_at, 1) for one in recent] + [(one.ended_at, -1) for one in recent])
    at_once, most = 0, max(1, running)
    for _, step in steps:
        at_once += step
        most = max(most, at_once)
    return most


def _lines(
    waiting: list[turns.Waiting], running: Mapping[uuid.UUID, list[_Running]], known: speeds.Speeds, *, bound: str
) -> list[queueing.Line]:
    """This function will put the labs' jobs in lines, each job as short or as long (`bound`) as it may be."""

    def seconds(span: Span | None) -> float:
        return getattr(span, bound) if span else _SECONDS_UNKNOWN

    lines = []
    for lab_id, of_lab in groupby(waiting, key=lambda job: job.lab_id):
        jobs = list(of_lab)
        lines.append(
            queueing.Line(
                places=jobs[0].places,
                running=[seconds(job.left) for job in running.get(lab_id, [])],
                waiting=[
                    queueing.Waiting(
                        job_id=job.job_id,
                        submitted_at=job.submitted_at,
                        seconds=seconds(
                            known.span(speeds.Kind.of(reference=job.reference, name=job.name), job.size_bytes)
                        ),
                    )
                    for job in jobs
                ],
                is_cut=jobs[-1].is_last_known,
                started_at=jobs[0].lab_started_at,
            )
        )
    waiting_labs = {job.lab_id for job in waiting}
    lines += [
        queueing.Line(places=0, running=[seconds(job.left) for job in jobs], waiting=[], is_cut=False)
        for lab_id, jobs in running.items()
        if lab_id not in waiting_labs
    ]
    return lines


def _places(
    waiting: list[turns.Waiting],
    running: Mapping[uuid.UUID, list[_Running]],
    orders: Mapping[str, list[queueing.Start]],
    *,
    can_tell_times: bool,
    now: datetime,
) -> dict[uuid.UUID, Place]:
    soonest = {start.job_id: start.in_seconds for start in orders["low"]}
    latest = {start.job_id: start.in_seconds for start in orders["high"]}
    numbers = {start.job_id: number for number, start in enumerate(orders["high"], start=1)}
    places = {}
    for job in waiting:
        span = None
        if can_tell_times and job.job_id in soonest and job.job_id in latest:
            bounds = sorted((soonest[job.job_id], latest[job.job_id]))
            span = Span(low=bounds[0], high=bounds[1])
            if span.high == 0 and now - job.submitted_at > settings.HINT_TIMEOUT:
                span = None  # it should have started long ago: who knows where the workers are
        places[job.job_id] = Place(
            number=numbers.get(job.job_id),
            starts_in=span,
            lab_is_full=len(running.get(job.lab_id, [])) >= job.places,
        )
    return places


def _marks(waiting: list[turns.Waiting], places: Mapping[uuid.UUID, Place]) -> dict[uuid.UUID, int]:
    return {
        lab_id: crc32("".join(mark(places[job.job_id]) for job in jobs).encode())
        for lab_id, jobs in groupby(waiting, key=lambda job: job.lab_id)
    }
