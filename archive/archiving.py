"""How a result goes to sleep.

1. COMPLETED → ARCHIVING, when it is due.
2. Each file that rests is copied into the vault, verified and recorded.
3. ARCHIVING → ARCHIVED, unless the lab's results are to stay meanwhile: then back to COMPLETED.
4. The hot copies are deleted, when no link to them is good any more: the sweep comes back for that.

Every step may be cut off: the next call, hinted by the sweep, goes on where the rows say that it stopped.
"""

import logging
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from archive import files
from archive.errors import ChecksumMismatchError, HotCopyMissingError, VaultRefusedError, VaultUnavailableError
from archive.locking import alone_with
from archive.models import ArchivedFile
from genomics.aws.errors import ServiceRefusedError, ServiceUnavailableError
from genomics.queues import backlog, send
from jobs import results, retention, transitions
from jobs.errors import StaleJobError
from jobs.models import Job, Status

logger = logging.getLogger(__name__)

ARCHIVE = retention.ARCHIVE
_HINTS_PER_SWEEP = 100

Clock = Callable[[], datetime]


def archive(job_id: uuid.UUID, *, actor: str, clock: Clock) -> bool:
    """This function will bring a due result to rest and tell whether it rests now.

    False also when somebody else is at it, or it is not to rest (any more). Raises VaultUnavailableError when the
    vault or S3 does not answer: the sweep will try again.
    """
    with alone_with(job_id) as alone:
        job = _job(job_id) if alone else None
        if job is None:
            return False
        try:
            _go_on(job, actor=actor, clock=clock)
        except StaleJobError:
            logger.info("Job %s has moved on while it was being archived.", job_id)
            return False
        return job.status == Status.ARCHIVED


def sweep(*, now: datetime) -> int:
    """This function will hint the results that are due, and those whose archiving was cut off; it gives their number.

    As long as no fewer messages wait than results, no hint is lost: the workers are away, or busy.
    """
    due = list(_waiting(now)[:_HINTS_PER_SWEEP])
    if not due or backlog.waiting(ARCHIVE) >= len(due):
        return 0
    for job_id, lab_id in due:
        send(ARCHIVE, lab=lab_id, job_id=str(job_id))
    return len(due)


def _waiting(now: datetime) -> QuerySet[Job, tuple[uuid.UUID, uuid.UUID]]:
    since = now - settings.ARCHIVE_PAUSE
    still_hot = Exists(ArchivedFile.objects.still_hot().filter(job=OuterRef("pk")))
    cut_off = Q(status=Status.ARCHIVING, updated_at__lt=since) | Q(
        still_hot, status=Status.ARCHIVED, updated_at__lt=since
    )
    jobs = Job.objects.filter(Q(pk__in=retention.due(now).order_by().values("pk")) | cut_off, deleted_at=None)
    return jobs.order_by("updated_at").values_list("pk", "lab_id")


def _go_on(job: Job, *, actor: str, clock: Clock) -> None:
    if job.status == Status.COMPLETED:
        now = clock()
        transitions.move(job, Status.ARCHIVING, actor=actor, now=now, only_if=Q(archive_due_at__lte=now))
    if job.status == Status.ARCHIVING:
        try:
            for archived in _begun(job, clock=clock):
                _store(archived, clock=clock)
        except (VaultRefusedError, HotCopyMissingError, ChecksumMismatchError) as error:
            _give_up(job, error, actor=actor, now=clock())
            return
        _come_to_rest(job, actor=actor, now=clock())
    if job.status == Status.ARCHIVED:
        _delete_hot_copies(job, now=clock())


def _begun(job: Job, *, clock: Clock) -> Iterator[ArchivedFile]:
    for file in results.resting(job):
        yield files.begun(file, job=job, now=clock())


def _store(archived: ArchivedFile, *, clock: Clock) -> None:
    """This function will copy one file into the vault and record it, unless that was done before."""
    if archived.stored_at is not None:
        return
    stored = files.vault_of(archived).store(files.hot(archived.file), name=archived.name)
    ArchivedFile.objects.filter(pk=archived.pk, stored_at=None).update(
        archive_id=stored.archive_id,
        size_bytes=stored.size_bytes,
        sha256=stored.sha256,
        checksum=stored.checksum,
        storage_class=stored.storage_class,
        stored_at=clock(),
    )


def _come_to_rest(job: Job, *, actor: str, now: datetime) -> None:
    """This function will end ARCHIVING. A date that is gone says that the results are to stay."""
    stays = Q(archive_due_at=None)
    try:
        transitions.move(job, Status.ARCHIVED, actor=actor, now=now, only_if=~stays, archive_due_at=None)
    except StaleJobError:
        job.refresh_from_db(fields=["status", "attempt"])
        if job.status != Status.ARCHIVING:
            raise
        note = "The lab's plan keeps its results."
        transitions.move(job, Status.COMPLETED, actor=actor, now=now, only_if=stays, note=note)


def _give_up(job: Job, error: Exception, *, actor: str, now: datetime) -> None:
    """This function will leave the result hot for now: the vault refuses it, or the hot copy is not what was made."""
    logger.error("Job %s is not archived: %s", job.pk, error, exc_info=error)
    again_at = now + settings.ARCHIVE_RETRY_PAUSE
    note = f"{type(error).__name__}; tried again later."
    try:
        transitions.move(
            job, Status.COMPLETED, actor=actor, now=now, note=note, only_if=~Q(archive_due_at=None),
            archive_due_at=again_at,
        )  # fmt: skip
    except StaleJobError:
        job.refresh_from_db(fields=["status", "attempt"])
        if job.status == Status.ARCHIVING:
            transitions.move(job, Status.COMPLETED, actor=actor, now=now, note=note)


def _delete_hot_copies(job: Job, *, now: datetime) -> None:
    """This function will delete from hot storage what rests in the vault, and then record it."""
    still_hot = ArchivedFile.objects.still_hot().filter(job=job)
    if now < job.updated_at + settings.DOWNLOAD_URL_LIFETIME or not still_hot.exists():
        return  # a link that a page has just given is still good
    try:
        is_dropped = results.drop_hot_copies(job)
    except (ServiceUnavailableError, ServiceRefusedError) as error:
        raise VaultUnavailableError(str(error)) from error
    if is_dropped:
        still_hot.update(hot_deleted_at=now)


def _job(job_id: uuid.UUID) -> Job | None:
    return Job.objects.filter(pk=job_id, deleted_at=None).defer("summary").first()
