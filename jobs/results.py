"""What an attempt leaves behind: stored files with their digests, and how people get at them."""

from pathlib import Path

from django.http import Http404

from genomics.aws import s3
from genomics.aws.errors import ObjectMissingError
from jobs import preview, storage
from jobs.models import Job, Kind, ResultFile

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


def store(job: Job, *, kind: Kind, source: Path, name: str) -> ResultFile:
    """This function will write one file of the current attempt to S3, once, and give its row, not yet saved."""
    key = storage.attempt_prefix(job) + source.name
    stored = s3.store(storage.bucket(storage.RESULTS), key=key, source=source, content_type=_CONTENT_TYPES[kind])
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
    """This function will give a short-lived download URL of one of the job's files. Raises Http404 without one."""
    if kind == Kind.INPUT:
        return storage.download_url(storage.INPUTS, key=job.input_key, name=job.name)
    file = _file(job, kind=kind)
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
