"""Who works on what: a message says only that there is work, and the claim decides which.

Fair among labs: the oldest waiting job of the lab that runs the fewest, as long as its plan lets it run more.
"""

import logging
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Min, Q

from genomics.queues import send
from genomics.users.models import Lab
from jobs import transitions
from jobs.errors import StaleJobError
from jobs.models import ACTIVE, ATTEMPTS_USED_UP, Job, Status

logger = logging.getLogger(__name__)

ANNOTATE = "jobs.annotate"
SWEEP_LOCK = 0x6A6F6273  # of pg_try_advisory_xact_lock: one sweep at a time
_HINTS_PER_SWEEP = 20


def hint(lab_id: uuid.UUID) -> None:
    send(ANNOTATE, lab=lab_id)


def claim(worker: str, *, now: datetime) -> Job | None:
    """This function will give the next job, RUNNING under a lease of `worker`, or None when nobody may start one."""
    for lab_id in _labs_by_turn(now):
        with transaction.atomic():
            lab = Lab.objects.select_for_update(no_key=True).get(pk=lab_id)  # its running jobs are counted once
            running = Job.objects.filter(lab=lab, status=Status.RUNNING).count()
            if running >= lab.limits.max_running_jobs:
                continue
            job = Job.objects.ready(now).filter(lab=lab).select_for_update(skip_locked=True).first()
            if job is None:
                continue
            _start(job, worker=worker, now=now)
            return job
    return None


def wake(lab_id: uuid.UUID, *, now: datetime) -> None:
    """This function will hint the lab's next waiting job: a place has become free."""
    if Job.objects.ready(now).filter(lab_id=lab_id).exists():
        hint(lab_id)


def give_back(
    job: Job, *, actor: str, now: datetime, note: str, pause: timedelta = timedelta(0), only_if: Q | None = None
) -> None:
    """This function will let a running job wait again for at least `pause`, or fail it without attempts left.

    The sweep hints it when the pause is over. Raises StaleJobError when the job is no longer what `job` says.
    """
    if job.attempt < job.attempts_allowed:
        hinted_at = None if pause else now
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
    else:
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
    wake(job.lab_id, now=now)


def pause_after_fault(job: Job) -> timedelta:
    """This function will give the pause before the next attempt: it doubles, so that a fault can pass."""
    used = settings.MAX_ATTEMPTS - (job.attempts_allowed - job.attempt)
    pause: timedelta = settings.FIRST_PAUSE * 2 ** max(0, used - 1)
    return pause


def sweep(*, now: datetime) -> int:
    """This function will heal what lost messages and dead workers left behind, and give the number of jobs healed.

    Jobs whose lease has run out wait again (or fail), waiting jobs that nobody picked up are hinted again.
    """
    with transaction.atomic():
        if not _alone():
            return 0
        healed = sum(_recover(job, now=now) for job in Job.objects.abandoned(now))
        forgotten = list(Job.objects.unhinted(now, since=now - settings.HINT_TIMEOUT)[:_HINTS_PER_SWEEP])
        Job.objects.filter(pk__in=[job.pk for job in forgotten]).update(hinted_at=now)
        for job in forgotten:
            hint(job.lab_id)
    return healed + len(forgotten)


def _labs_by_turn(now: datetime) -> list[uuid.UUID]:
    """This function will list the labs that have ready jobs: fewest running first, then longest waiting."""
    turns = (
        Job.objects.filter(status__in=ACTIVE)
        .values("lab_id")
        .annotate(
            running=Count("pk", filter=Q(status=Status.RUNNING)),
            oldest=Min("submitted_at", filter=Q(status=Status.PENDING, ready_at__lte=now)),
        )
        .filter(oldest__isnull=False)
        .order_by("running", "oldest")
    )
    return [turn["lab_id"] for turn in turns]


def _start(job: Job, *, worker: str, now: datetime) -> None:
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


def _recover(job: Job, *, now: datetime) -> bool:
    note = f"The worker {job.worker} has not been heard of since its lease ended."
    try:
        give_back(job, actor="sweep", now=now, note=note, only_if=Q(lease_expires_at__lt=now))
    except StaleJobError:
        return False
    logger.warning("Job %s: %s", job.pk, note)
    return True


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SWEEP_LOCK])
        row = cursor.fetchone()
    return bool(row and row[0])
