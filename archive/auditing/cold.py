"""The vaults against PostgreSQL: each archive that a row names is there as it was stored, and no other is."""

import re
import uuid
from collections.abc import Iterator
from datetime import datetime
from functools import partial

from django.conf import settings

from archive import files, transfer, verifying
from archive.auditing.findings import Kind
from archive.errors import ChecksumMismatchError, HotCopyMissingError, InventoryPendingError
from archive.locking import alone_with, is_busy
from archive.models import ArchivedFile
from archive.vaults import Held, Vault
from archive.verifying import Outcome
from genomics.aws import s3, s3_listing
from genomics.aws.s3_listing import OpenUpload
from jobs.auditing import Finding, Scope

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_NAME = re.compile(rf"({_UUID})/({_UUID})/{_UUID}")  # as archive.models.name_of makes it
_KINDS = {Outcome.MISSING: Kind.ARCHIVE_MISSING, Outcome.DIFFERENT: Kind.ARCHIVE_DIFFERS}


def look_at_rows(scope: Scope) -> Iterator[Finding]:
    """This function will ask the vault about each archive that a row names. Nothing mends one that is gone."""
    rows = ArchivedFile.objects.at_rest().filter(job__in=scope.jobs())
    for archived in rows.select_related("file").order_by("pk").iterator():
        verdict = verifying.look(archived, now=scope.now)
        scope.compared["archives named"] += 1
        kind = _KINDS.get(verdict.outcome)
        # It may have been removed, by whoever restored or deleted the job, between the two looks.
        if kind is not None and ArchivedFile.objects.at_rest().filter(pk=archived.pk).exists():
            label = archived.file.get_kind_display()
            text = f"job {archived.job_id}: {label} of {archived.stored_at:%F %T} UTC: {verdict.text}"
            yield Finding(kind=kind, job_id=archived.job_id, text=text)


def look_at_vaults(scope: Scope) -> Iterator[Finding]:
    """This function will read what each vault in use holds, and name what no row does."""
    for vault in files.vaults_in_use():
        try:
            yield from _look_at(vault, scope=scope)
        except InventoryPendingError:
            text = f"{vault.name.label}: its inventory was asked for; look again in some hours"
            yield Finding(kind=Kind.NOT_TOLD_YET, job_id=None, text=text)


def look_at_uploads(scope: Scope) -> Iterator[Finding]:
    """This function will name open uploads into the S3 vault that no archiving goes on with."""
    bucket = settings.STACK.buckets["archive"]
    for upload in s3_listing.open_uploads(bucket, prefix=scope.key_prefix()):
        scope.compared["open uploads"] += 1
        job_id = _job_id(upload.key, scope=scope)
        if job_id is not None and upload.begun_at < scope.old and not _is_gone_on_with(upload, job_id=job_id):
            yield Finding(
                kind=Kind.UPLOAD_LEFT,
                job_id=job_id,
                text=f"job {job_id}: an upload to the vault is open since {upload.begun_at:%F %T} UTC",
                mend=partial(_abort, upload, job_id=job_id),
            )


def _look_at(vault: Vault, *, scope: Scope) -> Iterator[Finding]:
    unknown = 0
    for held in vault.held(prefix=scope.key_prefix()):
        match = _NAME.fullmatch(held.name)
        if match is None:
            unknown += 1
            continue
        job_id = _job_id(held.name, scope=scope)
        if job_id is None:
            continue
        scope.compared["archives in vaults"] += 1
        if held.stored_at < scope.old and _is_left(held, vault=vault, now=scope.now):
            yield _left(held, job_id=job_id, vault=vault, scope=scope)
    if unknown:
        text = f"{unknown} archives in {vault.name.label} have names unlike ours"
        yield Finding(kind=Kind.ARCHIVE_UNKNOWN, job_id=None, text=text)


def _left(held: Held, *, job_id: uuid.UUID, vault: Vault, scope: Scope) -> Finding:
    """This function will tell of an archive that no row means. It is deleted only where another copy is proved.

    Without a row nothing tells which file it is: it may be the last copy there is, after a database was restored from
    a backup for instance.
    """
    row = ArchivedFile.objects.filter(name=held.name).first()
    where = f"job {job_id}: {held.size_bytes:,} bytes of {held.stored_at:%F %T} UTC in {vault.name.label}"
    if row is None:
        return Finding(kind=Kind.ARCHIVE_WITHOUT_ROW, job_id=job_id, text=f"{where}, named by no row")
    mend = partial(_delete, held, row_id=row.pk, vault=vault, scope=scope)
    text = f"{where}, which no row means (any more)"
    return Finding(kind=Kind.ARCHIVE_LEFT, job_id=job_id, text=text, mend=mend)


def _is_left(held: Held, *, vault: Vault, now: datetime) -> bool:
    row = ArchivedFile.objects.filter(name=held.name).first()
    if row is None:
        return True
    if row.removed_at is not None:
        return row.removed_at < now - vault.lag
    return row.stored_at is not None and row.archive_id != held.archive_id


def _delete(held: Held, *, row_id: uuid.UUID, vault: Vault, scope: Scope) -> bool:
    row = ArchivedFile.objects.select_related("file", "job").get(pk=row_id)
    with alone_with(row.job_id) as alone:
        if not alone or not _is_left(held, vault=vault, now=scope.now) or not _has_other(row, held=held, now=scope.now):
            return False
        vault.delete(held.archive_id)
        return True


def _has_other(row: ArchivedFile, *, held: Held, now: datetime) -> bool:
    """This function will tell whether the file of a row is proved to be somewhere else than in this archive."""
    for other in ArchivedFile.objects.at_rest().filter(file=row.file).exclude(archive_id=held.archive_id):
        if verifying.look(other, now=now).outcome is Outcome.RIGHT:
            return True
    try:
        transfer.verify(files.hot(row.file))
    except (HotCopyMissingError, ChecksumMismatchError):
        return False
    return True


def _job_id(name: str, *, scope: Scope) -> uuid.UUID | None:
    """This function will give the job that an archive belongs to; None: it is not looked at, or not ours."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    lab_id, job_id = uuid.UUID(match[1]), uuid.UUID(match[2])
    return job_id if scope.covers(lab_id=lab_id, job_id=job_id) else None


def _is_gone_on_with(upload: OpenUpload, *, job_id: uuid.UUID) -> bool:
    begun = ArchivedFile.objects.filter(name=upload.key, stored_at=None, removed_at=None).exists()
    return begun or is_busy(job_id)


def _abort(upload: OpenUpload, *, job_id: uuid.UUID) -> bool:
    if _is_gone_on_with(upload, job_id=job_id):
        return False
    s3.abort_upload(settings.STACK.buckets["archive"], key=upload.key, upload_id=upload.upload_id)
    return True
