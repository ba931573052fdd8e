"""Who works on what: a message says only that there is work, and the claim decides which.

Fair among labs: the oldest waiting job of the lab that runs the fewest, in turn, as long as its plan lets it run more.
A hint is sent when one more job can start than before: a lab that is full, or a fleet, collects no idle messages.
"""

import logging
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from genomics import locks
from genomics.queues import send
from genomics.users.models import Lab
from jobs import sweeping, transitions, turns
from jobs.errors import StaleJobError
from jobs.models import ATTEMPTS_USED_UP, Job, Status

logger = logging.getLogger(__name__)

ANNOTATE = "jobs.annotate"
SWEEP_LOCK = "jobs.sweep"
_SWEEP_TIME = timedelta(seconds=40)
_HINTS_PER_SWEEP = 20


def claim(worker: str, *, now: datetime) -> Job | None:
    """This function will give the next job, RUNNING under a lease of `worker`, or None when nobody may start one."""
    begin = time.monotonic()
    passed: set[uuid.UUID] = set()
    while True:
        with transaction.atomic():
            lab_id = turns.hold_next(now=now, passed=passed)
            if lab_id is None:
                break
            job = _start_next(lab_id, worker=worker, now=now)
        if job is not None:
            return job
        passed.add(lab_id)
    # Labs that other claims held are looked at again before the worker goes idle.
    while lab_id := turns.next_lab(now=now, passed=passed):
        with transaction.atomic():
            is_held = turns.hold(lab_id)
            waited = timedelta(seconds=time.monotonic() - begin)  # the lease must not be shorter for it
            job = _start_next(lab_id, worker=worker, now=now + waited) if is_held else None
        if job is not None:
            return job
        passed.add(lab_id)
    return None


def joined(lab_id: uuid.UUID) -> None:
    """This function will hint a job that has begun to wait, unless its lab runs or awaits all that it may run."""
    _hint_if(lambda running, ready, places: running + ready <= places, lab_id=lab_id)


def left(lab_id: uuid.UUID) -> None:
    """This function will hint the lab's next waiting job when a running one has left a place for it."""
    _hint_if(lambda running, ready, places: ready > 0 and running + ready >= places, lab_id=lab_id)


def give_back(
    job: Job, *, actor: str, now: datetime, note: str, pause: timedelta = timedelta(0), only_if: Q | None = None
) -> None:
    """This function will let a running job wait again for at least `pause`, or fail it without attempts left.

    The sweep hints it when the pause is over. Raises StaleJobError when the job is no longer what `job` says.
    """
    if job.attempt >= job.attempts_allowed:
        _give_up(job, actor=actor, now=now, note=note, only_if=only_if)
        return
    hinted_at = None if pause else now
    with transaction.atomic():
        transitions.move(
            job,
            Status.PENDING,
            actor=actor,
            now=now,
            note=note,
            only_if=only_if,
            ready_at=now + pause,
            hinted_at=hinted_at,
        )
        if pause:
            left(job.lab_id)
        else:
            send(ANNOTATE, lab=job.lab_id)


def pause_after_fault(job: Job) -> timedelta:
    """This function will give the pause before the next attempt: it doubles, so that a fault can pass."""
    used = settings.MAX_ATTEMPTS - (job.attempts_allowed - job.attempt)
    pause: timedelta = settings.FIRST_PAUSE * 2 ** max(0, used - 1)
    return pause


def sweep(*, now: datetime) -> int:
    """This function will heal what lost messages and dead workers left behind, and give the number of jobs healed.

    Jobs whose lease has run out wait again (or fail); waiting jobs that could start are hinted again.
    """
    with locks.alone(SWEEP_LOCK) as alone:
        if not alone:
            return 0
        recovered = sweeping.each(Job.objects.abandoned(now), partial(_recover, now=now), within=_SWEEP_TIME)
        return recovered + _hint_again(now)


def _start_next(lab_id: uuid.UUID, *, worker: str, now: datetime) -> Job | None:
    """This function will start the oldest ready job of a lab that the caller holds; None when it may start none."""
    lab = Lab.objects.get(pk=lab_id)
    if Job.objects.filter(lab=lab, status=Status.RUNNING).count() >= lab.limits.max_running_jobs:
        return None
    job = Job.objects.ready(now).filter(lab=lab).select_for_update(skip_locked=True).first()
    if job is not None:
        transitions.move(
            job,
            Status.RUNNING,
            actor=f"worker:{worker}",
            now=now,
            attempt=job.attempt + 1,
            lease_expires_at=now + settings.LEASE_DURATION,
            worker=worker,
            started_at=now,
            stage="Starting",
            fraction=0,
            records_done=0,
        )
    return job


def _hint_if(needed: Callable[[int, int, int], bool], *, lab_id: uuid.UUID) -> None:
    """This function will hint after the commit if `needed(running, ready, places)` then says so.

    After the commit and by the database's clock, because of two changes at once the later one then sees both.
    """

    def look() -> None:
        places = Lab.objects.get(pk=lab_id).limits.max_running_jobs
        running = Job.objects.filter(lab=lab_id, status=Status.RUNNING).count()
        ready = Job.objects.filter(lab=lab_id, status=Status.PENDING, ready_at__lte=Now())[: places + 1].count()
        if needed(running, ready, places):
            send(ANNOTATE, lab=lab_id)

    transaction.on_commit(look, robust=True)  # what was committed stands; the sweep heals a hint that was not sent


def _give_up(job: Job, *, actor: str, now: datetime, note: str, only_if: Q | None) -> None:
    with transaction.atomic():
        transitions.move(
            job,
            Status.FAILED,
            actor=actor,
            now=now,
            note=note,
            only_if=only_if,
            finished_at=now,
            failure_code=ATTEMPTS_USED_UP,
            failure_message=f"The annotation was cut off {job.attempt} times and has been given up.",
            failure_advice="Your file is safe. Try again; if it happens once more, tell us the job's id.",
        )
        left(job.lab_id)


def _recover(job: Job, *, now: datetime) -> bool:
    note = f"The worker {job.worker} has not been heard of since its lease ended."
    try:
        give_back(job, actor="sweep", now=now, note=note, only_if=Q(lease_expires_at__lt=now))
    except StaleJobError:
        return False
    logger.warning("Job %s: %s", job.pk, note)
    return True


def _hint_again(now: datetime) -> int:
    """This function will hint jobs that could start but were not picked up, a bounded number at a time."""
    hinted = 0
    for turn in turns.forgotten(now=now, limit=_HINTS_PER_SWEEP):
        forgotten = Job.objects.unhinted(now, since=now - settings.HINT_TIMEOUT).filter(lab=turn.lab_id)
        startable = [job.pk for job in forgotten[: min(turn.free_places, _HINTS_PER_SWEEP - hinted)]]
        hinted += Job.objects.filter(pk__in=startable).update(hinted_at=now)
        for _ in startable:
            send(ANNOTATE, lab=turn.lab_id)
    return hinted
