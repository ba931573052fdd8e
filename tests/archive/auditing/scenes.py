"""An audit of a world in which something was left behind."""

import enum
import uuid
from datetime import timedelta

from archive.auditing import audit
from archive.models import ArchivedFile
from genomics.users.models import User
from jobs import storage
from jobs.auditing import Scope
from jobs.models import Job, ResultFile
from tests.archive.world import World, hints
from tests.genomics.localaws.fixtures import client

LATER = timedelta(hours=3)  # whatever stands has stood for too long, by the rules of the audit
Found = list[tuple[enum.StrEnum, uuid.UUID | None, bool]]


def find(world: World, *, fix: bool = False, after: timedelta = LATER, lab_id: uuid.UUID | None = None) -> Found:
    """This function will audit after some time, and give kind and job of each finding, and whether it was mended."""
    scope = Scope(now=world.clock.now + after, older_than=timedelta(hours=1), lab_id=lab_id)
    with hints():
        return [(finding.kind, finding.job_id, mended) for finding, mended in audit(scope, fix=fix)]


def asleep(world: World, user: User) -> Job:
    job = world.result(user)
    assert world.archive(job)
    job.refresh_from_db()
    return job


def file_of(job: Job) -> ResultFile:
    return job.files.get(kind="VCF")


def archived(job: Job) -> ArchivedFile:
    return ArchivedFile.objects.get(job=job, file=file_of(job))


def put_hot(job: Job, *, content: bytes | None = None, world: World) -> None:
    key = file_of(job).key
    body = world.contents[key] if content is None else content
    client("s3").put_object(Bucket=storage.bucket(storage.RESULTS), Key=key, Body=body)


def remove_hot(job: Job) -> None:
    client("s3").delete_object(Bucket=storage.bucket(storage.RESULTS), Key=file_of(job).key)
