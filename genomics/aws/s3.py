"""S3 as this product uses it: presigned multipart uploads in, verified write-once files out."""

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from genomics.aws import clients
from genomics.aws.answers import Meanings, translated
from genomics.aws.errors import (
    ObjectAsleepError,
    ObjectExistsError,
    ObjectMissingError,
    ServiceUnavailableError,
    StorageUnavailableError,
    UploadMissingError,
)

if TYPE_CHECKING:  # the stubs are not installed in production
    from mypy_boto3_s3.literals import StorageClassType
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef, ObjectIdentifierTypeDef

OBJECT_MEANINGS: Meanings = {
    "NoSuchKey": ObjectMissingError,
    "NoSuchUpload": UploadMissingError,
    "NotFound": ObjectMissingError,
    "404": ObjectMissingError,
    "PreconditionFailed": ObjectExistsError,
    "412": ObjectExistsError,
    "InvalidObjectState": ObjectAsleepError,
    "ObjectNotInActiveTierError": ObjectAsleepError,
    # Asking again helps: somebody else writes the same key right now.
    "ConditionalRequestConflict": ServiceUnavailableError,
    "OperationAborted": ServiceUnavailableError,
}
_MEANINGS: Meanings = {
    **OBJECT_MEANINGS,
    "InvalidPart": ServiceUnavailableError,  # asking again helps: it was sent once more between listing and joining
}
PART_BYTES = 64 * 1024**2  # of our own uploads; a single PUT serves files up to this size


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One stored part of a multipart upload; numbers count from 1."""

    number: int
    size_bytes: int
    etag: str
    sha256: str  # base64, as S3 writes it


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """What S3 says about an object."""

    size_bytes: int
    checksum: str  # its SHA-256 in base64, of parts "<base64>-<number of parts>"; empty when it was stored without


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file that was written to S3, with the SHA-256 (hexadecimal) of its bytes."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenUpload:
    """A multipart upload that S3 keeps the parts of."""

    key: str
    upload_id: str


def begin_upload(
    bucket: str,
    *,
    key: str,
    content_type: str = "application/octet-stream",
    storage_class: "StorageClassType" = "STANDARD",
) -> str:
    """This function will open a multipart upload whose parts must come with their SHA-256, and give its id."""
    with _translated():
        answer = clients.s3().create_multipart_upload(
            Bucket=bucket, Key=key, ChecksumAlgorithm="SHA256", ContentType=content_type, StorageClass=storage_class
        )
        return answer["UploadId"]


def upload_part(bucket: str, *, key: str, upload_id: str, number: int, data: bytes) -> Part:
    """This function will send one part; S3 checks its SHA-256. Raises UploadMissingError."""
    checksum = base64.b64encode(hashlib.sha256(data).digest()).decode()
    with _translated():
        answer = clients.s3().upload_part(
            Bucket=bucket, Key=key, UploadId=upload_id, PartNumber=number, Body=data, ChecksumSHA256=checksum
        )
    return Part(number=number, size_bytes=len(data), etag=answer["ETag"], sha256=checksum)


def presign_part(
    bucket: str, *, key: str, upload_id: str, number: int, size_bytes: int, sha256: str, lifetime: timedelta
) -> str:
    """This function will give a URL that takes one part with just this size and SHA-256 (base64): both are signed.

    The request must name the digest in the header `x-amz-checksum-sha256`; S3 refuses bytes that have another.
    """
    return clients.s3().generate_presigned_url(
        "upload_part",
        Params={
            "Bucket": bucket,
            "Key": key,
            "UploadId": upload_id,
            "PartNumber": number,
            "ContentLength": size_bytes,
            "ChecksumSHA256": sha256,
        },
        ExpiresIn=int(lifetime.total_seconds()),
    )


def stored_parts(bucket: str, *, key: str, upload_id: str) -> list[Part]:
    """This function will list the parts that S3 has, by number. Raises UploadMissingError."""
    pages = clients.s3().get_paginator("list_parts").paginate(Bucket=bucket, Key=key, UploadId=upload_id)
    with _translated():
        return [
            Part(
                number=part["PartNumber"],
                size_bytes=part["Size"],
                etag=part["ETag"],
                sha256=part.get("ChecksumSHA256", ""),
            )
            for page in pages
            for part in page.get("Parts", [])
        ]


def complete_upload(bucket: str, *, key: str, upload_id: str, parts: list[Part]) -> None:
    """This function will join the parts into the object; it never overwrites (ObjectExistsError)."""
    with _translated():
        clients.s3().complete_multipart_upload(
            Bucket=bucket,
            Key=key,
            UploadId=upload_id,
            MultipartUpload={
                "Parts": [
                    {"PartNumber": part.number, "ETag": part.etag, "ChecksumSHA256": part.sha256} for part in parts
                ]
            },
            IfNoneMatch="*",
        )


def abort_upload(bucket: str, *, key: str, upload_id: str) -> None:
    """This function will drop an open upload and its parts; one that is gone already is fine."""
    try:
        with _translated():
            clients.s3().abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload_id)
    except ObjectMissingError:
        pass


def describe(bucket: str, *, key: str) -> StoredObject:
    """This function will give an object's size and checksum. Raises ObjectMissingError."""
    with _translated():
        found = clients.s3().head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    return StoredObject(size_bytes=found["ContentLength"], checksum=found.get("ChecksumSHA256", ""))


def exists(bucket: str, *, key: str) -> bool:
    try:
        describe(bucket, key=key)
    except ObjectMissingError:
        return False
    return True


def read_head(bucket: str, *, key: str, length: int) -> bytes:
    """This function will give the first `length` bytes of a non-empty object, or all when it is shorter."""
    with _translated():
        answer = clients.s3().get_object(Bucket=bucket, Key=key, Range=f"bytes=0-{length - 1}")
        return answer["Body"].read()


def read_tail(bucket: str, *, key: str, length: int) -> bytes:
    """This function will give the last `length` bytes of a non-empty object, or all when it is shorter."""
    with _translated():
        return clients.s3().get_object(Bucket=bucket, Key=key, Range=f"bytes=-{length}")["Body"].read()


def read_range(bucket: str, *, key: str, start: int, stop: int) -> bytes:
    """This function will give the bytes from `start` (0-based) up to `stop`, which is not among them.

    Raises ObjectMissingError, and ObjectAsleepError for an archived object without a restored copy.
    """
    with _translated():
        answer = clients.s3().get_object(Bucket=bucket, Key=key, Range=f"bytes={start}-{stop - 1}")
        return answer["Body"].read()


def fetch(bucket: str, *, key: str, target: Path) -> None:
    """This function will write an object to `target` in constant memory. Raises ObjectMissingError."""
    with _translated():
        clients.s3().download_file(bucket, key, str(target))


def store(bucket: str, *, key: str, source: Path, content_type: str) -> StoredFile:
    """This function will write a file once and give its size and digest.

    S3 checks a SHA-256 of each transfer. Raises ObjectExistsError when the key is taken.
    """
    if source.stat().st_size <= PART_BYTES:
        return _store_whole(bucket, key=key, data=source.read_bytes(), content_type=content_type)
    return _store_in_parts(bucket, key=key, source=source, content_type=content_type)


def delete(bucket: str, *, keys: list[str]) -> None:
    """This function will delete objects; missing ones are fine. Raises StorageUnavailableError when some are left."""
    for start in range(0, len(keys), 1000):
        batch: list[ObjectIdentifierTypeDef] = [{"Key": key} for key in keys[start : start + 1000]]
        with _translated():
            answer = clients.s3().delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})
        if left := answer.get("Errors"):  # the answer's status is 200 all the same
            raise StorageUnavailableError(f"{len(left)} objects were not deleted: {left[0].get('Code')}")


def keys_under(bucket: str, *, prefix: str) -> list[str]:
    """This function will list the keys of all objects whose key begins with `prefix`."""
    pages = clients.s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    with _translated():
        return [item["Key"] for page in pages for item in page.get("Contents", [])]


def open_uploads(bucket: str, *, prefix: str) -> list[OpenUpload]:
    """This function will list the multipart uploads under `prefix` that were neither completed nor aborted."""
    pages = clients.s3().get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=prefix)
    with _translated():
        return [
            OpenUpload(key=upload["Key"], upload_id=upload["UploadId"])
            for page in pages
            for upload in page.get("Uploads", [])
        ]


def _store_whole(bucket: str, *, key: str, data: bytes, content_type: str) -> StoredFile:
    digest = hashlib.sha256(data)
    checksum = base64.b64encode(digest.digest()).decode()
    try:
        with _translated():
            clients.s3().put_object(
                Bucket=bucket, Key=key, Body=data, ContentType=content_type, ChecksumSHA256=checksum, IfNoneMatch="*"
            )
    except ObjectExistsError:
        if not _holds(bucket, key=key, size_bytes=len(data), checksum=checksum):
            raise
    return StoredFile(size_bytes=len(data), sha256=digest.hexdigest())


def _store_in_parts(bucket: str, *, key: str, source: Path, content_type: str) -> StoredFile:
    s3 = clients.s3()
    whole = hashlib.sha256()
    with _translated():
        upload_id = s3.create_multipart_upload(
            Bucket=bucket, Key=key, ContentType=content_type, ChecksumAlgorithm="SHA256"
        )["UploadId"]
    parts: list[CompletedPartTypeDef] = []
    digests = hashlib.sha256()
    try:
        with source.open("rb") as handle, _translated():
            for number, data in enumerate(iter(lambda: handle.read(PART_BYTES), b""), start=1):
                whole.update(data)
                digest = hashlib.sha256(data).digest()
                digests.update(digest)
                checksum = base64.b64encode(digest).decode()
                answer = s3.upload_part(
                    Bucket=bucket,
                    Key=key,
                    UploadId=upload_id,
                    PartNumber=number,
                    Body=data,
                    ChecksumSHA256=checksum,
                )
                parts.append({"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA256": checksum})
        with _translated():
            s3.complete_multipart_upload(
                Bucket=bucket, Key=key, UploadId=upload_id, MultipartUpload={"Parts": parts}, IfNoneMatch="*"
            )
    except (ObjectExistsError, ObjectMissingError):
        abort_upload(bucket, key=key, upload_id=upload_id)
        composite = f"{base64.b64encode(digests.digest()).decode()}-{len(parts)}"
        if not _holds(bucket, key=key, size_bytes=source.stat().st_size, checksum=composite):
            raise
    except BaseException:
        abort_upload(bucket, key=key, upload_id=upload_id)
        raise
    return StoredFile(size_bytes=source.stat().st_size, sha256=whole.hexdigest())


def _holds(bucket: str, *, key: str, size_bytes: int, checksum: str) -> bool:
    """This function will tell whether an object is what we have just sent: S3's answer to it may have been lost."""
    return describe(bucket, key=key) == StoredObject(size_bytes=size_bytes, checksum=checksum)


@contextmanager
def _translated() -> Iterator[None]:
    """This function will turn botocore's errors as `translated` does, and those that S3 alone answers into our own."""
    try:
        with translated(_MEANINGS):
            yield
    except ServiceUnavailableError as error:
        raise StorageUnavailableError(str(error)) from error
