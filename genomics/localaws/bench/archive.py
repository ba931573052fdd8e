"""How fast results go to sleep and come back, and what a recall of very many of them takes."""

import hashlib
import os
import resource
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from unittest import mock

from django.conf import settings
from django.utils import timezone

from archive import archiving, recall, restoring
from archive.models import Retrieval, RetrievalState
from archive.vaults import Vault, default
from genomics.aws import s3, s3_archive
from genomics.localaws.bench.figures import Figure
from genomics.localaws.trials.labs import Member
from genomics.users.limits import Plan
from genomics.users.models import Lab
from jobs import storage
from jobs.models import Job, Kind, ResultFile, Status

_MB = 10**6
_ACTOR = "worker:bench"
_SMALL_BYTES = 2_000
_LOOK_SECONDS = 0.01
_BLOCK = 8 * 1024**2
_PATIENCE_SECONDS = 600.0
_CALLS = ("store", "begin_retrieval", "state", "fetch", "delete")


class ArchiveBenchError(Exception):
    """Something did not come to rest, or back, as it was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One step: seconds, and how far this process's memory grew while it lasted."""

    seconds: float
    grown_bytes: int


def one_large(member: Member, *, size_bytes: int, folder: Path) -> list[Figure]:
    """This function will archive and restore one result, beside the plain copy and the plain SHA-256 of its bytes."""
    source = folder / "large.bin"
    digest = _write(source, size_bytes=size_bytes)
    bucket = storage.bucket(storage.RESULTS)
    job, file = _result(member, size_bytes=size_bytes, sha256=digest)
    s3.store(bucket, key=file.key, source=source, content_type="application/gzip")
    source.unlink()
    copied = s3_archive.Place(bucket=bucket, key=f"{job.lab_id}/{job.pk}/copy")
    place = s3_archive.Place(bucket=bucket, key=file.key)
    plain = _measure(lambda: s3_archive.copy(place, target=copied, storage_class="STANDARD"))
    s3.delete(bucket, keys=[copied.key])
    hashed = _measure(lambda: _hash(bucket, key=file.key, size_bytes=size_bytes))
    slept = _measure(lambda: archiving.archive(job.pk, actor=_ACTOR, clock=timezone.now))
    _expect(job, Status.ARCHIVED)
    archiving.archive(
        job.pk, actor=_ACTOR, clock=lambda: timezone.now() + settings.DOWNLOAD_URL_LIFETIME
    )  # no hot copy
    recall.begin_for([job], actor="admin:bench", now=timezone.now())
    recall.ask(job.lab_id, clock=timezone.now)
    _wait_ready(job)
    came = _measure(lambda: restoring.restore(job.pk, actor=_ACTOR, clock=timezone.now))
    _expect(job, Status.COMPLETED)
    if _hash(bucket, key=file.key, size_bytes=size_bytes) != digest:
        raise ArchiveBenchError("The result did not come back as it was made.")
    name, megabytes = default().name.label, size_bytes / _MB
    return [
        *_rate("plain copy within S3", plain, megabytes=megabytes),
        *_rate("plain SHA-256 of the bytes", hashed, megabytes=megabytes),
        *_rate(f"archive ({name})", slept, megabytes=megabytes),
        *_rate(f"restore ({name})", came, megabytes=megabytes),
    ]


def many(member: Member, *, results: int, folder: Path) -> list[Figure]:
    """This function will archive small results of one lab and recall all at once, as an upgrade does."""
    source, bucket = folder / "small.bin", storage.bucket(storage.RESULTS)
    digest = _write(source, size_bytes=_SMALL_BYTES)
    jobs = []
    for _ in range(results):
        job, file = _result(member, size_bytes=_SMALL_BYTES, sha256=digest)
        s3.store(bucket, key=file.key, source=source, content_type="application/gzip")
        archiving.archive(job.pk, actor=_ACTOR, clock=timezone.now)
        jobs.append(job)
    Lab.objects.filter(pk=member.lab.pk).update(plan=Plan.PREMIUM)
    with _counted(default()) as calls:
        begin = time.monotonic()
        one = recall.begin(member.lab, actor="admin:bench", now=timezone.now())
        while recall.collect(one.pk, clock=timezone.now):
            pass
        collected = time.monotonic() - begin
        while recall.ask(member.lab.pk, clock=timezone.now):
            pass
        asked = time.monotonic() - begin
    waiting = Retrieval.objects.to_ask().filter(archived_file__job__in=jobs).count()
    failed = Retrieval.objects.filter(archived_file__job__in=jobs, state=RetrievalState.FAILED).count()
    if waiting or failed:
        raise ArchiveBenchError(f"{waiting} retrievals were not asked for, and {failed} failed.")
    return [
        Figure(name=f"recall of {results:,} results: all written down", value=collected, unit="s"),
        Figure(name=f"recall of {results:,} results: all asked for", value=asked, unit="s"),
        Figure(name="calls of the vault for it", value=calls["begin_retrieval"], unit=""),
    ]


def _result(member: Member, *, size_bytes: int, sha256: str) -> tuple[Job, ResultFile]:
    """This function will give a job that is COMPLETED and due, with a row for its VCF."""
    now, new = timezone.now(), uuid.uuid4()
    job = Job.objects.create(
        pk=new,
        lab=member.lab,
        owner=member.user,
        name="bench.vcf",
        reference="bench",
        status=Status.COMPLETED,
        attempt=1,
        attempts_allowed=1,
        input_key=storage.input_key(lab_id=member.lab.pk, job_id=new),
        input_size_bytes=1,
        part_size_bytes=1,
        records_read=0,
        records_annotated=0,
        records_passed=0,
        records_rejected=0,
        submitted_at=now,
        finished_at=now,
        archive_due_at=now - timedelta(seconds=1),
    )
    key = f"{storage.attempt_prefix(job)}result.vcf.gz"
    file = ResultFile.objects.create(
        job=job, kind=Kind.VCF, name="bench.vcf.gz", key=key, size_bytes=size_bytes, sha256=sha256
    )
    return job, file


def _write(path: Path, *, size_bytes: int) -> str:
    whole, left = hashlib.sha256(), size_bytes
    with path.open("wb") as stream:
        while left:
            block = os.urandom(min(left, _BLOCK))
            stream.write(block)
            whole.update(block)
            left -= len(block)
    return whole.hexdigest()


def _hash(bucket: str, *, key: str, size_bytes: int) -> str:
    whole = hashlib.sha256()
    for start in range(0, size_bytes, _BLOCK):
        whole.update(s3.read_range(bucket, key=key, start=start, stop=min(start + _BLOCK, size_bytes)))
    return whole.hexdigest()


def _measure(act: Callable[[], object]) -> Measured:
    before = peak = _resident_bytes()
    over = threading.Event()

    def sample() -> None:
        nonlocal peak
        while not over.wait(_LOOK_SECONDS):
            peak = max(peak, _resident_bytes())

    sampler = threading.Thread(target=sample, daemon=True)
    sampler.start()
    begin = time.monotonic()
    act()
    seconds = time.monotonic() - begin
    over.set()
    sampler.join()
    return Measured(seconds=seconds, grown_bytes=peak - before)


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def _rate(name: str, measured: Measured, *, megabytes: float) -> list[Figure]:
    return [
        Figure(name=name, value=megabytes / measured.seconds, unit="MB/s"),
        Figure(name=f"{name}: memory taken meanwhile", value=measured.grown_bytes / _MB, unit="MB"),
    ]


def _wait_ready(job: Job) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    waiting = Retrieval.objects.filter(archived_file__job=job, state=RetrievalState.REQUESTED)
    while waiting.exists():
        for retrieval in waiting.select_related("archived_file__file", "archived_file__job"):
            recall.look(retrieval, now=timezone.now())
        if time.monotonic() > end:
            raise ArchiveBenchError("The vault did not give the bytes back in time.")
        time.sleep(0.1)


def _expect(job: Job, status: Status) -> None:
    job.refresh_from_db(fields=["status"])
    if job.status != status:
        raise ArchiveBenchError(f"The job is {job.status} instead of {status}.")


@contextmanager
def _counted(vault: Vault) -> Iterator[Counter[str]]:
    """This function will count the calls of a vault."""
    calls: Counter[str] = Counter()

    def around(name: str) -> Callable[..., object]:
        call = getattr(vault, name)

        def counted(*arguments: object, **options: object) -> object:
            calls[name] += 1
            return call(*arguments, **options)

        return counted

    patches = [mock.patch.object(vault, name, around(name)) for name in _CALLS]
    for patch in patches:
        patch.start()
    try:
        yield calls
    finally:
        for patch in patches:
            patch.stop()
