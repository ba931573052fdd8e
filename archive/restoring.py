"""How a result comes back: its files are fetched and verified, the job is COMPLETED again, and the archive goes last.

Every step may be cut off: the next call, hinted by the sweep, goes on where the rows say that it stopped.
"""

import logging
import uuid
from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from archive import files, recall, releasing, retrievals
from archive.errors import (
    ArchiveMissingError,
    ChecksumMismatchError,
    RetrievalFailedError,
    RetrievalGoneError,
    RetrievalNotReadyError,
    StaleRetrievalError,
)
from archive.locking import alone_with
from archive.models import ArchivedFile, Retrieval, RetrievalState
from archive.transfer import Report
from genomics.queues import send
from jobs import retention, transitions
from jobs.errors import StaleJobError
from jobs.models import Job, Status

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]


def restore(job_id: uuid.UUID, *, actor: str, clock: Clock) -> bool:
    """This function will bring back the files of a result that can be fetched, and tell whether all of it is back.

    False also when somebody else is at it. Raises VaultUnavailableError: the sweep will try again.
    """
    with alone_with(job_id) as alone:
        job = Job.objects.filter(pk=job_id, deleted_at=None).defer("summary").first() if alone else None
        if job is None or job.status != Status.RESTORING:
            return False
        for retrieval in (
            Retrieval.objects.to_fetch(now=clock())
            .filter(archived_file__job=job)
            .select_related("archived_file__file", "archived_file__job", "recall")
        ):
            _fetch(retrieval, clock=clock)
        if not _is_complete(job):
            return False
        try:
            _wake(job, actor=actor, now=clock())
        except StaleJobError:
            logger.info("Job %s has moved on while it was being restored.", job_id)
            return False
        releasing.release(job, now=clock())
        return True


def hear(retrieval: Retrieval, report: Report, *, now: datetime) -> bool:
    """This function will note how a restore outside of the workers ended, and tell whether it ended a retrieval.

    A worker goes on from there: the job is completed, and the archive deleted last.
    """
    if report.failure:
        return recall.failed(retrieval, report.failure, now=now)
    target = files.hot(retrieval.archived_file.file)
    if (report.size_bytes, report.sha256) != (target.size_bytes, target.sha256):
        logger.error("Retrieval %s is said to have brought other bytes than were made.", retrieval.pk)
        return False
    try:
        with transaction.atomic():
            if retrieval.state == RetrievalState.REQUESTED:  # the vault's own message is late, or lost
                retrievals.ready(retrieval, ready_at=report.ready_at, expires_at=None)
            record(retrieval, size_bytes=report.size_bytes, sha256=report.sha256, now=now)
            job = retrieval.archived_file.job
            send(recall.RESTORE, lab=job.lab_id, job_id=str(job.pk))
    except StaleRetrievalError:
        return False
    return True


def record(retrieval: Retrieval, *, size_bytes: int, sha256: str, now: datetime) -> None:
    """This function will note that a file lies in hot storage again, verified. Raises StaleRetrievalError."""
    with transaction.atomic():
        retrievals.restored(retrieval, size_bytes=size_bytes, sha256=sha256, now=now)
        ArchivedFile.objects.filter(pk=retrieval.archived_file_id).update(hot_deleted_at=None)


def _fetch(retrieval: Retrieval, *, clock: Clock) -> None:
    archived = retrieval.archived_file
    target = files.hot(archived.file)
    try:
        files.vault_of(archived).fetch(files.archive_of(archived), ticket=retrieval.ticket, target=target)
        record(retrieval, size_bytes=target.size_bytes, sha256=target.sha256, now=clock())
    except StaleRetrievalError:
        logger.info("Retrieval %s has moved on while it was being fetched.", retrieval.pk)
    except RetrievalNotReadyError:
        logger.warning("Retrieval %s was said to be ready, and is not yet.", retrieval.pk)
    except RetrievalGoneError:
        recall.again(retrieval, RetrievalState.EXPIRED, now=clock(), failure="The bytes are gone again.")
    except (RetrievalFailedError, ChecksumMismatchError, ArchiveMissingError) as error:
        recall.failed(retrieval, f"{type(error).__name__}: {error}", now=clock())


def _is_complete(job: Job) -> bool:
    """This function will tell whether all files at rest are in hot storage as well, and none is on its way."""
    at_rest = ArchivedFile.objects.at_rest().filter(job=job)
    is_away = at_rest.filter(hot_deleted_at__isnull=False).exists()
    return not is_away and not Retrieval.objects.open().filter(archived_file__job=job).exists()


def _wake(job: Job, *, actor: str, now: datetime) -> None:
    with transaction.atomic():
        due_at = retention.date(job, hot_since=now, is_back=True)
        transitions.move(job, Status.COMPLETED, actor=actor, now=now, note="Restored.", archive_due_at=due_at)
