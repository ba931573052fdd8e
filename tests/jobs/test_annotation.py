import fcntl
import gzip
import hashlib
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import Error, connection
from django.utils import timezone

from genomics.aws import s3
from genomics.aws.errors import StorageUnavailableError
from genomics.users.limits import Plan
from genomics.users.models import Lab, User
from jobs import annotation, dispatch, results, sandbox, storage, submission, transitions
from jobs.errors import StaleJobError
from jobs.models import Job, Kind, Status
from tests.jobs import files
from tests.jobs.factory import make_job

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("aws")]


def _worker(name: str = "host:1") -> annotation.Worker:
    return annotation.Worker(name=name, clock=timezone.now, renew_message=lambda: None)


@pytest.fixture
def submit(free_user: User, tmp_path: Path) -> Callable[..., Job]:
    """This function will store a file as the input of a waiting job."""

    def store(content: bytes, *, name: str = "sample.vcf") -> Job:
        job = make_job(free_user, now=timezone.now(), name=name, input_size_bytes=max(1, len(content)))
        source = tmp_path / str(job.pk)
        source.write_bytes(content)
        s3.store(storage.bucket(storage.INPUTS), key=job.input_key, source=source, content_type="text/plain")
        return job

    return store


def _result_keys(job: Job) -> list[str]:
    return s3.keys_under(storage.bucket(storage.RESULTS), prefix=f"{job.lab_id}/{job.pk}/")


class TestAnnotateNext:
    def test_gives_none_when_nothing_waits(self) -> None:
        assert annotation.annotate_next(_worker()) is None

    @pytest.mark.parametrize("content", [files.VCF, files.GZIPPED])
    def test_brings_a_job_to_its_result(self, submit: Callable[..., Job], content: bytes) -> None:
        job = submit(content, name="My ~ sample.VCF")
        annotation.annotate_next(_worker())
        job.refresh_from_db()
        assert (job.status, job.fraction, job.records_read) == (Status.COMPLETED, 1, 1)
        stored = {file.kind: file for file in job.files.all()}
        assert set(stored) == set(Kind) - {Kind.INPUT}
        assert stored[Kind.VCF].name == "My ~ sample.annot.vcf.gz"
        assert stored[Kind.SUMMARY].name == "My ~ sample.summary.json"
        text = gzip.decompress(storage.read_result(stored[Kind.VCF].key, limit=10**7)).decode()
        assert "CSQ=" in text
        assert "A52T" in text or "A/T" in text

    @pytest.mark.parametrize(("plan", "is_due"), [(Plan.FREE, True), (Plan.GRACE, False), (Plan.PREMIUM, False)])
    def test_dates_the_result_as_the_plan_says(self, submit: Callable[..., Job], plan: Plan, is_due: bool) -> None:
        job = submit(files.VCF)
        Lab.objects.filter(pk=job.lab_id).update(plan=plan)
        annotation.annotate_next(_worker())
        job.refresh_from_db()
        assert job.finished_at
        assert job.archive_due_at == (job.finished_at + timedelta(minutes=3) if is_due else None)

    def test_dates_no_failed_job(self, submit: Callable[..., Job]) -> None:
        job = submit(files.with_records("chr99\t5\t.\tA\tC\t.\t.\t.\tGT\t0/1"))
        annotation.annotate_next(_worker())
        job.refresh_from_db()
        assert (job.status, job.archive_due_at) == (Status.FAILED, None)

    def test_stores_each_file_under_its_digest_and_nothing_else(self, submit: Callable[..., Job]) -> None:
        job = submit(files.VCF)
        annotation.annotate_next(_worker())
        assert sorted(_result_keys(job)) == sorted(job.files.values_list("key", flat=True))
        for file in job.files.all():
            content = storage.read_result(file.key, limit=10**7)
            assert (len(content), hashlib.sha256(content).hexdigest()) == (file.size_bytes, file.sha256)

    def test_leaves_no_work_folder(self, submit: Callable[..., Job], settings: Any) -> None:
        submit(files.VCF)
        (settings.WORK_DIR / "dead-1").mkdir(parents=True, exist_ok=True)
        (settings.WORK_DIR / "dead-1" / "lock").touch()
        annotation.annotate_next(_worker())
        assert [entry for entry in settings.WORK_DIR.iterdir() if entry.is_dir()] == []

    @pytest.mark.parametrize(
        ("content", "code", "told"),
        [
            (files.truncated_gzip(), None, "end"),
            (files.with_records("chr99\t5\t.\tA\tC\t.\t.\t.\tGT\t0/1"), None, "chr99"),
            (files.with_records("chrM\t3460\t.\tC\tA\t.\t.\t.\tGT\t0/1"), "REF_MISMATCH", "3460"),
            (files.with_records("chrM\tx\t.\tG\tA\t.\t.\t.\tGT\t0/1"), None, "POS"),
            (files.with_records("chrM\t3460\t.\tG\tA"), None, "column"),
        ],
        ids=["truncated gzip", "unknown contig", "REF mismatch", "bad POS", "missing columns"],
    )
    def test_fails_a_wrong_input_with_words_and_advice(
        self, submit: Callable[..., Job], content: bytes, code: str | None, told: str
    ) -> None:
        job = submit(content)
        annotation.annotate_next(_worker())
        job.refresh_from_db()
        assert job.status == Status.FAILED
        assert code in {None, job.failure_code}
        assert told in f"{job.failure_message} {job.failure_column}"
        assert job.failure_advice
        assert list(job.files.values_list("kind", flat=True)) == [Kind.LOG]
        assert job.failure_message in results.log_text(job)[0]
        assert job.attempt == 1

    def test_fails_a_job_that_uses_too_much(self, submit: Callable[..., Job], settings: Any) -> None:
        settings.ANNOTATION_WALL = timedelta(0)
        job = submit(files.VCF)
        annotation.annotate_next(_worker())
        job.refresh_from_db()
        assert (job.status, job.failure_code) == (Status.FAILED, "TIME_LIMIT")
        assert job.files.get().kind == Kind.LOG

    def test_lets_a_job_wait_again_when_the_fault_is_ours(self, submit: Callable[..., Job]) -> None:
        job = submit(files.VCF)
        Job.objects.update(reference="nowhere")
        annotation.annotate_next(_worker())
        job.refresh_from_db()
        assert (job.status, job.attempt, job.failure_message) == (Status.PENDING, 1, "")
        assert _result_keys(job) == []

    def test_fails_such_a_job_after_the_last_attempt(self, submit: Callable[..., Job], settings: Any) -> None:
        job = submit(files.VCF)
        Job.objects.update(reference="nowhere", attempts_allowed=2)
        annotation.annotate_next(_worker())
        assert annotation.annotate_next(_worker()) is None  # it pauses first
        Job.objects.update(ready_at=timezone.now())
        annotation.annotate_next(_worker())
        job.refresh_from_db()
        assert (job.status, job.failure_code, job.attempt) == (Status.FAILED, "ATTEMPTS_USED_UP", 2)

    def test_fails_a_job_whose_input_is_gone_at_once(self, free_user: User) -> None:
        job = make_job(free_user, now=timezone.now())
        annotation.annotate_next(_worker())
        job.refresh_from_db()
        assert (job.status, job.failure_code, job.attempt) == (Status.FAILED, "INPUT_MISSING", 1)
        assert "Upload it again" in job.failure_advice
        assert job.failure_message in results.log_text(job)[0]

    def test_a08_completes_no_job_whose_result_was_not_stored(
        self, submit: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*args: Any, **options: Any) -> None:
            raise StorageUnavailableError("S3 is away")

        job = submit(files.VCF)
        monkeypatch.setattr(s3, "store", fail)
        annotation.annotate_next(_worker())
        job.refresh_from_db()
        assert (job.status, job.files.count()) == (Status.PENDING, 0)

    def test_writes_its_progress_at_most_once_a_second(
        self, submit: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        written: list[dict[str, Any]] = []
        original = transitions.touch

        def touch(job: Job, *, now: datetime, **changes: Any) -> bool:
            written.append(changes)
            return original(job, now=now, **changes)

        monkeypatch.setattr(transitions, "touch", touch)
        submit(files.VCF)
        began = time.monotonic()
        annotation.annotate_next(_worker())
        own_steps = 2  # fetching and storing
        assert len(written) <= own_steps + time.monotonic() - began

    def test_replaces_the_log_of_a_failed_attempt(self, submit: Callable[..., Job]) -> None:
        job = submit(files.with_records("chr99\t5\t.\tA\tC\t.\t.\t.\tGT\t0/1"))
        annotation.annotate_next(_worker())
        job.refresh_from_db()
        submission.retry(job, actor="user:1", now=timezone.now())
        annotation.annotate_next(_worker())
        job.refresh_from_db()
        assert (job.attempt, job.status) == (2, Status.FAILED)
        assert _result_keys(job) == [job.files.get().key]


class TestLosingTheJob:
    @pytest.fixture
    def slow(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
        """This function will hold the annotation back before it stores its result, until the event is set."""
        go, original = threading.Event(), results.store

        def store(*args: Any, **options: Any) -> Any:
            go.wait(60)
            return original(*args, **options)

        monkeypatch.setattr(results, "store", store)
        yield go
        go.set()

    def _start(self) -> threading.Thread:
        thread = threading.Thread(target=_work)
        thread.start()
        end = time.monotonic() + 60
        while not Job.objects.filter(stage="Storing the result").exists():
            assert time.monotonic() < end
            time.sleep(0.02)
        return thread

    def test_by_cancelling_leaves_no_file(self, submit: Callable[..., Job], slow: threading.Event) -> None:
        job = submit(files.VCF)
        thread = self._start()
        job.refresh_from_db()
        submission.cancel(job, actor="user:1", now=timezone.now())
        slow.set()
        thread.join()
        job.refresh_from_db()
        assert job.status == Status.CANCELLED
        assert _result_keys(job) == []

    def test_to_another_worker_leaves_that_workers_result_alone(
        self, submit: Callable[..., Job], slow: threading.Event
    ) -> None:
        job = submit(files.VCF)
        late = self._start()
        Job.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
        dispatch.sweep(now=timezone.now())
        slow.set()
        annotation.annotate_next(_worker("host:2"))
        late.join()
        job.refresh_from_db()
        assert (job.status, job.attempt) == (Status.COMPLETED, 2)
        assert sorted(_result_keys(job)) == sorted(job.files.values_list("key", flat=True))


class TestWorkFolder:
    def test_is_removed_while_no_other_worker_looks_for_dead_ones(
        self, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Two that remove one folder would stumble over each other, and one of them would fail its job's attempt."""
        removed: list[str] = []

        def remove(folder: Path) -> None:
            with (settings.WORK_DIR / "lock").open() as lock, pytest.raises(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            removed.append(folder.name)
            original(folder)

        original = shutil.rmtree
        monkeypatch.setattr(shutil, "rmtree", remove)
        (settings.WORK_DIR / "dead-1").mkdir(parents=True)
        with annotation._folder(job := Job(attempt=2)):
            pass
        assert removed == ["dead-1", f"{job.pk}-2"]


class TestFaultsOnTheWay:
    def test_in_the_database_do_not_lose_the_annotation(
        self, submit: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        original = transitions.touch
        cut: list[Job] = []

        def cut_once(job: Job, **options: Any) -> bool:
            if job.stage != "Storing the result" and not cut:
                cut.append(job)
                with connection.cursor() as cursor, pytest.raises(Error):
                    cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            return original(job, **options)

        monkeypatch.setattr(transitions, "touch", cut_once)
        job = submit(files.VCF)
        annotation.annotate_next(_worker())
        job.refresh_from_db()
        assert cut
        assert (job.status, job.attempt) == (Status.COMPLETED, 1)

    def test_in_the_last_step_give_the_job_back_and_leave_no_file(
        self, submit: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*args: Any, **options: Any) -> None:
            raise OSError("no commit today")

        monkeypatch.setattr(results, "replace", fail)
        job = submit(files.VCF)
        annotation.annotate_next(_worker())
        job.refresh_from_db()
        assert job.status == Status.PENDING
        assert _result_keys(job) == []

    def test_after_the_commit_leave_the_result_alone(
        self, submit: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(keys: list[str]) -> None:
            raise OSError("S3 went away")

        monkeypatch.setattr(results, "drop", fail)
        job = submit(files.VCF)
        annotation.annotate_next(_worker())
        job.refresh_from_db()
        assert job.status == Status.COMPLETED
        assert sorted(_result_keys(job)) == sorted(job.files.values_list("key", flat=True))

    def test_of_a_stray_file_in_the_work_folder_are_none(self, submit: Callable[..., Job], settings: Any) -> None:
        settings.WORK_DIR.mkdir(parents=True, exist_ok=True)
        (settings.WORK_DIR / "stray").touch()
        job = submit(files.VCF)
        annotation.annotate_next(_worker())
        job.refresh_from_db()
        assert job.status == Status.COMPLETED


class TestStopping:
    def test_gives_the_job_back_at_no_cost(self, submit: Callable[..., Job], monkeypatch: pytest.MonkeyPatch) -> None:
        def stop(*args: Any, **options: Any) -> None:
            raise SystemExit

        monkeypatch.setattr(sandbox, "annotate", stop)
        job = submit(files.VCF)
        with pytest.raises(SystemExit):
            annotation.annotate_next(_worker())
        job.refresh_from_db()
        assert (job.status, job.attempts_allowed - job.attempt) == (Status.PENDING, 5)

    def test_after_the_end_was_recorded_changes_nothing(self, free_user: User, now: datetime) -> None:
        done = make_job(free_user, now=now, status=Status.COMPLETED)
        annotation._stop(done, worker=_worker())
        done.refresh_from_db()
        assert done.status == Status.COMPLETED
        with pytest.raises(StaleJobError):
            transitions.move(Job(pk=done.pk, status=Status.RUNNING, attempt=1), Status.PENDING, actor="sweep", now=now)


def _work() -> None:
    annotation.annotate_next(_worker())
    connection.close()
