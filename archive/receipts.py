"""The receipt of a result: size and SHA-256 of each file when it was made, archived and restored."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from archive.models import ArchivedFile, Retrieval, RetrievalState
from jobs.models import ARCHIVABLE, Job, ResultFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a file was at one moment."""

    at: datetime | None  # None: it is not written down
    size_bytes: int
    sha256: str  # hexadecimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One time that a file rested in a vault."""

    vault: str  # for people
    storage_class: str  # S3's; empty in a vault that has none
    archived: Entry
    restored: tuple[Entry, ...]  # oldest first
    left_at: datetime | None  # removed from the vault; None: it rests there


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The history of one file. `stays` begins with the oldest; there are none of a file that has always been hot."""

    kind: str
    label: str
    name: str
    made: Entry
    stays: tuple[Stay, ...]

    @property
    def archived(self) -> Entry | None:
        """What rested last, or rests now; None: it was never archived."""
        return self.stays[-1].archived if self.stays else None

    @property
    def restored(self) -> Entry | None:
        """What came back last from the latest stay; None: nothing did, or it was never archived."""
        entries = self.stays[-1].restored if self.stays else ()
        return entries[-1] if entries else None

    @property
    def is_unbroken(self) -> bool:
        """Whether each entry is, byte for byte, what was made."""
        entries = [entry for stay in self.stays for entry in (stay.archived, *stay.restored)]
        made = (self.made.size_bytes, self.made.sha256)
        return all((entry.size_bytes, entry.sha256) == made for entry in entries)


def of(job: Job) -> tuple[Receipt, ...]:
    """This function will give the receipts of the files of a result that rest or could, in the order of the files."""
    archivings: dict[int, list[ArchivedFile]] = {}
    for archived in job.archived_files.exclude(stored_at=None).order_by("stored_at"):
        archivings.setdefault(archived.file_id, []).append(archived)
    restores: dict[object, list[Retrieval]] = {}
    ended = Retrieval.objects.filter(archived_file__job=job, state=RetrievalState.RESTORED)
    for retrieval in ended.order_by("ended_at"):
        restores.setdefault(retrieval.archived_file_id, []).append(retrieval)
    return tuple(
        _receipt(
            job, file, [_stay(archived, restores.get(archived.pk, [])) for archived in archivings.get(file.pk, [])]
        )
        for file in job.files.filter(kind__in=ARCHIVABLE).order_by("id")
    )


def write(job: Job) -> dict[str, Any]:
    """This function will give the receipt of a job's result for programs: what JSON can hold, times in ISO 8601."""
    return {
        "job_id": str(job.pk),
        "name": job.name,
        "status": job.status,
        "archive_due_at": job.archive_due_at,
        "files": [
            {
                "kind": receipt.kind,
                "name": receipt.name,
                "is_unbroken": receipt.is_unbroken,
                "made": _written(receipt.made),
                "stays": [
                    {
                        "vault": stay.vault,
                        "storage_class": stay.storage_class or None,
                        "archived": _written(stay.archived),
                        "restored": [_written(entry) for entry in stay.restored],
                        "left_at": stay.left_at,
                    }
                    for stay in receipt.stays
                ],
            }
            for receipt in of(job)
        ],
    }


def _receipt(job: Job, file: ResultFile, stays: list[Stay]) -> Receipt:
    made = Entry(at=job.finished_at, size_bytes=file.size_bytes, sha256=file.sha256)
    return Receipt(kind=file.kind, label=file.get_kind_display(), name=file.name, made=made, stays=tuple(stays))


def _stay(archived: ArchivedFile, restored: list[Retrieval]) -> Stay:
    return Stay(
        vault=archived.get_vault_display(),
        storage_class=archived.storage_class,
        archived=Entry(at=archived.stored_at, size_bytes=archived.size_bytes or 0, sha256=archived.sha256),
        restored=tuple(
            Entry(at=one.ended_at, size_bytes=one.restored_bytes or 0, sha256=one.restored_sha256) for one in restored
        ),
        left_at=archived.removed_at,
    )


def _written(entry: Entry) -> dict[str, Any]:
    return {"at": entry.at, "size_bytes": entry.size_bytes, "sha256": entry.sha256}
