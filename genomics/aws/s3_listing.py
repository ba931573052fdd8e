"""What lies in a bucket: its objects and its open multipart uploads, read page by page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from genomics.aws import clients
from genomics.aws.answers import translated


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    key: str
    size_bytes: int
    modified_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenUpload:
    """A multipart upload that was neither completed nor aborted."""

    key: str
    upload_id: str
    begun_at: datetime


def objects(bucket: str, *, prefix: str = "") -> Iterator[StoredObject]:
    """This function will give the objects whose key begins with `prefix`, by the bytes of their keys.

    Raises ServiceUnavailableError and ServiceRefusedError, as it goes.
    """
    pages = iter(clients.s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix))
    while True:
        with translated():
            page = next(pages, None)
        if page is None:
            return
        for found in page.get("Contents", []):
            yield StoredObject(key=found["Key"], size_bytes=found["Size"], modified_at=found["LastModified"])


def open_uploads(bucket: str, *, prefix: str = "") -> Iterator[OpenUpload]:
    """This function will give the open multipart uploads whose key begins with `prefix`, by key.

    Raises ServiceUnavailableError and ServiceRefusedError, as it goes.
    """
    pages = iter(clients.s3().get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=prefix))
    while True:
        with translated():
            page = next(pages, None)
        if page is None:
            return
        for found in page.get("Uploads", []):
            yield OpenUpload(key=found["Key"], upload_id=found["UploadId"], begun_at=found["Initiated"])
