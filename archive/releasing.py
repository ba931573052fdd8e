"""How archives that nobody needs are removed from the vault: of results that are hot again, and of deleted jobs.

An archive goes last: of a result that stays, only when the hot copy is there, byte for byte.
"""

import logging
from datetime import datetime

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from archive import files, transfer
from archive.errors import ChecksumMismatchError, HotCopyMissingError, VaultRefusedError, VaultUnavailableError
from archive.locking import alone_with
from archive.models import ArchivedFile, Recall, RetrievalState
from jobs.models import Job, Status

logger = logging.getLogger(__name__)

RELEASE = "archive.release"
_BATCH = 200


def release(job: Job, *, now: datetime) -> None:
    """This function will remove the archives of a result that is hot again; the caller is alone with the job.

    Raises VaultUnavailableError. What cannot be proved to be hot stays in the vault.
    """
    for archived in ArchivedFile.objects.filter(job=job, removed_at=None, hot_deleted_at=None).select_related("file"):
        if _is_hot(archived):
            _remove(archived)
            ArchivedFile.objects.filter(pk=archived.pk).update(removed_at=now)


def sweep(*, now: datetime) -> int:
    """This function will remove the archives that a call was cut off before, and those of deleted jobs.

    It gives the number of jobs whose archives are gone.
    """
    before = now - settings.ARCHIVE_PAUSE
    done = sum(heal(job, now=now) for job in needless(before)[:_BATCH])
    sleeping = Job.objects.filter(lab=OuterRef("lab"), status=Status.ARCHIVED)
    found_nothing = Recall.objects.filter(~Exists(sleeping), retrievals=None)
    found_nothing.filter(begun_at__lt=now - settings.ARCHIVE_RETRY_PAUSE).delete()
    return done


def needless(before: datetime) -> QuerySet[Job]:
    """This function will give the jobs that have archives though they are hot again, or deleted, for some time."""
    hot_again = Q(status=Status.COMPLETED, archived_files__removed_at=None, updated_at__lt=before) & (
        Q(archive_due_at=None) | Q(archived_files__hot_deleted_at=None, archive_due_at__gt=before)
    )
    deleted = Q(deleted_at__lt=before)
    jobs = Job.objects.filter(hot_again | deleted, archived_files__isnull=False)
    return jobs.distinct().defer("summary").order_by("updated_at")


def heal(job: Job, *, now: datetime) -> bool:
    """This function will remove the archives of one such job, and tell whether that was possible."""
    with alone_with(job.pk) as alone:
        if not alone:
            return False
        job.refresh_from_db(fields=["status", "deleted_at"])
        try:
            if job.deleted_at is not None:
                _forget(job)
            elif job.status == Status.COMPLETED:
                release(job, now=now)
            return True
        except (VaultUnavailableError, VaultRefusedError) as error:
            logger.warning("The archives of job %s stay for now: %s", job.pk, error)
            return False


def _forget(job: Job) -> None:
    """This function will remove a deleted job's archives and all rows about them."""
    for archived in ArchivedFile.objects.filter(job=job).select_related("file"):
        if archived.removed_at is None:
            _remove(archived)
        recalls = list(archived.retrievals.values_list("recall", flat=True))
        archived.retrievals.all().delete()
        archived.delete()
        Recall.objects.filter(pk__in=recalls, retrievals=None).delete()


def _remove(archived: ArchivedFile) -> None:
    files.vault_of(archived).delete(archived.archive_id or archived.name)


def _is_hot(archived: ArchivedFile) -> bool:
    """This function will tell whether the hot copy is there: read now, or, of its size, since a restore has read it."""
    was_read = archived.retrievals.filter(state=RetrievalState.RESTORED).exists()
    try:
        (transfer.check_size if was_read else transfer.verify)(files.hot(archived.file))
    except (HotCopyMissingError, ChecksumMismatchError):
        logger.exception("The archive of %s stays: its hot copy is not what was made.", archived.file_id)
        return False
    return True
