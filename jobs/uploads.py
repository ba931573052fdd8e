"""An input's way into S3: presigned parts go straight from the browser, the server checks what arrived."""

import logging
import math
import uuid
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from annotator.errors import InvalidVcfError
from annotator.inspection import HEAD_BYTES, TAIL_BYTES, inspect_head, inspect_tail
from genomics.aws import s3
from genomics.aws.errors import ObjectExistsError, ObjectMissingError, StorageUnavailableError
from genomics.users.models import Lab, User
from jobs import references, storage, transitions, upload_rules
from jobs.errors import (
    NotPossibleNowError,
    StaleJobError,
    UploadIncompleteError,
    UploadRefusedError,
    UploadTooLargeError,
)
from jobs.models import Job, JobQuerySet, Status

logger = logging.getLogger(__name__)

MAX_PARTS = 10_000  # of one multipart upload (S3)
MAX_URLS = 20  # given out by one call of `sign`


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an open upload is: the SHA-256 (base64) of each whole part that S3 has, and until when it stays open."""

    stored: dict[int, str]
    resumable_until: datetime


def begin(user: User, *, lab: Lab, name: str, size_bytes: int, now: datetime) -> Job:
    """This function will open an upload for one file and give its DRAFT job.

    Raises UploadRefusedError, UploadTooLargeError and NotPossibleNowError; then nothing has been made.
    """
    upload_rules.check_name(name)
    upload_rules.check_size(lab, name=name, size_bytes=size_bytes)
    job = _new_draft(user, lab=lab, name=name, size_bytes=size_bytes, now=now)
    try:
        job.upload_id = s3.begin_upload(storage.bucket(storage.INPUTS), key=job.input_key)
    except BaseException:
        job.delete()  # nobody has heard of it
        raise
    job.save(update_fields=["upload_id"])
    return job


def part_sizes(job: Job) -> list[int]:
    """This function will give the exact size in bytes of each part, first to last."""
    whole, rest = divmod(job.input_size_bytes, job.part_size_bytes)
    return [job.part_size_bytes] * whole + ([rest] if rest else [])


def sign(job: Job, *, checksums: dict[int, str], now: datetime) -> dict[int, str]:
    """This function will give a presigned URL for each part, named by number (from 1) with its SHA-256 (base64).

    Each URL takes exactly the bytes that have its part's size and SHA-256. Signing keeps the upload resumable.
    Raises UploadRefusedError, UploadTooLargeError and NotPossibleNowError.
    """
    _check_draft(job)
    upload_rules.check_size(
        job.lab, name=job.name, size_bytes=job.input_size_bytes
    )  # the plan may have shrunk: say so early
    sizes = part_sizes(job)
    if not 1 <= len(checksums) <= MAX_URLS or not all(1 <= number <= len(sizes) for number in checksums):
        raise UploadRefusedError(
            f"This upload has the parts 1 to {len(sizes)}; ask for at most {MAX_URLS} of them at a time.",
            code="UNKNOWN_PART",
            advice="Start the upload again.",
        )
    if not all(upload_rules.is_sha256(sha256) for sha256 in checksums.values()):
        raise UploadRefusedError(
            "A part's checksum is not a SHA-256 in base64.", code="BAD_CHECKSUM", advice="Start the upload again."
        )
    if not _drafts(job).update(updated_at=now):
        job.refresh_from_db()
        _check_draft(job)
    return {
        number: s3.presign_part(
            storage.bucket(storage.INPUTS),
            key=job.input_key,
            upload_id=job.upload_id,
            number=number,
            size_bytes=sizes[number - 1],
            sha256=sha256,
            lifetime=settings.UPLOAD_URL_LIFETIME,
        )
        for number, sha256 in checksums.items()
    }


def unfinished(user: User, *, now: datetime) -> JobQuerySet:
    """This function will give the user's own uploads that can still be resumed, latest first."""
    since = now - settings.DRAFT_LIFETIME
    drafts = Job.objects.visible_to(user).filter(owner=user, status=Status.DRAFT, updated_at__gt=since)
    return drafts.exclude(upload_id="").order_by("-updated_at")


def resumable_until(job: Job) -> datetime:
    return job.updated_at + settings.DRAFT_LIFETIME


def progress(job: Job) -> Progress:
    """This function will ask S3 which parts of an open upload it has. Raises NotPossibleNowError and
    UploadIncompleteError."""
    _check_draft(job)
    sizes = dict(enumerate(part_sizes(job), start=1))
    try:
        parts = s3.stored_parts(storage.bucket(storage.INPUTS), key=job.input_key, upload_id=job.upload_id)
    except ObjectMissingError as error:
        raise _gone(job) from error
    stored = {part.number: part.sha256 for part in parts if part.size_bytes == sizes.get(part.number)}
    return Progress(stored=stored, resumable_until=resumable_until(job))


def same_file(user: User, *, lab: Lab, checksum: str, size_bytes: int) -> JobQuerySet:
    """This function will give the lab's submitted jobs, as the user may see them, whose input has the same bytes.

    `checksum` is that of `Job.input_checksum`. Latest first.
    """
    twins = Job.objects.visible_to(user).submitted().filter(lab=lab, input_size_bytes=size_bytes)
    return twins.filter(input_checksum=checksum).exclude(input_checksum="").order_by("-submitted_at")


def check(job: Job, *, actor: str, now: datetime) -> None:
    """This function will complete the upload in S3 and check what arrived; a refused file is deleted.

    1. Join the parts, once; a repeated call finds the object.
    2. Compare its size with what was announced and with the lab's limits of today.
    3. Look at its first bytes (compression, magic, header, first records) and at its last ones.
    4. Keep its checksum, which S3 has verified part by part, and the reference for its genome build.
    Raises UploadIncompleteError (nothing is lost: send the missing parts), UploadRefusedError and
    UploadTooLargeError (the draft is cancelled and its bytes are deleted), and NotPossibleNowError.
    """
    _check_draft(job)
    _join_parts(job)
    bucket = storage.bucket(storage.INPUTS)
    try:
        stored = s3.describe(bucket, key=job.input_key)
        if stored.size_bytes != job.input_size_bytes:
            raise UploadRefusedError(
                f"{job.name} was announced with {job.input_size_bytes:,} bytes, but {stored.size_bytes:,} arrived.",
                code="SIZE_DIFFERS",
                advice="Upload the file again.",
            )
        upload_rules.check_size(job.lab, name=job.name, size_bytes=stored.size_bytes)
        _inspect(job)
    except ObjectMissingError as error:  # it was abandoned or refused by another call meanwhile
        job.refresh_from_db()
        _check_draft(job)
        raise _gone(job) from error
    except (UploadRefusedError, UploadTooLargeError) as refusal:
        discard(job, actor=actor, now=now, note=refusal.message)
        raise
    _drafts(job).update(input_checksum=stored.checksum, reference=job.reference)
    job.refresh_from_db(fields=["input_checksum", "reference"])


def discard(job: Job, *, actor: str, now: datetime, note: str = "") -> None:
    """This function will cancel a draft and delete what it has uploaded; one that is cancelled already is fine.

    Raises NotPossibleNowError when the upload has become a job.
    """
    if job.status == Status.CANCELLED and job.submitted_at is None:
        return
    _check_draft(job)
    try:
        transitions.move(job, Status.CANCELLED, actor=actor, now=now, note=note)
    except StaleJobError:
        job.refresh_from_db()
        discard(job, actor=actor, now=now, note=note)  # a draft moves once only
        return
    drop_input(job)


def drop_input(job: Job) -> None:
    """This function will delete what a cancelled draft has uploaded; the draft stays cancelled when S3 is away."""
    try:
        storage.discard_input(job)
    except StorageUnavailableError as error:
        logger.warning("The input of the cancelled upload %s was not deleted: %s", job.pk, error)


def _new_draft(user: User, *, lab: Lab, name: str, size_bytes: int, now: datetime) -> Job:
    job_id = uuid.uuid4()
    with transaction.atomic():
        Lab.objects.select_for_update(no_key=True).get(pk=lab.pk)  # so that two at once cannot both be the last
        open_uploads = Job.objects.filter(lab=lab, status=Status.DRAFT, deleted_at=None).count()
        if open_uploads >= settings.MAX_OPEN_UPLOADS:
            raise NotPossibleNowError(
                f"The lab {lab.name} has {open_uploads} unfinished uploads, and may not have more.",
                code="TOO_MANY_UPLOADS",
                advice="Finish or discard some of them on the upload page. Those left alone end after a day.",
            )
        return Job.objects.create(
            id=job_id,
            lab=lab,
            owner=user,
            name=name,
            reference=references.choose(None) or settings.STARTER_REFERENCE,  # until the file has told its build
            attempts_allowed=settings.MAX_ATTEMPTS,
            input_key=storage.input_key(lab_id=lab.pk, job_id=job_id),
            input_size_bytes=size_bytes,
            part_size_bytes=max(settings.UPLOAD_PART_BYTES, math.ceil(size_bytes / MAX_PARTS)),
            created_at=now,
            updated_at=now,
        )


def _join_parts(job: Job) -> None:
    bucket = storage.bucket(storage.INPUTS)
    try:
        parts = s3.stored_parts(bucket, key=job.input_key, upload_id=job.upload_id)
        arrived = {(part.number, part.size_bytes) for part in parts}
        missing = [part[0] for part in enumerate(part_sizes(job), start=1) if part not in arrived]
        if missing:
            raise _incomplete(job, missing=missing)
        s3.complete_upload(bucket, key=job.input_key, upload_id=job.upload_id, parts=parts)
    except ObjectExistsError:
        return
    except ObjectMissingError as error:
        if s3.exists(bucket, key=job.input_key):  # an earlier call joined them and was cut off
            return
        job.refresh_from_db()
        _check_draft(job)
        raise _gone(job) from error
    except StorageUnavailableError:
        job.refresh_from_db()
        _check_draft(job)  # its parts went away because another call has abandoned it
        raise


def _incomplete(job: Job, *, missing: list[int]) -> UploadIncompleteError:
    error = UploadIncompleteError(
        f"{len(missing)} of {len(part_sizes(job))} parts of {job.name} have not arrived.",
        code="PARTS_MISSING",
        advice="Send the missing parts, then finish again.",
    )
    error.missing = tuple(missing)
    return error


def _gone(job: Job) -> UploadIncompleteError:
    return UploadIncompleteError(
        f"The upload of {job.name} is no longer open.", code="UPLOAD_GONE", advice="Start the upload again."
    )


def _inspect(job: Job) -> None:
    """This function will look at the input and let the job name the reference for it. Raises UploadRefusedError.

    The build comes first: the contigs are compared with those of a reference of the file's own build.
    """
    bucket, key = storage.bucket(storage.INPUTS), job.input_key
    data = s3.read_head(bucket, key=key, length=HEAD_BYTES)
    try:
        head = inspect_head(data, file_name=job.name)
        chosen = references.choose(head.build)
        if chosen is None:
            raise _no_reference(job, build=head.build, data=data)
        job.reference = chosen
        inspect_head(data, file_name=job.name, reference=references.manifest_of(job))
        inspect_tail(s3.read_tail(bucket, key=key, length=TAIL_BYTES), head=head)
    except InvalidVcfError as error:
        raise UploadRefusedError.of(error) from error


def _no_reference(job: Job, *, build: str | None, data: bytes) -> UploadRefusedError:
    """This function will refuse a build. The default reference, where it is here, tells which line speaks of it."""
    line = None
    try:
        inspect_head(data, file_name=job.name, reference=references.manifest_of(job))
    except InvalidVcfError as error:
        line = error.line
    available = " or ".join(references.builds())
    return UploadRefusedError(
        f"The header says that the file is on {build}; there is no reference of that build here.",
        code="WRONG_BUILD",
        advice=f"Send the file on {available}, or lift it over first, for example with Picard's LiftoverVcf. "
        f"Whoever runs this site can also install a reference of {build}.",
        line=line,
    )


def _drafts(job: Job) -> JobQuerySet:
    """This function will give the row of the job while it is a draft, else none."""
    return Job.objects.filter(pk=job.pk, status=Status.DRAFT, deleted_at=None)


def _check_draft(job: Job) -> None:
    if job.status != Status.DRAFT or job.deleted_at is not None:
        refusal = job.events.order_by("-sequence").values_list("note", flat=True).first()
        raise NotPossibleNowError(
            f"The upload of {job.name} is over. {refusal or ''}".strip(),
            code="UPLOAD_OVER",
            advice="Look at the list of jobs, or choose the file again.",
        )
