"""What the tests of the audit share: a job with all that belongs to it, and an audit as a list."""

import enum
import uuid
from datetime import timedelta

from django.utils import timezone

from genomics.users.models import User
from jobs import publishing, storage
from jobs.auditing import Scope, audit
from jobs.models import Job, ResultFile, Status
from tests.genomics.localaws.fixtures import client
from tests.jobs.factory import make_job

LATER = timedelta(hours=2)  # after which all that the test has just made is old


def find(
    *, fix: bool = False, after: timedelta = LATER, lab: uuid.UUID | None = None, job: uuid.UUID | None = None
) -> list[tuple[enum.StrEnum, uuid.UUID | None, bool]]:
    """This function will audit as if it were later, and give what was found: kind, job and whether it was mended."""
    scope = Scope(now=timezone.now() + after, older_than=timedelta(hours=1), lab_id=lab, job_id=job)
    return [(finding.kind, finding.job_id, mended) for finding, mended in audit(scope, fix=fix)]


def put(role: str, *, key: str, content: bytes = b"x") -> None:
    client("s3").put_object(Bucket=storage.bucket(role), Key=key, Body=content)


def keys(role: str) -> list[str]:
    listed = client("s3").list_objects_v2(Bucket=storage.bucket(role)).get("Contents", [])
    return [found["Key"] for found in listed]


def whole_job(user: User, *, status: Status = Status.COMPLETED) -> Job:
    """This function will give a published job whose input and, when it is completed, result lie in S3."""
    job = make_job(user, now=timezone.now(), status=status, input_size_bytes=5)
    put(storage.INPUTS, key=job.input_key, content=b"input")
    if status == Status.COMPLETED:
        add_result(job)
    publishing.publish(now=timezone.now())
    return job


def add_result(job: Job, *, content: bytes = b"result") -> str:
    """This function will store a result file of the job's attempt with its row, and give its key."""
    key = f"{storage.attempt_prefix(job)}result.vcf.gz"
    put(storage.RESULTS, key=key, content=content)
    ResultFile.objects.create(
        job=job, kind="VCF", name="patient-17.vcf.gz", key=key, size_bytes=len(content), sha256="0" * 64
    )
    return key
