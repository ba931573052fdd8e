"""Whether a result is still what was made: the vault is asked about what rests, and what is hot is read."""

import enum
from dataclasses import dataclass, replace
from datetime import datetime

from archive import files, transfer
from archive.errors import (
    ArchiveMissingError,
    ChecksumMismatchError,
    HotCopyMissingError,
    InventoryPendingError,
    VaultRefusedError,
    VaultUnavailableError,
)
from archive.models import ArchivedFile
from genomics.aws.errors import ServiceRefusedError, ServiceUnavailableError
from jobs import results
from jobs.models import Job, ResultFile


class Outcome(enum.Enum):
    """What can be found out."""

    RIGHT = enum.auto()
    MISSING = enum.auto()
    DIFFERENT = enum.auto()
    PENDING = enum.auto()  # the vault tells later
    UNKNOWN = enum.auto()  # it cannot be told now


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was found out about one file in one place, in words that follow the place."""

    outcome: Outcome
    text: str


def verify(job: Job, *, most_bytes: int, now: datetime) -> list[Verdict]:
    """This function will look at each file of a result that rests or could, wherever it lies.

    Hot copies of more than `most_bytes` are not read, only asked for their size.
    """
    verdicts = []
    at_rest = {archived.file_id: archived for archived in files.at_rest(job)}
    away = results.away(job)
    for file in results.resting(job):
        label, archived = file.get_kind_display(), at_rest.get(file.pk)
        if archived is not None:
            verdicts.append(_named(f"{label}, {archived.get_vault_display()}", _asked(archived, now=now)))
        if file.kind not in away:
            verdicts.append(_named(f"{label}, hot copy", _read(file, most_bytes=most_bytes)))
        elif archived is None:
            verdicts.append(Verdict(outcome=Outcome.MISSING, text=f"{label}: it rests nowhere"))
    return verdicts


def look(archived: ArchivedFile, *, now: datetime) -> Verdict:
    """This function will ask the vault whether an archive is as recorded; its bytes are not read.

    Raises VaultUnavailableError and VaultRefusedError.
    """
    vault, archive = files.vault_of(archived), files.archive_of(archived)
    try:
        held = vault.look(archive)
    except ArchiveMissingError:
        if archived.stored_at is not None and archived.stored_at > now - vault.lag:
            return Verdict(outcome=Outcome.PENDING, text="it is younger than the vault's inventory")
        return Verdict(outcome=Outcome.MISSING, text="the archive is missing")
    except InventoryPendingError:
        return Verdict(outcome=Outcome.PENDING, text="the vault's inventory was asked for; it takes some hours")
    if (held.size_bytes, held.checksum) != (archive.size_bytes, archive.checksum):
        return Verdict(outcome=Outcome.DIFFERENT, text="the archive is not what was stored")
    return Verdict(outcome=Outcome.RIGHT, text="as recorded")


def _asked(archived: ArchivedFile, *, now: datetime) -> Verdict:
    try:
        return look(archived, now=now)
    except (VaultUnavailableError, VaultRefusedError) as error:
        return Verdict(outcome=Outcome.UNKNOWN, text=f"the vault does not tell ({error})")


def _read(file: ResultFile, *, most_bytes: int) -> Verdict:
    hot, is_read = files.hot(file), file.size_bytes <= most_bytes
    try:
        (transfer.verify if is_read else transfer.check_size)(hot)
    except HotCopyMissingError:
        return Verdict(outcome=Outcome.MISSING, text="it is missing")
    except ChecksumMismatchError:
        return Verdict(outcome=Outcome.DIFFERENT, text="it is not what was made")
    except (ServiceUnavailableError, ServiceRefusedError) as error:
        return Verdict(outcome=Outcome.UNKNOWN, text=f"S3 does not tell ({error})")
    if not is_read:
        return Verdict(outcome=Outcome.RIGHT, text="its size is right; it is too large to be read here")
    return Verdict(outcome=Outcome.RIGHT, text="read, and the same bytes")


def _named(where: str, verdict: Verdict) -> Verdict:
    return replace(verdict, text=f"{where}: {verdict.text}")
