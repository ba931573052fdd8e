"""S3's archive classes: copies within S3 that S3 takes the SHA-256 of, and restores of objects that sleep."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from genomics.aws import clients
from genomics.aws.answers import Meanings, translated
from genomics.aws.errors import (
    NoExpeditedCapacityError,
    RetrievalRunningError,
)
from genomics.aws.s3 import OBJECT_MEANINGS, Part

if TYPE_CHECKING:  # the stubs are not installed in production
    from mypy_boto3_s3.literals import StorageClassType, TierType

_MEANINGS: Meanings = {
    **OBJECT_MEANINGS,
    "GlacierExpeditedRetrievalNotAvailable": NoExpeditedCapacityError,
    "RestoreAlreadyInProgress": RetrievalRunningError,
}
_RESTORE = re.compile(r'ongoing-request="(true|false)"(?:, expiry-date="([^"]+)")?')


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredCopy:
    """The temporary copy of an archived object."""

    expires_at: datetime | None  # None: it is still on its way


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedObject:
    """What S3 says about an object."""

    size_bytes: int
    checksum: str  # its SHA-256 in base64, of parts "<base64>-<number of parts>"; empty when it was stored without
    storage_class: str
    modified_at: datetime
    restored_copy: RestoredCopy | None  # None: nobody asked for one, or it has expired


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    bucket: str
    key: str


def copy(source: Place, *, target: Place, storage_class: "StorageClassType") -> None:
    """This function will copy an object of at most 5 GiB within S3, which takes the SHA-256 of the copy's bytes.

    It never overwrites. Raises ObjectMissingError, ObjectExistsError, ObjectAsleepError (the source sleeps),
    ServiceUnavailableError and ServiceRefusedError.
    """
    with translated(_MEANINGS):
        clients.s3().copy_object(
            Bucket=target.bucket,
            Key=target.key,
            CopySource={"Bucket": source.bucket, "Key": source.key},
            StorageClass=storage_class,
            ChecksumAlgorithm="SHA256",
            IfNoneMatch="*",
        )


def copy_part(source: Place, *, target: Place, upload_id: str, number: int, start: int, stop: int) -> Part:
    """This function will copy the bytes from `start` up to `stop` as one part of an open upload.

    Raises UploadMissingError beside what `copy` raises.
    """
    with translated(_MEANINGS):
        answer = clients.s3().upload_part_copy(
            Bucket=target.bucket,
            Key=target.key,
            UploadId=upload_id,
            PartNumber=number,
            CopySource={"Bucket": source.bucket, "Key": source.key},
            CopySourceRange=f"bytes={start}-{stop - 1}",
        )
    copied = answer["CopyPartResult"]
    return Part(number=number, size_bytes=stop - start, etag=copied["ETag"], sha256=copied["ChecksumSHA256"])


def describe(place: Place) -> ArchivedObject:
    """This function will give size, checksum and state of an object. Raises ObjectMissingError."""
    with translated(_MEANINGS):
        found = clients.s3().head_object(Bucket=place.bucket, Key=place.key, ChecksumMode="ENABLED")
    return ArchivedObject(
        size_bytes=found["ContentLength"],
        checksum=found.get("ChecksumSHA256", ""),
        storage_class=found.get("StorageClass", "STANDARD"),
        modified_at=found["LastModified"],
        restored_copy=_restored_copy(found.get("Restore", "")),
    )


def restore(place: Place, *, tier: "TierType", days: int) -> None:
    """This function will ask for a temporary copy of an archived object that stays for `days` once it is there.

    Where there is one, it stays for as long from now on. Raises RetrievalRunningError, NoExpeditedCapacityError,
    ObjectMissingError, ServiceThrottledError, ServiceUnavailableError and ServiceRefusedError.
    """
    with translated(_MEANINGS):
        clients.s3_restores().restore_object(
            Bucket=place.bucket,
            Key=place.key,
            RestoreRequest={"Days": days, "GlacierJobParameters": {"Tier": tier}},
        )


def _restored_copy(header: str) -> RestoredCopy | None:
    """This function will read `x-amz-restore` (S3 API reference, HeadObject)."""
    found = _RESTORE.search(header)
    if found is None:
        return None
    ready = found[1] == "false" and found[2] is not None
    return RestoredCopy(expires_at=parsedate_to_datetime(found[2]) if ready else None)
