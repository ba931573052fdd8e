"""What came of the jobs: nothing lost, nothing doubled, every byte as in an undisturbed run."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from genomics.aws import clients, s3
from genomics.localaws.chaos.feeding import Submitted
from jobs import storage
from jobs.models import Job, Kind, ResultFile, Status

_RESULT = frozenset(Kind) - {Kind.INPUT}
_REPEATABLE = _RESULT - {Kind.LOG}  # it tells times
_JOB_LINK = re.compile(r"/jobs/([0-9a-f-]{36})/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """How the job of one sample ends when nobody disturbs it."""

    status: Status
    failure_code: str
    records: tuple[int | None, ...]  # read, annotated, passed, rejected; None: not counted
    digests: Mapping[Kind, str]  # SHA-256 of the files that are the same in each run


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that must not be."""

    check: str
    what: str


def expectation(job: Job) -> Expected:
    """This function will remember how an undisturbed job ended."""
    return Expected(
        status=Status(job.status),
        failure_code=job.failure_code,
        records=_records(job),
        digests={Kind(file.kind): file.sha256 for file in job.files.filter(kind__in=_REPEATABLE)},
    )


def judge(submitted: Sequence[Submitted], *, expected: Mapping[str, Expected]) -> Iterator[Fault]:
    """This function will look at each job, its events, files and objects."""
    jobs = Job.objects.in_bulk([item.job_id for item in submitted])
    for item in submitted:
        job = jobs.get(item.job_id)
        if job is None:
            yield Fault(check="lost", what=f"job {item.job_id} has no row")
        else:
            yield from _job_faults(job, expected=expected[item.sample.name])
    yield from _unknown_jobs(submitted)
    yield from _object_faults()
    yield from _input_faults()
    yield from _mail_faults(submitted)


def _job_faults(job: Job, *, expected: Expected) -> Iterator[Fault]:
    if (job.status, job.failure_code) != (expected.status, expected.failure_code):
        what = f"job {job.pk} ({job.name}) is {job.status} {job.failure_code} after {job.attempt} attempts"
        yield Fault(check="ended wrong", what=what)
        return
    if _records(job) != expected.records:
        yield Fault(check="ledger", what=f"job {job.pk} counts {_records(job)} instead of {expected.records}")
    digests = {Kind(file.kind): file.sha256 for file in job.files.all() if file.kind in _REPEATABLE}
    if digests != expected.digests:
        yield Fault(check="result differs", what=f"job {job.pk} ({job.name}) has other bytes than an undisturbed one")
    yield from _event_faults(job)


def _event_faults(job: Job) -> Iterator[Fault]:
    events = list(job.events.order_by("sequence"))
    if [event.sequence for event in events] != list(range(1, job.sequence + 1)):
        yield Fault(check="events", what=f"the events of job {job.pk} have gaps")
    ends = [event for event in events if event.status in {Status.COMPLETED, Status.FAILED}]
    if len(ends) != 1:
        yield Fault(check="doubled", what=f"job {job.pk} came to an end {len(ends)} times")
    attempts = [event.attempt for event in events if event.status == Status.RUNNING]
    if attempts != list(range(1, job.attempt + 1)):
        yield Fault(check="events", what=f"job {job.pk} ran the attempts {attempts}")


def _unknown_jobs(submitted: Sequence[Submitted]) -> Iterator[Fault]:
    for job in Job.objects.submitted().exclude(pk__in=[item.job_id for item in submitted]):
        yield Fault(check="doubled", what=f"job {job.pk} was submitted by nobody")


def _object_faults() -> Iterator[Fault]:
    """This function will compare rows, objects and bytes of the results."""
    rows = {file.key: file for file in ResultFile.objects.all()}
    bucket = storage.bucket(storage.RESULTS)
    keys = set(s3.keys_under(bucket, prefix=""))
    for key in keys - set(rows):
        yield Fault(check="orphan result", what=key)
    for key in set(rows) - keys:
        yield Fault(check="lost result", what=key)
    for key in keys & set(rows):
        body = clients.s3().get_object(Bucket=bucket, Key=key)["Body"].read()
        if hashlib.sha256(body).hexdigest() != rows[key].sha256:
            yield Fault(check="damaged result", what=key)
    ended = Job.objects.filter(status__in=[Status.COMPLETED, Status.FAILED])
    files = Counter(rows_of.job_id for rows_of in rows.values())
    for job in ended:
        wanted = len(_RESULT) if job.status == Status.COMPLETED else 1
        if files[job.pk] != wanted:
            yield Fault(check="files", what=f"job {job.pk} has {files[job.pk]} files instead of {wanted}")


def _input_faults() -> Iterator[Fault]:
    """This function will compare jobs with the objects and open uploads of the inputs."""
    bucket = storage.bucket(storage.INPUTS)
    keys = set(s3.keys_under(bucket, prefix=""))
    inputs = {job.input_key for job in Job.objects.submitted()}
    drafts = {job.input_key for job in Job.objects.filter(status=Status.DRAFT)}
    for key in keys - inputs - drafts:
        yield Fault(check="orphan input", what=key)
    for key in inputs - keys:
        yield Fault(check="lost input", what=key)
    pages = clients.s3().get_paginator("list_multipart_uploads").paginate(Bucket=bucket)
    for upload in (upload for page in pages for upload in page.get("Uploads", [])):
        if upload["Key"] not in drafts:
            yield Fault(check="open upload", what=upload["Key"])


def _mail_faults(submitted: Sequence[Submitted]) -> Iterator[Fault]:
    """This function will find each ended job in exactly one of the mails that were really written."""
    mentioned: Counter[str] = Counter()
    for file in Path(settings.EMAIL_FILE_PATH).glob("*.log"):
        mentioned.update(set(_JOB_LINK.findall(file.read_text(errors="replace"))))
    for item in submitted:
        if mentioned[str(item.job_id)] != 1:
            yield Fault(check="mails", what=f"job {item.job_id} was mailed {mentioned[str(item.job_id)]} times")


def _records(job: Job) -> tuple[int | None, ...]:
    return (job.records_read, job.records_annotated, job.records_passed, job.records_rejected)
