"""What an attempt leaves behind: stored files with their digests, and how people get at them."""

from pathlib import Path

from django.db import transaction
from django.http import Http404

from genomics.aws import s3
from genomics.aws.errors import ObjectMissingError
from jobs import preview, storage
from jobs.errors import ResultRestsError
from jobs.models import ARCHIVABLE, RESTING, Job, Kind, ResultFile, Status

LOG_BYTES_SHOWN = 512 * 1024
PREVIEW_BYTES_SHOWN = 2 * 1024**2
_CONTENT_TYPES = {
    Kind.VCF: "application/gzip",
    Kind.INDEX: "application/octet-stream",
    Kind.TABLE: "application/vnd.apache.parquet",
    Kind.SUMMARY: "application/json",
    Kind.PREVIEW: "application/json",
    Kind.LEDGER: "application/json",
    Kind.MANIFEST: "application/json",
    Kind.LOG: "text/plain; charset=utf-8",
}


def content_type(kind: str) -> str:
    return _CONTENT_TYPES[Kind(kind)]


def store(job: Job, *, kind: Kind, source: Path, name: str) -> ResultFile:
    """This function will write one file of the current attempt to S3, once, and give its row, not yet saved."""
    key = storage.attempt_prefix(job) + source.name
    stored = s3.store(storage.bucket(storage.RESULTS), key=key, source=source, content_type=content_type(kind))
    return ResultFile(job=job, kind=kind, name=name, key=key, size_bytes=stored.size_bytes, sha256=stored.sha256)


def replace(job: Job, *, files: list[ResultFile]) -> list[str]:
    """This function will make `files` the job's files, inside the caller's transaction.

    It gives the keys of files that earlier attempts left: nobody needs them once the caller has committed.
    """
    older = list(job.files.values_list("key", flat=True))
    job.files.all().delete()
    ResultFile.objects.bulk_create(files)
    return older


def drop(keys: list[str]) -> None:
    s3.delete(storage.bucket(storage.RESULTS), keys=keys)


def resting(job: Job) -> list[ResultFile]:
    """This function will give the files that rest in the archive while their result is archived: the large ones.

    Each comes back under the key that it has had, written once, so the rows stay as they are.
    """
    return list(job.files.filter(kind__in=ARCHIVABLE).order_by("id"))


def away(job: Job) -> tuple[Kind, ...]:
    """This function will give the kinds whose file does not lie in the results bucket now."""
    return ARCHIVABLE if job.status in RESTING else ()


def drop_hot_copies(job: Job) -> bool:
    """This function will delete the files that rest from the results bucket, and tell whether the job is archived.

    Else nothing is deleted. The row is held meanwhile, so that a result cannot begin to come back under the deletion.
    Links that were given before are good for settings.DOWNLOAD_URL_LIFETIME: wait for so long after the last one.
    """
    archived = Job.objects.filter(pk=job.pk, status=Status.ARCHIVED, attempt=job.attempt, deleted_at=None)
    with transaction.atomic():
        if archived.select_for_update(no_key=True).values_list("pk").first() is None:
            return False
        drop([file.key for file in resting(job)])
    return True


def discard_attempt(job: Job) -> None:
    """This function will delete what the job's current attempt stored, except files that are its published result."""
    _discard(storage.attempt_prefix(job))


def discard_earlier(job: Job) -> None:
    """This function will delete what the attempts before left behind: one that was killed could not clear away."""
    for attempt in range(1, job.attempt):
        _discard(storage.attempt_prefix(job, attempt=attempt))


def discard_attempts(job: Job) -> None:
    """This function will delete what all attempts up to the current one left, except the published result."""
    discard_earlier(job)
    discard_attempt(job)


def _discard(prefix: str) -> None:
    bucket = storage.bucket(storage.RESULTS)
    stored = s3.keys_under(bucket, prefix=prefix)
    published = set(ResultFile.objects.filter(key__in=stored).values_list("key", flat=True))
    s3.delete(bucket, keys=[key for key in stored if key not in published])


def link(job: Job, *, kind: str) -> str:
    """This function will give a short-lived download URL of one of the job's files.

    Raises Http404 without such a file, and ResultRestsError for one that is in the archive or on its way back.
    """
    if kind == Kind.INPUT:
        return storage.download_url(storage.INPUTS, key=job.input_key, name=job.name)
    file = _file(job, kind=kind)
    if file.kind in away(job):
        raise _rests(file, status=Status(job.status))
    return storage.download_url(storage.RESULTS, key=file.key, name=file.name)


def log_text(job: Job) -> tuple[str, bool]:
    """This function will give the log's text and whether only its beginning. Raises Http404 without a log."""
    file = _file(job, kind=Kind.LOG)
    return _read(file, limit=LOG_BYTES_SHOWN).decode(errors="replace"), file.size_bytes > LOG_BYTES_SHOWN


def preview_of(job: Job) -> preview.Preview | None:
    """This function will give the first rows of the table, or None when they are too many bytes to show.

    Raises Http404 without a preview.
    """
    file = _file(job, kind=Kind.PREVIEW)
    if file.size_bytes > PREVIEW_BYTES_SHOWN:
        return None
    return preview.parse(_read(file, limit=PREVIEW_BYTES_SHOWN))


def _rests(file: ResultFile, *, status: Status) -> ResultRestsError:
    if status == Status.RESTORING:
        return ResultRestsError(
            f"{file.name} is on its way back from the archive.",
            code="RESULT_RESTORING",
            advice="Try again later: the page of the job shows when it is here.",
        )
    return ResultRestsError(
        f"{file.name} rests in the archive.",
        code="RESULT_ARCHIVED",
        advice="It comes back, byte for byte, when the lab changes to a plan that keeps results at hand.",
    )


def _file(job: Job, *, kind: str) -> ResultFile:
    file = job.files.filter(kind=kind).first()
    if file is None:
        raise Http404(f"This job has no {kind}")
    return file


def _read(file: ResultFile, *, limit: int) -> bytes:
    try:
        return storage.read_result(file.key, limit=limit)
    except ObjectMissingError as error:
        raise Http404 from error
