"""The bytes between hot and cold storage, in constant memory: copied, carried, and held against their SHA-256.

Everything here raises StorageUnavailableError of genomics.aws when S3 does not answer or an upload was ended meanwhile.

No Django here: a worker and a Lambda function share this code.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from archive.errors import ChecksumMismatchError, HotCopyMissingError
from genomics.aws import s3, s3_archive
from genomics.aws.errors import (
    ObjectExistsError,
    ObjectMissingError,
    StorageUnavailableError,
    UploadMissingError,
)

if TYPE_CHECKING:  # the stubs are not installed in production
    from mypy_boto3_s3.literals import StorageClassType

Between = Callable[[], None]  # called before each range that is read to verify a file; what it raises ends the call
ReadRange = Callable[[int, int], bytes]  # bytes from start (0-based) up to stop, which is not among them

_LONGEST_ERRAND = 1024  # characters of a Glacier job's description
_REPORT = "genomics-restore"  # the one key of a report
_HASHED_BYTES = 8 * 1024**2  # read at a time to take a digest


@dataclass(frozen=True, slots=True, kw_only=True)
class HotFile:
    """A file in hot storage: where it lies, or is to lie, and what it must be. It has at least one byte."""

    bucket: str
    key: str
    size_bytes: int
    sha256: str  # hexadecimal, taken when the file was made
    content_type: str

    @property
    def place(self) -> s3_archive.Place:
        return s3_archive.Place(bucket=self.bucket, key=self.key)

    @property
    def checksum(self) -> str:
        """The SHA-256 as S3 writes it."""
        return base64.b64encode(bytes.fromhex(self.sha256)).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What a retrieval is for. It travels with the retrieval, so that whoever sees it end knows what to do."""

    retrieval_id: str
    job_id: str
    target: HotFile

    def write(self) -> str:
        """This function will give the errand as ASCII; it raises ValueError when Glacier could not carry it."""
        own = {"retrieval": self.retrieval_id, "job": self.job_id}
        text = json.dumps({**own, **asdict(self.target)}, separators=(",", ":"))
        if len(text) > _LONGEST_ERRAND:
            raise ValueError(f"the errand of retrieval {self.retrieval_id} is longer than {_LONGEST_ERRAND} characters")
        return text

    @classmethod
    def read(cls, text: str) -> "Errand | None":
        """This function will read what `write` wrote; None: it is something else."""
        try:
            found = json.loads(text)
            return cls(retrieval_id=found.pop("retrieval"), job_id=found.pop("job"), target=HotFile(**found))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How a restore outside of the workers ended."""

    retrieval_id: str
    ready_at: datetime  # the vault had brought the bytes then
    size_bytes: int  # of what lies in hot storage, verified; 0: it failed
    sha256: str  # hexadecimal, of the same; empty: it failed
    failure: str  # empty: restored

    def write(self) -> str:
        told = {**asdict(self), "ready_at": self.ready_at.isoformat()}
        return json.dumps({_REPORT: told})

    @classmethod
    def read(cls, text: str) -> "Report | None":
        """This function will read what `write` wrote; None: it is something else."""
        try:
            found = json.loads(text)[_REPORT]
            report = cls(**{**found, "ready_at": datetime.fromisoformat(found["ready_at"])})
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None
        texts = (report.retrieval_id, report.sha256, report.failure)
        fits = all(isinstance(one, str) for one in texts) and type(report.size_bytes) is int and report.ready_at.tzinfo
        return report if fits else None


def _go_on() -> None:
    """This function will let a transfer go on after each range, whatever the time."""


def ranges(size_bytes: int, *, part_bytes: int) -> Iterator[tuple[int, int]]:
    """This function will cut `size_bytes` into (start, stop) of `part_bytes` each, the last as long as what is left."""
    for start in range(0, size_bytes, part_bytes):
        yield start, min(start + part_bytes, size_bytes)


def check_size(file: HotFile) -> None:
    """This function will ask hot storage for a file's size. Raises HotCopyMissingError and ChecksumMismatchError."""
    try:
        size_bytes = s3.describe(file.bucket, key=file.key).size_bytes
    except ObjectMissingError as error:
        raise HotCopyMissingError(f"There is no {file.key}") from error
    if size_bytes != file.size_bytes:
        raise ChecksumMismatchError(f"{file.key} has {size_bytes} bytes, not {file.size_bytes}")


def verify(file: HotFile, *, between: Between = _go_on) -> None:
    """This function will read an object once and hold it against its size and SHA-256.

    Raises HotCopyMissingError and ChecksumMismatchError.
    """
    check_size(file)
    whole = hashlib.sha256()
    for start, stop in ranges(file.size_bytes, part_bytes=_HASHED_BYTES):
        between()
        whole.update(read(file, start=start, stop=stop))
    check_digest(file, sha256=whole.hexdigest())


def read(file: HotFile, *, start: int, stop: int) -> bytes:
    """This function will give the bytes of a hot file from `start` up to `stop`. Raises HotCopyMissingError."""
    try:
        return s3.read_range(file.bucket, key=file.key, start=start, stop=stop)
    except ObjectMissingError as error:
        raise HotCopyMissingError(f"There is no {file.key}") from error


def check_digest(file: HotFile, *, sha256: str) -> None:
    """This function will hold the SHA-256 of bytes that were read against the file's. Raises ChecksumMismatchError."""
    if sha256 != file.sha256:
        raise ChecksumMismatchError(f"{file.key} has SHA-256 {sha256}, not {file.sha256}")


def is_there(file: HotFile, *, between: Between = _go_on) -> bool:
    """This function will tell whether the file is there already, byte for byte.

    An object that is something else is removed: it is no copy of the file and stands in its way.
    """
    try:
        verify(file, between=between)
    except HotCopyMissingError:
        return False
    except ChecksumMismatchError:
        s3.delete(file.bucket, keys=[file.key])
        return False
    return True


def carry(source: ReadRange, *, target: HotFile, part_bytes: int, between: Between = _go_on) -> None:
    """This function will bring bytes into hot storage part by part, and verify what lies there then.

    One part is in memory at a time. Parts that an interrupted call has brought are not brought again. What does not
    have the right SHA-256 is removed, and raises ChecksumMismatchError. HotCopyMissingError says that somebody deleted
    the file meanwhile. `source` may raise what it likes.
    """
    with _upload_may_end():
        _carry(source, target=target, part_bytes=part_bytes)
    keep_if_right(target, between=between)


def keep_if_right(file: HotFile, *, between: Between = _go_on) -> None:
    """This function will verify an object that was just written, and remove it when it is not the file.

    Raises ChecksumMismatchError and HotCopyMissingError.
    """
    try:
        verify(file, between=between)
    except ChecksumMismatchError:
        s3.delete(file.bucket, keys=[file.key])
        raise


def copy_in_parts(
    source: s3_archive.Place,
    *,
    target: s3_archive.Place,
    file: HotFile,
    storage_class: "StorageClassType",
    part_bytes: int,
) -> None:
    """This function will copy a file within S3 part by part; `file` says what the bytes are.

    S3 keeps the SHA-256 of each part. Parts that an interrupted call has copied are not copied again. Raises
    ObjectMissingError and ObjectAsleepError, which are about the source.
    """
    with _upload_may_end():
        _copy_in_parts(source, target=target, file=file, storage_class=storage_class, part_bytes=part_bytes)


def _carry(source: ReadRange, *, target: HotFile, part_bytes: int) -> None:
    upload_id = _open_upload(target.place) or s3.begin_upload(
        target.bucket, key=target.key, content_type=target.content_type
    )
    brought = {part.number: part for part in s3.stored_parts(target.bucket, key=target.key, upload_id=upload_id)}
    parts = []
    for number, (start, stop) in enumerate(ranges(target.size_bytes, part_bytes=part_bytes), start=1):
        part = brought.get(number)
        if part is None or part.size_bytes != stop - start:
            part = s3.upload_part(
                target.bucket, key=target.key, upload_id=upload_id, number=number, data=source(start, stop)
            )
        parts.append(part)
    _complete(target.place, upload_id=upload_id, parts=parts)


def _copy_in_parts(
    source: s3_archive.Place,
    *,
    target: s3_archive.Place,
    file: HotFile,
    storage_class: "StorageClassType",
    part_bytes: int,
) -> None:
    upload_id = _open_upload(target) or s3.begin_upload(
        target.bucket, key=target.key, content_type=file.content_type, storage_class=storage_class
    )
    copied = {part.number: part for part in s3.stored_parts(target.bucket, key=target.key, upload_id=upload_id)}
    parts = []
    for number, (start, stop) in enumerate(ranges(file.size_bytes, part_bytes=part_bytes), start=1):
        part = copied.get(number)
        if part is None or part.size_bytes != stop - start:
            part = s3_archive.copy_part(
                source, target=target, upload_id=upload_id, number=number, start=start, stop=stop
            )
        parts.append(part)
    _complete(target, upload_id=upload_id, parts=parts)


def _open_upload(target: s3_archive.Place) -> str | None:
    """This function will give the upload that an interrupted call has left for just this key, None without one."""
    uploads = s3.open_uploads(target.bucket, prefix=target.key)
    return next((upload.upload_id for upload in uploads if upload.key == target.key), None)


def _complete(target: s3_archive.Place, *, upload_id: str, parts: list[s3.Part]) -> None:
    """This function will join the parts; where the answer to an earlier try was lost, the object is there already."""
    with suppress(ObjectExistsError):
        s3.complete_upload(target.bucket, key=target.key, upload_id=upload_id, parts=parts)
        return
    s3.abort_upload(target.bucket, key=target.key, upload_id=upload_id)


@contextmanager
def _upload_may_end() -> Iterator[None]:
    """This function will say of an upload that was completed or aborted by somebody else: try again."""
    try:
        yield
    except UploadMissingError as error:
        raise StorageUnavailableError(f"An upload has ended meanwhile: {error}") from error
