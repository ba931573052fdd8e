import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from genomics import locks
from genomics.aws import s3
from genomics.users.models import User
from jobs import deletion, publishing, storage, submission, sweeping, transitions
from jobs.errors import NotPossibleNowError, StaleJobError
from jobs.models import WITH_RESULT, Job, JobEvent, Kind, ResultFile, Status
from tests.jobs.factory import make_job

LATER = settings.REMOVAL_PAUSE + timedelta(seconds=1)


def _keys(job: Job) -> list[str]:
    return [
        key
        for role in (storage.INPUTS, storage.RESULTS)
        for key in s3.keys_under(storage.bucket(role), prefix=f"{job.lab_id}/{job.pk}/")
    ]


@pytest.mark.django_db
class TestDelete:
    @pytest.mark.parametrize("status", Status)
    def test_hides_a_job_in_any_state_and_records_it(self, free_user: User, now: datetime, status: Status) -> None:
        job = make_job(free_user, now=now, status=status)
        deletion.delete(job, actor="user:1", now=now)
        job.refresh_from_db()
        assert job.deleted_at == now
        assert not Job.objects.visible_to(free_user).exists()
        event = JobEvent.objects.get(job=job, sequence=job.sequence)
        assert (event.status, event.actor, event.note) == (job.status, "user:1", "Deleted.")
        ended = {Status.DRAFT, Status.PENDING, Status.RUNNING}
        assert job.status == (Status.CANCELLED if status in ended else status)

    def test_twice_changes_nothing(self, free_user: User, now: datetime) -> None:
        job = make_job(free_user, now=now, status=Status.FAILED)
        late = Job.objects.get()
        deletion.delete(job, actor="user:1", now=now)
        deletion.delete(job, actor="user:1", now=now + timedelta(hours=1))
        deletion.delete(late, actor="user:2", now=now + timedelta(hours=1))
        assert Job.objects.get().deleted_at == now
        assert job.events.filter(note="Deleted.").count() == 1

    def test_follows_a_job_that_has_moved_meanwhile(self, free_user: User, now: datetime) -> None:
        job = make_job(free_user, now=now, status=Status.RUNNING)
        counts: Any = {"records_read": 0, "records_annotated": 0, "records_passed": 0, "records_rejected": 0}
        transitions.move(Job.objects.get(), Status.COMPLETED, actor="worker:a", now=now, **counts)
        deletion.delete(job, actor="user:1", now=now)
        assert Job.objects.get().deleted_at == now

    def test_gives_up_with_words_when_the_job_moves_all_the_time(
        self, free_user: User, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = make_job(free_user, now=now, status=Status.FAILED)
        monkeypatch.setattr(Job, "refresh_from_db", lambda *_: None)
        Job.objects.update(attempt=7)
        with pytest.raises(NotPossibleNowError, match="cannot be done now"):
            deletion.delete(job, actor="user:1", now=now)

    def test_leaves_no_way_back_to_who_has_the_job_still_before_him(self, free_user: User, now: datetime) -> None:
        job = make_job(free_user, now=now, status=Status.FAILED)
        late = Job.objects.get()
        deletion.delete(job, actor="user:1", now=now)
        with pytest.raises(StaleJobError):
            transitions.move(late, Status.PENDING, actor="user:1", now=now, ready_at=now)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("aws")
class TestSweep:
    @pytest.fixture
    def put(self, tmp_path: Path) -> Callable[[str, str], None]:
        source = tmp_path / "object"
        source.write_bytes(b"bytes")

        def put(role: str, key: str) -> None:
            s3.store(storage.bucket(role), key=key, source=source, content_type="text/plain")

        return put

    def _published(self) -> None:
        JobEvent.objects.update(published_at=models.F("created_at"))

    def test_removes_bytes_open_uploads_and_the_row(
        self, free_user: User, now: datetime, put: Callable[[str, str], None]
    ) -> None:
        job = make_job(free_user, now=now, status=Status.COMPLETED)
        other = make_job(free_user, now=now, status=Status.COMPLETED)
        put(storage.INPUTS, job.input_key)
        put(storage.RESULTS, storage.attempt_prefix(job) + "result.vcf.gz")
        put(storage.RESULTS, f"{job.lab_id}/{job.pk}/9/late.vcf.gz")
        published = storage.attempt_prefix(other) + "result.vcf.gz"
        put(storage.RESULTS, published)
        other.files.create(kind=Kind.VCF, name="a", key=published, size_bytes=5)
        s3.begin_upload(storage.bucket(storage.INPUTS), key=job.input_key)
        deletion.delete(job, actor="user:1", now=now)
        self._published()
        assert deletion.sweep(now=now + settings.REMOVAL_PAUSE) == 0
        assert len(_keys(job)) == 3
        assert deletion.sweep(now=now + LATER) == 2  # the other one is tidy
        assert _keys(job) == []
        assert s3.open_uploads(storage.bucket(storage.INPUTS), prefix=str(job.lab_id)) == []
        assert Job.objects.get() == other
        assert len(_keys(other)) == 1

    def test_waits_for_the_last_event_to_be_published(self, free_user: User, now: datetime) -> None:
        job = make_job(free_user, now=now, status=Status.FAILED)
        deletion.delete(job, actor="user:1", now=now)
        assert deletion.sweep(now=now + LATER) == 0
        publishing.publish(now=now + LATER)
        assert deletion.sweep(now=now + LATER) == 1

    def test_waits_for_the_publisher_and_goes_on_afterwards(self, free_user: User, now: datetime) -> None:
        job = make_job(free_user, now=now, status=Status.FAILED)
        deletion.delete(job, actor="user:1", now=now)
        self._published()
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(%s)", [locks._key("jobs.publish")])
            assert deletion.sweep(now=now + LATER) == 0
        finally:
            other.close()
        assert deletion.sweep(now=now + LATER) == 1

    def test_waits_while_a_row_of_an_upper_floor_points_to_the_job(
        self, free_user: User, now: datetime, put: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = make_job(free_user, now=now, status=Status.COMPLETED)
        put(storage.INPUTS, job.input_key)
        deletion.delete(job, actor="user:1", now=now)
        self._published()
        with monkeypatch.context() as patched:
            patched.setattr(JobEvent._meta.get_field("job").remote_field, "on_delete", models.PROTECT)
            assert deletion.sweep(now=now + LATER) == 0
        assert len(_keys(job)) == 1
        assert deletion.sweep(now=now + LATER) == 1

    def test_loads_a_bounded_number_of_jobs_without_their_summaries(
        self, free_user: User, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(3):
            deletion.delete(make_job(free_user, now=now, status=Status.FAILED), actor="user:1", now=now)
        self._published()
        monkeypatch.setattr(deletion, "_BATCH", 2)
        with CaptureQueriesContext(connection) as queries:
            assert deletion.sweep(now=now + LATER) == 2
        assert not [query["sql"] for query in queries if '"summary"' in query["sql"]]
        assert Job.objects.count() == 1

    def test_comes_to_a_job_behind_those_that_cannot_be_removed(
        self, free_user: User, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        poison, fine = (make_job(free_user, now=now, status=Status.FAILED) for _ in range(2))
        for job, seconds in ((poison, 0), (fine, 1)):
            deletion.delete(job, actor="user:1", now=now + timedelta(seconds=seconds))
        self._published()
        monkeypatch.setattr(deletion, "_BATCH", 1)
        monkeypatch.setattr(storage, "remove_all", lambda job: job.pk != poison.pk)
        assert any(deletion.sweep(now=now + LATER + timedelta(seconds=1)) for _ in range(60))
        assert Job.objects.get() == poison

    def test_ends_after_seconds_and_hints_itself_while_it_gets_on(
        self, free_user: User, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hints: list[str] = []
        monkeypatch.setattr(deletion, "send", hints.append)
        watch = _Watch()
        monkeypatch.setattr(deletion, "time", watch)
        monkeypatch.setattr(sweeping, "time", watch)
        monkeypatch.setattr(storage, "remove_all", watch.slowly(done=True))
        for _ in range(2):
            deletion.delete(make_job(free_user, now=now, status=Status.FAILED), actor="user:1", now=now)
            old = make_job(free_user, now=now, status=Status.DRAFT)
            Job.objects.filter(pk=old.pk).update(updated_at=now - timedelta(days=2))
        self._published()
        assert [deletion.sweep(now=now + LATER) for _ in range(2)] == [3, 1]
        assert hints == [deletion.REMOVE] * 2
        monkeypatch.setattr(storage, "remove_all", watch.slowly(done=False))
        Job.objects.update(deleted_at=now)
        self._published()
        assert deletion.sweep(now=now + LATER) == 0
        assert len(hints) == 2

    def test_clears_away_what_a_killed_attempt_left_when_no_other_one_ended_the_job(
        self, free_user: User, now: datetime, put: Callable[[str, str], None]
    ) -> None:
        job = make_job(free_user, now=now, status=Status.RUNNING)
        transitions.move(job, Status.CANCELLED, actor="user:1", now=now, finished_at=now)
        left, later = (storage.attempt_prefix(job, attempt=number) + "result.vcf.gz" for number in (1, 2))
        put(storage.RESULTS, left)
        put(storage.RESULTS, later)  # of an attempt that has begun since the sweep looked
        put(storage.INPUTS, job.input_key)
        assert deletion.sweep(now=now + settings.REMOVAL_PAUSE) == 0
        assert deletion.sweep(now=now + LATER) == 1
        assert _keys(job) == [job.input_key, later]
        assert deletion.sweep(now=now + LATER) == 0  # once
        again = Job.objects.get()
        submission.retry(again, actor="user:1", now=now)
        transitions.move(again, Status.RUNNING, actor="worker:1", now=now, attempt=2, lease_expires_at=now)
        assert deletion.sweep(now=now + LATER) == 0
        transitions.move(again, Status.FAILED, actor="sweep", now=now, finished_at=now)
        assert deletion.sweep(now=now + LATER) == 1
        assert _keys(job) == [job.input_key]

    @pytest.mark.parametrize("status", WITH_RESULT)
    def test_tidies_a_job_wherever_its_result_is_and_spares_what_is_published(
        self, free_user: User, now: datetime, put: Callable[[str, str], None], status: Status
    ) -> None:
        job = make_job(free_user, now=now, status=status)
        left, published = (storage.attempt_prefix(job) + name for name in ("left.tmp", "result.vcf.gz"))
        for key in (left, published):
            put(storage.RESULTS, key)
        ResultFile.objects.create(job=job, kind=Kind.VCF, name="a", key=published, size_bytes=1, sha256="0" * 64)
        assert deletion.sweep(now=now + LATER) == 1
        assert _keys(job) == [published]

    def test_goes_on_after_a_job_that_cannot_be_removed(
        self, free_user: User, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        poison = make_job(free_user, now=now, status=Status.FAILED)
        fine = make_job(free_user, now=now, status=Status.FAILED)
        deletion.delete(poison, actor="user:1", now=now)
        deletion.delete(fine, actor="user:1", now=now + timedelta(seconds=1))
        self._published()
        original = storage.remove_all

        def fail(job: Job) -> bool:
            if job.pk == poison.pk:
                raise OSError("S3 says something nobody understands")
            return original(job)

        monkeypatch.setattr(storage, "remove_all", fail)
        assert deletion.sweep(now=now + LATER + timedelta(seconds=1)) == 1
        assert Job.objects.get() == poison

    def test_keeps_the_row_until_nothing_is_left_in_s3(
        self, free_user: User, now: datetime, put: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = make_job(free_user, now=now, status=Status.FAILED)
        put(storage.INPUTS, job.input_key)
        deletion.delete(job, actor="user:1", now=now)
        self._published()
        with monkeypatch.context() as patched:
            patched.setattr(s3, "delete", lambda bucket, *, keys: None)
            assert deletion.sweep(now=now + LATER) == 0
        assert Job.objects.get().pk == job.pk
        assert deletion.sweep(now=now + LATER) == 1

    @pytest.mark.parametrize(("touched", "ended"), [(timedelta(hours=23), 0), (timedelta(hours=25), 1)])
    def test_deletes_an_upload_that_nobody_goes_on_with(
        self, free_user: User, now: datetime, touched: timedelta, ended: int
    ) -> None:
        draft = make_job(free_user, now=now - timedelta(days=3), status=Status.DRAFT)
        Job.objects.update(updated_at=now - touched)
        key, bucket = draft.input_key, storage.bucket(storage.INPUTS)
        s3.begin_upload(bucket, key=key)
        assert deletion.sweep(now=now) == ended
        draft.refresh_from_db()
        assert (draft.status == Status.CANCELLED, draft.deleted_at == now) == (bool(ended), bool(ended))
        self._published()
        deletion.sweep(now=now + LATER)
        assert len(s3.open_uploads(bucket, prefix=key)) == 1 - ended
        assert Job.objects.count() == 1 - ended

    def test_deletes_an_upload_that_was_cancelled_but_no_cancelled_job(self, free_user: User, now: datetime) -> None:
        upload = make_job(free_user, now=now, status=Status.DRAFT)
        transitions.move(upload, Status.CANCELLED, actor="user:1", now=now)
        job = make_job(free_user, now=now, status=Status.CANCELLED)
        assert deletion.sweep(now=now + timedelta(minutes=59)) == 0
        assert deletion.sweep(now=now + timedelta(minutes=61)) == 1
        assert Job.objects.get(deleted_at=None) == job

    def test_leaves_an_upload_alone_that_is_gone_on_with_meanwhile(
        self, free_user: User, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        draft = make_job(free_user, now=now, status=Status.DRAFT)
        Job.objects.update(updated_at=now - timedelta(days=2))
        seen = Job.objects.get()
        Job.objects.update(updated_at=now)
        assert deletion._end_upload(seen, now=now) is False
        draft.refresh_from_db()
        assert draft.status == Status.DRAFT

    def test_stands_back_while_another_one_runs(self, free_user: User, now: datetime) -> None:
        job = make_job(free_user, now=now, status=Status.FAILED)
        deletion.delete(job, actor="user:1", now=now)
        self._published()
        done: list[int] = []

        def elsewhere() -> None:
            done.append(deletion.sweep(now=now + LATER))
            connection.close()

        with locks.alone(deletion.SWEEP_LOCK):
            thread = threading.Thread(target=elsewhere)
            thread.start()
            thread.join()
        assert done == [0]
        assert Job.objects.exists()


class _Watch:
    """A clock on which nothing takes time but what says so."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def monotonic(self) -> float:
        return self._seconds

    def slowly(self, *, done: bool) -> Callable[[Job], bool]:
        def remove(_: Job) -> bool:
            self._seconds += deletion._SWEEP_TIME.total_seconds()
            return done

        return remove
