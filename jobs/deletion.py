"""How a job is deleted: it vanishes from all pages at once, and its bytes, its item and its row follow by a sweep.

Every step may be cut off and is then done again by the next sweep; see docs/decisions/deletion.md.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, ProtectedError, QuerySet, RestrictedError

from genomics import locks
from genomics.queues import send
from jobs import dispatch, needs, publishing, results, storage, sweeping, transitions
from jobs.errors import NotPossibleNowError, StaleJobError
from jobs.models import UNENDED, Job, JobEvent, Status

logger = logging.getLogger(__name__)

REMOVE = "jobs.remove"
SWEEP_LOCK = "jobs.remove"
_SWEEP_TIME = timedelta(seconds=5)  # for one call: other tasks wait in the same queue
_BATCH = 200  # of each kind
_TRIES = 5  # a worker, a sweep and a person may each move the job once in between


def delete(job: Job, *, actor: str, now: datetime, note: str = "Deleted.") -> None:
    """This function will delete a job in any state; one that is deleted already is fine. Raises NotPossibleNowError.

    A job that waits or runs is cancelled first: its worker notices and drops its files. The rest is the sweep's.
    """
    for _ in range(_TRIES):
        if job.deleted_at is not None:
            return
        try:
            with transaction.atomic():
                _end(job, actor=actor, now=now)
                transitions.hide(job, actor=actor, now=now, note=note)
        except StaleJobError:
            job.refresh_from_db()
        else:
            return
    raise NotPossibleNowError.of(job.name, status=job.get_status_display())


def sweep(*, now: datetime) -> int:
    """This function will remove what deleted jobs, abandoned uploads and killed attempts left; it gives their number.

    What does not fit into one call's time is hinted again, as long as the call got on.
    """
    with locks.alone(SWEEP_LOCK) as alone:
        if not alone:
            return 0
        done, has_more = _sweep(now)
    if done and has_more:  # hinted without the lock, lest another worker finds it held
        send(REMOVE)
    return done


def _sweep(now: datetime) -> tuple[int, bool]:
    """This function will give the number of jobs that were swept, and whether more may wait."""
    end = time.monotonic() + _SWEEP_TIME.total_seconds()
    stale = Job.objects.stale_uploads(
        untouched_since=now - settings.DRAFT_LIFETIME, refused_before=now - settings.REFUSED_UPLOAD_LIFETIME
    )
    settled = now - settings.REMOVAL_PAUSE
    work: list[tuple[QuerySet[Job], Callable[[Job], bool]]] = [
        (stale, partial(_end_upload, now=now)),
        (_removable(before=settled), _remove),
        (Job.objects.untidy(before=settled), _tidy),
    ]
    done, has_more = 0, False
    for jobs, heal in work:
        # In any order: those that fail each time must not stand before the others each time.
        batch = list(jobs.order_by("?").defer("summary")[:_BATCH])
        done += sweeping.each(batch, heal, within=timedelta(seconds=end - time.monotonic()))
        has_more = has_more or len(batch) == _BATCH
    return done, has_more or time.monotonic() >= end


def _removable(*, before: datetime) -> QuerySet[Job]:
    """This function will give the deleted jobs that nothing keeps: of the others no sweep looks at the bytes."""
    untold = Exists(JobEvent.objects.unpublished().filter(job=OuterRef("pk")))
    return needs.free_of_upper_floors(Job.objects.deleted(before=before)).exclude(untold)


def _end(job: Job, *, actor: str, now: datetime) -> None:
    if job.status not in UNENDED:
        return
    was_running = job.status == Status.RUNNING
    transitions.move(job, Status.CANCELLED, actor=actor, now=now, finished_at=now)
    if was_running:
        dispatch.left(job.lab_id)


def _end_upload(job: Job, *, now: datetime) -> bool:
    """This function will delete an upload, unless it has been gone on with since the sweep looked."""
    try:
        with transaction.atomic():
            seen = job.updated_at
            Job.objects.select_for_update().get(pk=job.pk, updated_at=seen)
            delete(job, actor="sweep", now=now, note="The upload was not finished.")
    except Job.DoesNotExist:
        return False
    return True


def _remove(job: Job) -> bool:
    """This function will remove a deleted job and tell whether it is gone; if not, a later sweep goes on.

    1. Its bytes, until S3 lists nothing more.
    2. Its item in DynamoDB.
    3. Its row, with events and files.
    """
    if not storage.remove_all(job) or not publishing.withdraw(job.pk):
        return False
    try:
        job.delete()
    except (ProtectedError, RestrictedError):
        return False
    logger.info("Job %s and all that belonged to it are removed.", job.pk)
    return True


def _tidy(job: Job) -> bool:
    """This function will drop what an ended job's attempts left without publishing it; each attempt is tidied once."""
    results.discard_attempts(job)
    return bool(Job.objects.filter(pk=job.pk).update(tidied_attempt=job.attempt))
