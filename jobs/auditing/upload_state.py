"""Uploads that are stuck: open in S3 without a job that goes on with them, or the other way round."""

from collections.abc import Iterator
from functools import partial

from genomics.aws import s3, s3_listing
from genomics.aws.errors import ObjectMissingError
from genomics.aws.s3_listing import OpenUpload
from jobs import storage, uploads
from jobs.auditing import keys
from jobs.auditing.findings import Finding, Kind, Scope
from jobs.auditing.keys import Parsed
from jobs.errors import NotPossibleNowError, StaleJobError
from jobs.models import Job, Status

_NOTE = "The upload is no longer open in the storage."


def look(scope: Scope) -> Iterator[Finding]:
    for role in (storage.INPUTS, storage.RESULTS):
        yield from _without_job(scope, role=role)
    yield from _without_upload(scope)


def _without_job(scope: Scope, *, role: str) -> Iterator[Finding]:
    for upload in s3_listing.open_uploads(storage.bucket(role), prefix=scope.key_prefix()):
        parsed = keys.parse(role, key=upload.key)
        if parsed is None or not scope.covers(lab_id=parsed.place.lab_id, job_id=parsed.place.job_id):
            continue  # S3 ends uploads of others by the bucket's own rule
        scope.compared["open uploads"] += 1
        if upload.begun_at < scope.old and not _is_in_use(role, upload=upload, parsed=parsed):
            yield Finding(
                kind=Kind.UPLOAD_WITHOUT_JOB,
                job_id=parsed.place.job_id,
                text=f"job {parsed.place.job_id}: an upload to {role} is open since {upload.begun_at:%F %T} UTC",
                mend=partial(_abort, role, upload=upload, parsed=parsed),
            )


def _is_in_use(role: str, *, upload: OpenUpload, parsed: Parsed) -> bool:
    if role == storage.INPUTS:
        return Job.objects.filter(
            pk=parsed.place.job_id, status=Status.DRAFT, upload_id__in=["", upload.upload_id]
        ).exists()
    writing = (Status.RUNNING, Status.RESTORING)
    return Job.objects.filter(pk=parsed.place.job_id, status__in=writing, attempt=parsed.attempt).exists()


def _abort(role: str, *, upload: OpenUpload, parsed: Parsed) -> bool:
    if not _is_in_use(role, upload=upload, parsed=parsed):
        s3.abort_upload(storage.bucket(role), key=upload.key, upload_id=upload.upload_id)
    return True


def _without_upload(scope: Scope) -> Iterator[Finding]:
    drafts = scope.jobs().filter(status=Status.DRAFT, updated_at__lt=scope.old)
    for draft in drafts.only("pk", "created_at", "upload_id", "input_key").iterator():
        scope.compared["old drafts"] += 1
        if not _has_bytes(draft):
            yield Finding(
                kind=Kind.DRAFT_WITHOUT_UPLOAD,
                job_id=draft.pk,
                text=f"job {draft.pk}: it is a draft of {draft.created_at:%F %T} UTC, but its upload is gone",
                mend=partial(_give_up, draft, scope=scope),
            )


def _has_bytes(draft: Job) -> bool:
    """This function will tell whether the draft's upload is open or its parts have been joined."""
    bucket = storage.bucket(storage.INPUTS)
    try:
        if draft.upload_id:
            s3.stored_parts(bucket, key=draft.input_key, upload_id=draft.upload_id)
            return True
    except ObjectMissingError:
        pass
    return s3.exists(bucket, key=draft.input_key)


def _give_up(draft: Job, *, scope: Scope) -> bool:
    job = Job.objects.filter(pk=draft.pk, status=Status.DRAFT).first()
    if job is None or _has_bytes(job):
        return True
    try:
        uploads.discard(job, actor="sweep", now=scope.now, note=_NOTE)
    except (NotPossibleNowError, StaleJobError):  # somebody has just gone on with it
        return False
    return True
