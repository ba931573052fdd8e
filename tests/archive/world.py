"""A lab with results, a vault and a clock: what the workers of archive do, done here one after the other."""

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from unittest import mock

from django.conf import settings

from archive import archiving, files, recall, releasing, restoring
from archive.models import ArchivedFile, Recall, Retrieval, RetrievalState
from archive.vaults import Vault
from archive.vaults.memory import MemoryVault
from genomics.aws import s3
from genomics.aws.errors import ObjectMissingError
from genomics.users.models import User
from jobs import storage
from jobs.models import Job, Kind, ResultFile, Status
from tests.archive.vaults.backends import PART
from tests.genomics.localaws.fixtures import client
from tests.jobs.factory import make_job

KINDS = (Kind.VCF, Kind.TABLE, Kind.LOG)
WORKER = "worker:test:1"


@dataclass
class Clock:
    """A clock that goes when it is told to."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def forward(self, duration: timedelta) -> datetime:
        self.now += duration
        return self.now


@dataclass
class World:
    """Workers and sweeps that a test calls by hand."""

    clock: Clock
    vault: Vault
    contents: dict[str, bytes] = field(default_factory=dict)  # of result files, by key

    def result(self, user: User, *, name: str = "sample.vcf", due: bool = True) -> Job:
        """This function will give a job that is COMPLETED, with its files in the results bucket."""
        job = make_job(user, now=self.clock.now, status=Status.COMPLETED, name=name)
        due_at = self.clock.now if due else None
        Job.objects.filter(pk=job.pk).update(archive_due_at=due_at)
        for kind in KINDS:
            key, content = f"{job.lab_id}/{job.pk}/1/{kind.lower()}", f"{kind} of {job.pk} ".encode() * 50
            client("s3").put_object(Bucket=storage.bucket(storage.RESULTS), Key=key, Body=content)
            self.contents[key] = content
            digest = hashlib.sha256(content).hexdigest()
            ResultFile.objects.create(
                job=job, kind=kind, name=f"{name}.{kind.lower()}", key=key, size_bytes=len(content), sha256=digest
            )
        job.refresh_from_db()
        return job

    def archive(self, job: Job) -> bool:
        """This function will archive a result, and come back when no link to its hot copies is good any more."""
        is_archived = archiving.archive(job.pk, actor=WORKER, clock=self.clock)
        self.clock.forward(settings.DOWNLOAD_URL_LIFETIME)
        return is_archived and archiving.archive(job.pk, actor=WORKER, clock=self.clock)

    def restore(self, job: Job) -> bool:
        return restoring.restore(job.pk, actor=WORKER, clock=self.clock)

    def ask(self, job: Job) -> int:
        return recall.ask(job.lab_id, clock=self.clock)

    def watch(self) -> int:
        self.clock.forward(settings.RETRIEVAL_POLL + timedelta(seconds=1))
        return recall.watch(clock=self.clock)

    def collect(self) -> None:
        for one in Recall.objects.order_by("begun_at"):
            recall.collect(one.pk, clock=self.clock)

    def heal(self, *, rounds: int = 6) -> None:
        """This function will do what sweeps hint and workers then do, until nothing is left to do."""
        for _ in range(rounds):
            self.clock.forward(settings.ARCHIVE_PAUSE + settings.ARCHIVE_RETRY_PAUSE + timedelta(seconds=1))
            with hints() as sent:
                archiving.sweep(now=self.clock.now)
                recall.sweep(now=self.clock.now)
                self.watch()
                while sent:
                    self._work(*sent.pop(0))
            releasing.sweep(now=self.clock.now)

    def _work(self, task: str, ids: dict[str, str]) -> None:
        match task:
            case archiving.ARCHIVE:
                archiving.archive(uuid.UUID(ids["job_id"]), actor=WORKER, clock=self.clock)
            case recall.COLLECT:
                recall.collect(uuid.UUID(ids["recall_id"]), clock=self.clock)
            case recall.ASK:
                recall.ask(uuid.UUID(ids["lab_id"]), clock=self.clock)
            case recall.RESTORE:
                restoring.restore(uuid.UUID(ids["job_id"]), actor=WORKER, clock=self.clock)
            case _:
                raise AssertionError(task)

    def hot(self, job: Job) -> dict[str, bool]:
        """This function will tell which files of a result are hot, byte for byte, by kind."""
        found = {}
        for file in job.files.all():
            try:
                head = s3.read_head(storage.bucket(storage.RESULTS), key=file.key, length=10**6)
            except ObjectMissingError:
                found[file.kind] = False
            else:
                assert head == self.contents[file.key], f"{file.key} is not what was made"
                found[file.kind] = True
        return found

    def check(self, job: Job) -> None:
        """This function will see that nothing is lost: each file is hot, or rests verified in the vault."""
        hot = self.hot(job)
        for file in job.files.all():
            rests = ArchivedFile.objects.at_rest().filter(file=file).first()
            assert hot[file.kind] or rests is not None, f"{file} is nowhere"
            if rests is not None:
                assert rests.sha256 == file.sha256


@contextmanager
def hints() -> Iterator[list[tuple[str, dict[str, str]]]]:
    """This function will collect the hints of archive instead of sending them."""
    sent: list[tuple[str, dict[str, str]]] = []

    def send(task: str, *, lab: uuid.UUID | None = None, **ids: str) -> None:
        del lab
        sent.append((task, ids))

    with ExitStack() as patches:
        for module in (archiving, recall, restoring):
            patches.enter_context(mock.patch.object(module, "send", send))
        yield sent


@contextmanager
def memory_vault(clock: Clock) -> Iterator[MemoryVault]:
    """This function will let results rest in memory."""
    vault = MemoryVault(clock=clock, part_bytes=PART)
    with (
        mock.patch.object(files, "named", return_value=vault),
        mock.patch.object(files, "default", return_value=vault),
    ):
        yield vault


def open_retrievals(job: Job) -> list[Retrieval]:
    return list(Retrieval.objects.open().filter(archived_file__job=job).order_by("intended_at", "pk"))


def ended(job: Job, state: RetrievalState) -> int:
    return Retrieval.objects.filter(archived_file__job=job, state=state).count()
