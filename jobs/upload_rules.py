"""What an upload may be called, how large it may be, and how its checksums are written."""

import base64
import binascii
import re

from genomics.users.models import Lab
from jobs.errors import UploadRefusedError, UploadTooLargeError

MAX_NAME_BYTES = 200
_NAME = re.compile(r"\.vcf(\.b?gz)?$", re.IGNORECASE)
_SHA256_BYTES = 32
_COMPOSITE = re.compile(r"([A-Za-z0-9+/]{43}=)-[1-9][0-9]{0,4}")


def check_name(name: str) -> None:
    """This function will refuse names that mislead readers or break downloads. Raises UploadRefusedError.

    What is not printable covers control characters, line ends, lone surrogates, and signs that turn the direction of
    writing, with which a name would show another ending than it has.
    """
    if not name or not name.isprintable() or "/" in name or "\\" in name:
        raise UploadRefusedError(
            "This file name cannot be used.",
            code="BAD_NAME",
            advice="Give the file a name without slashes and invisible characters.",
        )
    if len(name.encode()) > MAX_NAME_BYTES:
        raise UploadRefusedError(
            "This file name is too long.",
            code="BAD_NAME",
            advice=f"Give the file a name of at most {MAX_NAME_BYTES} bytes: so many plain letters.",
        )
    if not _NAME.search(name):
        raise UploadRefusedError(
            f"{name} is not named like a VCF.",
            code="BAD_NAME",
            advice="Choose a file whose name ends in .vcf, .vcf.gz or .vcf.bgz.",
        )


def check_size(lab: Lab, *, name: str, size_bytes: int) -> None:
    """This function will hold a size against the lab's limits of today.

    Raises UploadRefusedError and UploadTooLargeError.
    """
    if size_bytes <= 0:
        raise UploadRefusedError(
            "The file is empty.", code="EMPTY_FILE", advice="Choose a VCF that contains at least a header."
        )
    allowed = lab.limits.max_upload_bytes
    if size_bytes > allowed:
        compress = ", or compress it with bgzip" if name.lower().endswith(".vcf") else ""
        raise UploadTooLargeError(
            f"{name} has {size_bytes:,} bytes; the plan {lab.get_plan_display()} takes up to {allowed:,} bytes.",
            code="TOO_LARGE",
            advice=f"Split the file, for example by chromosome{compress}.",
        )


def is_sha256(text: str) -> bool:
    """This function will tell whether `text` is a SHA-256 in base64, as S3 writes it: 43 signs and a `=`."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(raw) == _SHA256_BYTES and base64.b64encode(raw).decode() == text


def is_composite(text: str) -> bool:
    """This function will tell whether `text` is written like `Job.input_checksum`."""
    found = _COMPOSITE.fullmatch(text)
    return found is not None and is_sha256(found[1])
