"""The results bucket against PostgreSQL, for files that rest: hot where the row says so, and nowhere else."""

import uuid
from collections.abc import Callable, Iterator
from functools import partial

from django.db import transaction

from archive import files, recall, verifying
from archive.auditing.findings import Kind
from archive.locking import alone_with, is_busy
from archive.models import ArchivedFile
from archive.verifying import Outcome
from genomics.aws import s3
from genomics.aws.errors import ObjectMissingError
from jobs import results, storage, transitions
from jobs.auditing import Finding, Scope
from jobs.errors import StaleJobError
from jobs.models import Job, Status

_ACTOR = "sweep"


def look(scope: Scope) -> Iterator[Finding]:
    jobs = scope.jobs().filter(
        deleted_at=None, updated_at__lt=scope.old, status__in=(Status.ARCHIVED, Status.COMPLETED)
    )
    rows = ArchivedFile.objects.at_rest().filter(job__in=jobs)
    for archived in rows.select_related("file", "job").order_by("pk").iterator():
        if is_busy(archived.job_id):
            continue
        scope.compared["hot copies of archived files"] += 1
        size_bytes = _size(archived)
        if archived.job.status == Status.COMPLETED:
            yield from _to_be_hot(archived, size_bytes=size_bytes, scope=scope)
        elif archived.hot_deleted_at is not None and size_bytes is not None:
            yield _finding(
                Kind.HOT_LEFT, archived, text="it rests, but lies in hot storage too", mend=_drop, scope=scope
            )


def _to_be_hot(archived: ArchivedFile, *, size_bytes: int | None, scope: Scope) -> Iterator[Finding]:
    if size_bytes is None:
        yield _finding(
            Kind.HOT_MISSING, archived, text="its hot copy is missing, but it rests", mend=_recall, scope=scope
        )
    elif size_bytes != archived.file.size_bytes:
        text = f"its hot copy has {size_bytes:,} bytes instead of {archived.file.size_bytes:,}, but it rests"
        yield _finding(Kind.HOT_DIFFERS, archived, text=text, mend=_recall, scope=scope)


def _finding(
    kind: Kind, archived: ArchivedFile, *, text: str, mend: Callable[[uuid.UUID, Scope], bool], scope: Scope
) -> Finding:
    label = archived.file.get_kind_display()
    return Finding(
        kind=kind,
        job_id=archived.job_id,
        text=f"job {archived.job_id}: {label}: {text}",
        mend=partial(mend, archived.pk, scope),
    )


def _drop(archived_id: uuid.UUID, scope: Scope) -> bool:
    """This function will delete a hot copy, once the vault has said that the archive is as recorded."""
    archived = ArchivedFile.objects.select_related("file", "job").get(pk=archived_id)
    with alone_with(archived.job_id) as alone:
        archived.job.refresh_from_db(fields=["status", "deleted_at"])
        rests = archived.job.status == Status.ARCHIVED and archived.removed_at is None
        if not alone or not rests or not _is_right(archived, scope=scope):
            return False
        results.drop([archived.file.key])
        return True


def _recall(archived_id: uuid.UUID, scope: Scope) -> bool:
    """This function will let a result rest whose hot copy is gone, and ask it back: all its archives must be right.

    A hot copy that is something else is replaced when the archive comes back.
    """
    job = Job.objects.defer("summary").get(archived_files=archived_id)
    with alone_with(job.pk) as alone:
        at_rest = list(files.at_rest(job))
        is_whole = {archived.file_id for archived in at_rest} == {file.pk for file in results.resting(job)}
        if not alone or not is_whole or not all(_is_right(archived, scope=scope) for archived in at_rest):
            return False
        try:
            with transaction.atomic():
                note = "Its hot copy was not what was made; it rests in the vault."
                transitions.move(job, Status.ARCHIVING, actor=_ACTOR, now=scope.now, note=note)
                transitions.move(job, Status.ARCHIVED, actor=_ACTOR, now=scope.now)
                ArchivedFile.objects.at_rest().filter(job=job).update(hot_deleted_at=scope.now)
        except (StaleJobError, ValueError):  # it has moved on meanwhile
            return False
    return recall.begin_for([job], actor=_ACTOR, now=scope.now) == 1


def _is_right(archived: ArchivedFile, *, scope: Scope) -> bool:
    return verifying.look(archived, now=scope.now).outcome is Outcome.RIGHT


def _size(archived: ArchivedFile) -> int | None:
    """This function will ask for the size of a hot copy; None: there is none."""
    try:
        return s3.describe(storage.bucket(storage.RESULTS), key=archived.file.key).size_bytes
    except ObjectMissingError:
        return None
