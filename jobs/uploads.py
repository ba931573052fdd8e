"""An input's way into S3: presigned parts go straight from the browser, the server checks what arrived."""

import logging
import math
import re
import uuid
from datetime import datetime

from django.conf import settings

from annotator.errors import InvalidVcfError
from annotator.inspection import HEAD_BYTES, inspect_head
from genomics.aws import s3
from genomics.aws.errors import ObjectExistsError, ObjectMissingError, StorageUnavailableError
from genomics.users.models import Lab, User
from jobs import storage, transitions
from jobs.errors import (
    NotPossibleNowError,
    StaleJobError,
    UploadIncompleteError,
    UploadRefusedError,
    UploadTooLargeError,
)
from jobs.models import Job, Status

logger = logging.getLogger(__name__)

MAX_PARTS = 10_000  # of one multipart upload (S3)
MAX_NAME_BYTES = 200
MAX_URLS = 20  # given out by one call of `sign`
_NAME = re.compile(r"\.vcf(\.b?gz)?$", re.IGNORECASE)


def begin(user: User, *, lab: Lab, name: str, size_bytes: int, now: datetime) -> Job:
    """This function will open an upload for one file and give its DRAFT job.

    Raises UploadRefusedError and UploadTooLargeError; then nothing has been made.
    """
    _check_name(name)
    _check_size(lab, size_bytes=size_bytes)
    job_id = uuid.uuid4()
    key = storage.input_key(lab_id=lab.pk, job_id=job_id)
    return Job.objects.create(
        id=job_id,
        lab=lab,
        owner=user,
        name=name,
        reference=settings.DEFAULT_REFERENCE,
        attempts_allowed=settings.MAX_ATTEMPTS,
        input_key=key,
        input_size_bytes=size_bytes,
        upload_id=s3.begin_upload(storage.bucket(storage.INPUTS), key=key),
        part_size_bytes=max(settings.UPLOAD_PART_BYTES, math.ceil(size_bytes / MAX_PARTS)),
        created_at=now,
    )


def part_sizes(job: Job) -> list[int]:
    """This function will give the exact size in bytes of each part, first to last."""
    whole, rest = divmod(job.input_size_bytes, job.part_size_bytes)
    return [job.part_size_bytes] * whole + ([rest] if rest else [])


def sign(job: Job, *, numbers: list[int]) -> dict[int, str]:
    """This function will give a presigned URL for each part number (from 1); each takes exactly its part's size."""
    _check_draft(job)
    sizes = part_sizes(job)
    if not 1 <= len(numbers) <= MAX_URLS or not all(1 <= number <= len(sizes) for number in numbers):
        raise UploadRefusedError(
            f"This upload has the parts 1 to {len(sizes)}; ask for at most {MAX_URLS} of them at a time.",
            code="UNKNOWN_PART",
            advice="Start the upload again.",
        )
    return {
        number: s3.presign_part(
            storage.bucket(storage.INPUTS),
            key=job.input_key,
            upload_id=job.upload_id,
            number=number,
            size_bytes=sizes[number - 1],
            lifetime=settings.UPLOAD_URL_LIFETIME,
        )
        for number in numbers
    }


def check(job: Job, *, actor: str, now: datetime) -> None:
    """This function will complete the upload in S3 and check what arrived; a refused file is deleted.

    1. Join the parts, once; a repeated call finds the object.
    2. Compare its size with what was announced and with the lab's limits of today.
    3. Look at its first bytes: compression, magic, header.
    Raises UploadIncompleteError (nothing is lost: send the missing parts), UploadRefusedError and
    UploadTooLargeError (the draft is cancelled and its bytes are deleted).
    """
    _check_draft(job)
    _join_parts(job)
    bucket = storage.bucket(storage.INPUTS)
    try:
        size_bytes = s3.size(bucket, key=job.input_key)
        if size_bytes != job.input_size_bytes:
            raise UploadRefusedError(
                f"{job.name} was announced with {job.input_size_bytes:,} bytes, but {size_bytes:,} arrived.",
                code="SIZE_DIFFERS",
                advice="Upload the file again.",
            )
        _check_size(job.lab, size_bytes=size_bytes)
        _inspect(job, head=s3.read_head(bucket, key=job.input_key, length=HEAD_BYTES))
    except (UploadRefusedError, UploadTooLargeError) as refusal:
        discard(job, actor=actor, now=now, note=refusal.message)
        raise


def discard(job: Job, *, actor: str, now: datetime, note: str = "") -> None:
    """This function will cancel a draft and delete what it has uploaded."""
    _check_draft(job)
    try:
        transitions.move(job, Status.CANCELLED, actor=actor, now=now, note=note)
    except StaleJobError:
        job.refresh_from_db()
        _check_draft(job)
        raise
    drop_input(job)


def drop_input(job: Job) -> None:
    """This function will delete what a cancelled draft has uploaded; the draft stays cancelled when S3 is away."""
    try:
        storage.discard_input(job)
    except StorageUnavailableError as error:
        logger.warning("The input of the cancelled upload %s was not deleted: %s", job.pk, error)


def _join_parts(job: Job) -> None:
    bucket = storage.bucket(storage.INPUTS)
    try:
        parts = s3.stored_parts(bucket, key=job.input_key, upload_id=job.upload_id)
        missing = set(enumerate(part_sizes(job), start=1)) - {(part.number, part.size_bytes) for part in parts}
        if missing:
            raise UploadIncompleteError(
                f"{len(missing)} of {len(part_sizes(job))} parts of {job.name} have not arrived.",
                code="PARTS_MISSING",
                advice="Send the missing parts, then finish again.",
            )
        s3.complete_upload(bucket, key=job.input_key, upload_id=job.upload_id, parts=parts)
    except ObjectExistsError:
        return
    except ObjectMissingError as error:
        if s3.exists(bucket, key=job.input_key):  # an earlier call joined them and was cut off
            return
        raise UploadIncompleteError(
            f"The upload of {job.name} is no longer open.",
            code="UPLOAD_GONE",
            advice="Start the upload again.",
        ) from error


def _inspect(job: Job, *, head: bytes) -> None:
    try:
        inspect_head(head, file_name=job.name)
    except InvalidVcfError as error:
        raise UploadRefusedError.of(error) from error


def _check_name(name: str) -> None:
    if not name or not name.isprintable() or len(name.encode()) > MAX_NAME_BYTES or "/" in name or "\\" in name:
        raise UploadRefusedError(
            "This file name cannot be used.",
            code="BAD_NAME",
            advice="Give the file a shorter name (up to 200 letters), without slashes and control characters.",
        )
    if not _NAME.search(name):
        raise UploadRefusedError(
            f"{name} is not named like a VCF.",
            code="BAD_NAME",
            advice="Choose a file whose name ends in .vcf, .vcf.gz or .vcf.bgz.",
        )


def _check_size(lab: Lab, *, size_bytes: int) -> None:
    if size_bytes <= 0:
        raise UploadRefusedError(
            "The file is empty.", code="EMPTY_FILE", advice="Choose a VCF that contains at least a header."
        )
    allowed = lab.limits.max_upload_bytes
    if size_bytes > allowed:
        raise UploadTooLargeError(
            f"The file has {size_bytes:,} bytes; the plan {lab.get_plan_display()} takes up to {allowed:,} bytes.",
            code="TOO_LARGE",
            advice="Split the file, for example by chromosome, or compress it with bgzip.",
        )


def _check_draft(job: Job) -> None:
    if job.status != Status.DRAFT:
        refusal = job.events.order_by("-sequence").values_list("note", flat=True).first()
        raise NotPossibleNowError(
            f"The upload of {job.name} is over. {refusal or ''}".strip(),
            code="UPLOAD_OVER",
            advice="Look at the list of jobs, or choose the file again.",
        )
