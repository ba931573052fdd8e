"""How a job is deleted: it vanishes from all pages at once, and its bytes, its item and its row follow by a sweep.

Every step may be cut off and is then done again by the next sweep; see docs/decisions/deletion.md.
"""

import logging
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import ProtectedError, RestrictedError

from genomics import locks
from genomics.users.models import Membership, Role, User
from jobs import dispatch, publishing, storage, sweeping, transitions
from jobs.errors import NotPossibleNowError, StaleJobError
from jobs.models import UNENDED, Job, Status

logger = logging.getLogger(__name__)

SWEEP_LOCK = "jobs.remove"
_SWEEP_TIME = timedelta(seconds=60)
_TRIES = 5  # a worker, a sweep and a person may each move the job once in between


def may_delete(job: Job, *, user: User) -> bool:
    """This function will tell whether a member of the lab may delete a job: who submitted it, or the lab's owner."""
    if job.owner_id == user.pk:
        return True
    return Membership.objects.filter(lab=job.lab_id, user=user, role=Role.OWNER).exists()


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
    """This function will remove what deleted jobs and abandoned uploads have left, and give the number of jobs."""
    with locks.alone(SWEEP_LOCK) as alone:
        if not alone:
            return 0
        stale = Job.objects.stale_uploads(
            untouched_since=now - settings.DRAFT_LIFETIME, refused_before=now - settings.REFUSED_UPLOAD_LIFETIME
        )
        ended = sweeping.each(stale, partial(_end_upload, now=now), within=_SWEEP_TIME)
        deleted = Job.objects.deleted(before=now - settings.REMOVAL_PAUSE)
        return ended + sweeping.each(deleted, _remove, within=_SWEEP_TIME)


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
    """This function will remove a deleted job and tell whether it is gone; if not, the next sweep goes on.

    1. Wait while upper floors still point to it: they remove what is theirs first.
    2. Its bytes, until S3 lists nothing more.
    3. Its item in DynamoDB, once the world has been told of its last event.
    4. Its row, with events and files.
    """
    if _is_needed(job) or not storage.remove_all(job):
        return False
    if job.events.filter(published_at=None).exists() or not publishing.withdraw(job.pk):
        return False
    try:
        job.delete()
    except (ProtectedError, RestrictedError):
        return False
    logger.info("Job %s and all that belonged to it are removed.", job.pk)
    return True


def _is_needed(job: Job) -> bool:
    """This function will tell whether rows of upper floors, which jobs know nothing of, point to the job."""
    try:
        with transaction.atomic():
            Job.objects.filter(pk=job.pk).delete()
            transaction.set_rollback(True)
    except (ProtectedError, RestrictedError):
        return True
    return False
