"""What the verdict calls a fault: each test breaks one thing in a run that is otherwise right."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from django.utils import timezone

from genomics.aws import clients, s3
from genomics.localaws.chaos.feeding import Submitted
from genomics.localaws.chaos.verdict import Expected, expectation, judge
from genomics.users.models import Lab, User
from jobs import loadtest, results, storage, transitions
from jobs.loadtest import Sample
from jobs.models import Job, JobEvent, Kind, Status

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("aws")]

SAMPLE = Sample(name="a.vcf", content=b"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")


@pytest.fixture
def mails(tmp_path: Path, settings: object) -> Path:
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")  # type: ignore[attr-defined]
    (tmp_path / "mail").mkdir()
    return tmp_path / "mail"


@pytest.fixture
def done(free_user: User, now: datetime, tmp_path: Path, mails: Path) -> Job:
    """This function will give a job that has come to its end the way a worker brings it there."""
    lab = Lab.objects.of(free_user).get()
    job = loadtest.submit(SAMPLE, user=free_user, lab=lab, clock=timezone.now)
    transitions.move(job, Status.RUNNING, actor="worker:a", now=now, attempt=1, lease_expires_at=now)
    source = tmp_path / "file"
    source.write_text("bytes")
    files = []
    for kind in set(Kind) - {Kind.INPUT}:
        named = source.rename(tmp_path / kind)
        files.append(results.store(job, kind=kind, source=named, name=kind))
        source = named
    counts = {"records_read": 0, "records_annotated": 0, "records_passed": 0, "records_rejected": 0}
    transitions.move(job, Status.COMPLETED, actor="worker:a", now=now, finished_at=now, **counts)  # type: ignore[arg-type]
    results.replace(job, files=files)
    (mails / "1.log").write_text(f"Done: http://localhost/jobs/{job.pk}/\n")
    return job


@pytest.fixture
def expected(done: Job) -> dict[str, Expected]:
    return {SAMPLE.name: expectation(done)}


def _checks(done: Job, expected: dict[str, Expected]) -> set[str]:
    return {fault.check for fault in judge([Submitted(job_id=done.pk, sample=SAMPLE)], expected=expected)}


def _lose_result(job: Job) -> None:
    s3.delete(storage.bucket(storage.RESULTS), keys=[job.files.get(kind=Kind.VCF).key])


def _damage_result(job: Job) -> None:
    key = job.files.get(kind=Kind.VCF).key
    clients.s3().put_object(Bucket=storage.bucket(storage.RESULTS), Key=key, Body=b"other")


def _add_object(job: Job) -> None:
    clients.s3().put_object(Bucket=storage.bucket(storage.RESULTS), Key=f"{job.lab_id}/{job.pk}/9/left", Body=b"x")


def _lose_input(job: Job) -> None:
    s3.delete(storage.bucket(storage.INPUTS), keys=[job.input_key])


def _open_upload(job: Job) -> None:
    s3.begin_upload(storage.bucket(storage.INPUTS), key=f"{job.input_key}-again")


def _change_bytes(job: Job) -> None:
    job.files.filter(kind=Kind.SUMMARY).update(sha256="0" * 64)


def _change_counts(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(records_read=1, records_annotated=1)


def _fail(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(status=Status.FAILED)


def _end_twice(job: Job) -> None:
    JobEvent.objects.filter(job=job, status=Status.RUNNING).update(status=Status.COMPLETED)


def _forget_event(job: Job) -> None:
    JobEvent.objects.filter(job=job, status=Status.RUNNING).delete()


def _drop_file_row(job: Job) -> None:
    job.files.filter(kind=Kind.LOG).delete()


def _delete_row(job: Job) -> None:
    job.delete()


class TestJudge:
    def test_finds_nothing_in_a_run_that_is_right(self, done: Job, expected: dict[str, Expected]) -> None:
        assert _checks(done, expected) == set()

    @pytest.mark.parametrize(
        ("break_it", "check"),
        [
            (_lose_result, "lost result"),
            (_damage_result, "damaged result"),
            (_add_object, "orphan result"),
            (_lose_input, "lost input"),
            (_open_upload, "open upload"),
            (_change_bytes, "result differs"),
            (_change_counts, "ledger"),
            (_fail, "ended wrong"),
            (_end_twice, "doubled"),
            (_forget_event, "events"),
            (_drop_file_row, "files"),
            (_delete_row, "lost"),
        ],
    )
    def test_finds_what_is_broken(
        self, done: Job, expected: dict[str, Expected], break_it: Callable[[Job], None], check: str
    ) -> None:
        job_id = done.pk
        break_it(done)
        done.pk = job_id
        assert check in _checks(done, expected)

    def test_finds_a_job_that_nobody_submitted(self, done: Job, expected: dict[str, Expected]) -> None:
        assert {fault.check for fault in judge([], expected=expected)} == {"doubled"}

    @pytest.mark.parametrize("written", [0, 2])
    def test_wants_one_mail_for_each_job(
        self, done: Job, expected: dict[str, Expected], mails: Path, written: int
    ) -> None:
        (mails / "1.log").unlink()
        for number in range(written):
            (mails / f"{number}.log").write_text(f"Done: http://localhost/jobs/{done.pk}/\n")
        assert _checks(done, expected) == {"mails"}
