"""Files in hot storage, with the digest that was taken when they were made."""

import hashlib
import random

from django.conf import settings

from archive.transfer import HotFile
from tests.genomics.localaws.fixtures import client

RESULTS = settings.STACK.buckets["results"]
ARCHIVE = settings.STACK.buckets["archive"]
SMALL = b"chr1\t925952\t.\tG\tA\n" * 500
LARGE = random.Random(5).randbytes(20 * 1024**2 + 321)  # of no round size


def hot_file(content: bytes, *, key: str = "lab/job/1/result.vcf.gz", is_there: bool = True) -> HotFile:
    """This function will give the description of a file of these bytes; where it is there, it lies in hot storage."""
    if is_there:
        put(content, key=key)
    return HotFile(
        bucket=RESULTS,
        key=key,
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content_type="application/gzip",
    )


def put(content: bytes, *, key: str) -> None:
    client("s3").put_object(Bucket=RESULTS, Key=key, Body=content, ContentType="application/gzip")


def remove(file: HotFile) -> None:
    client("s3").delete_object(Bucket=file.bucket, Key=file.key)


def content_of(file: HotFile) -> bytes:
    body: bytes = client("s3").get_object(Bucket=file.bucket, Key=file.key)["Body"].read()
    return body


def content_type_of(file: HotFile) -> str:
    return str(client("s3").head_object(Bucket=file.bucket, Key=file.key)["ContentType"])


def is_there(file: HotFile) -> bool:
    listed = client("s3").list_objects_v2(Bucket=file.bucket, Prefix=file.key)
    return file.key in [item["Key"] for item in listed.get("Contents", [])]


def open_uploads(bucket: str = RESULTS) -> list[str]:
    return [upload["Key"] for upload in client("s3").list_multipart_uploads(Bucket=bucket).get("Uploads", [])]
