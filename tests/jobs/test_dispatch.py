import itertools
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction

from genomics import locks
from genomics.users.models import Lab, User
from jobs import deletion, dispatch, submission, transitions, turns
from jobs.errors import StaleJobError
from jobs.models import Job, Status
from tests.at_once import meanwhile
from tests.jobs.factory import make_job
from tests.jobs.hints import of_work

Capture = Callable[..., AbstractContextManager[list[Callable[[], None]]]]


@pytest.mark.django_db
class TestClaim:
    def test_takes_the_oldest_job_under_a_lease(self, free_user: User, now: datetime) -> None:
        make_job(free_user, now=now)
        first = make_job(free_user, now=now - timedelta(minutes=1))
        job = dispatch.claim("host:1", now=now)
        assert job is not None
        job.refresh_from_db()
        assert (job.pk, job.status, job.attempt, job.worker) == (first.pk, Status.RUNNING, 1, "host:1")
        assert job.lease_expires_at == now + settings.LEASE_DURATION

    def test_gives_none_when_nothing_waits(self, free_user: User, now: datetime) -> None:
        make_job(free_user, now=now, status=Status.DRAFT)
        assert dispatch.claim("host:1", now=now) is None

    def test_prefers_the_lab_that_runs_the_fewest(self, free_user: User, premium_user: User, now: datetime) -> None:
        for _ in range(3):
            make_job(premium_user, now=now - timedelta(hours=1))
        late = make_job(free_user, now=now)
        assert dispatch.claim("host:1", now=now)
        second = dispatch.claim("host:2", now=now)
        assert second is not None
        assert second.pk == late.pk

    def test_keeps_to_the_cap_of_the_plan(self, free_user: User, now: datetime) -> None:
        cap = Lab.objects.of(free_user)[0].limits.max_running_jobs
        for _ in range(cap + 1):
            make_job(free_user, now=now)
        claimed = [dispatch.claim(f"host:{n}", now=now) for n in range(cap + 1)]
        assert [job is not None for job in claimed] == [True] * cap + [False]


@pytest.mark.django_db
class TestFairness:
    def test_lets_a_second_lab_finish_its_ten_jobs_within_the_first_twenty_five(
        self, free_user: User, premium_user: User, now: datetime
    ) -> None:
        for number in range(50):
            make_job(premium_user, now=now - timedelta(hours=1, seconds=-number))
        late = {make_job(free_user, now=now + timedelta(seconds=number)).pk for number in range(10)}
        later = now + timedelta(minutes=1)
        done: list[Any] = []
        running = [dispatch.claim("host:1", now=later)]  # begun when the second lab came
        while job := dispatch.claim("host:2", now=later):
            running.append(job)
            ended = running.pop(0)
            assert ended is not None
            _end(ended, now=later)
            done.append(ended.pk)
        assert late <= set(done[:25])

    def test_goes_round_for_one_worker_too(self, free_user: User, premium_user: User, now: datetime) -> None:
        for number in range(50):
            make_job(premium_user, now=now - timedelta(hours=1, seconds=-number))
        late = {make_job(free_user, now=now + timedelta(seconds=number)).pk for number in range(10)}
        done: list[Any] = []
        for number in range(25):
            later = now + timedelta(minutes=1, seconds=number)
            job = dispatch.claim("host:1", now=later)
            assert job is not None
            _end(job, now=later)
            done.append(job.pk)
        assert late <= set(done)

    def test_counts_no_lab_out_whose_turn_is_last(self, free_user: User, premium_user: User, now: datetime) -> None:
        for _ in range(2):
            make_job(free_user, now=now, status=Status.RUNNING)
        make_job(free_user, now=now - timedelta(hours=1))
        for _ in range(5):
            make_job(premium_user, now=now, status=Status.RUNNING)
        waiting = make_job(premium_user, now=now)
        job = dispatch.claim("host:1", now=now)
        assert job is not None
        assert job.pk == waiting.pk


@pytest.mark.django_db(transaction=True)
class TestClaimAtOnce:
    def _claim_at_once(self, workers: int, *, now: datetime) -> list[Job]:
        claimed: list[Job] = []
        start = threading.Barrier(workers)

        def work(name: str) -> None:
            start.wait()
            try:
                job = dispatch.claim(name, now=now)
                if job:
                    claimed.append(job)
            finally:
                connection.close()

        threads = [threading.Thread(target=work, args=(f"host:{number}",)) for number in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return claimed

    def test_gives_each_job_to_one_worker_and_keeps_to_the_cap(self, free_user: User, now: datetime) -> None:
        for _ in range(6):
            make_job(free_user, now=now)
        claimed = self._claim_at_once(6, now=now)
        assert len({job.pk for job in claimed}) == len(claimed) == 2

    def test_leaves_no_worker_idle_while_any_lab_has_a_place(
        self, free_user: User, premium_user: User, stranger: User, now: datetime
    ) -> None:
        for user in (free_user, stranger):
            make_job(user, now=now)
        for _ in range(6):
            make_job(premium_user, now=now)
        claimed = self._claim_at_once(8, now=now)
        assert len({job.pk for job in claimed}) == 8

    def test_waits_for_a_lab_that_another_claim_holds_before_going_idle(self, free_user: User, now: datetime) -> None:
        job = make_job(free_user, now=now)
        held, claimed = threading.Event(), list[Job | None]()

        def claim() -> None:
            held.wait()
            try:
                claimed.append(dispatch.claim("host:1", now=now))
            finally:
                connection.close()

        thread = threading.Thread(target=claim)
        thread.start()
        with transaction.atomic():
            Lab.objects.select_for_update(no_key=True).get(pk=job.lab_id)
            held.set()
            thread.join(0.3)
            assert thread.is_alive()
        thread.join()
        assert [one and one.pk for one in claimed] == [job.pk]

    def test_passes_a_lab_whose_holder_never_lets_go(
        self, free_user: User, premium_user: User, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(turns, "_LONGEST_WAIT", timedelta(seconds=0.2))
        stuck, free = make_job(free_user, now=now), make_job(premium_user, now=now)
        other = connection.copy()
        try:
            other.set_autocommit(False)
            with other.cursor() as cursor:
                cursor.execute("SELECT FROM users_lab WHERE id = %s FOR NO KEY UPDATE", [stuck.lab_id])
            with connection.cursor() as cursor:
                cursor.execute("SET statement_timeout = '5s'")  # so that a wait without end fails here
            assert dispatch.claim("host:1", now=now) == free
            assert dispatch.claim("host:1", now=now) is None
        finally:
            other.close()
            connection.close()
        assert dispatch.claim("host:1", now=now) == stuck

    def test_counts_the_lease_from_the_end_of_the_wait(self, free_user: User, now: datetime) -> None:
        job = make_job(free_user, now=now)

        def hold() -> None:
            Lab.objects.select_for_update(no_key=True).get(pk=job.lab_id)

        claimed = meanwhile(lambda: dispatch.claim("host:1", now=now), first=hold).result()
        assert claimed is not None
        assert claimed.lease_expires_at is not None
        assert claimed.lease_expires_at > now + settings.LEASE_DURATION

    def test_a05_claims_before_any_work_so_that_a_second_message_finds_nothing(
        self, free_user: User, now: datetime
    ) -> None:
        make_job(free_user, now=now)
        assert dispatch.claim("host:1", now=now) is not None
        assert dispatch.claim("host:2", now=now) is None


@pytest.mark.django_db(transaction=True)
class TestHints:
    @pytest.fixture
    def hints(self, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
        """This function will give the labs for which hints were sent."""
        sent: list[Any] = []
        monkeypatch.setattr(dispatch, "send", lambda _task, *, lab: sent.append(lab))
        return sent

    def test_are_sent_for_as_many_jobs_as_may_run(self, free_user: User, now: datetime, hints: list[Any]) -> None:
        for _ in range(5):
            submission.submit(make_job(free_user, now=now, status=Status.DRAFT), actor="user:1", now=now)
        assert len(hints) == 2

    def test_keep_a_lab_going_with_one_for_each_job_in_all(
        self, free_user: User, now: datetime, hints: list[Any]
    ) -> None:
        for _ in range(9):
            submission.submit(make_job(free_user, now=now, status=Status.DRAFT), actor="user:1", now=now)
        done = 0
        while hints:
            hints.pop()
            job = dispatch.claim("host:1", now=now)
            assert job is not None
            _end(job, now=now)
            done += 1
        assert done == 9

    def test_are_not_sent_when_a_job_ends_that_nobody_waited_for(
        self, premium_user: User, now: datetime, hints: list[Any]
    ) -> None:
        running = make_job(premium_user, now=now, status=Status.RUNNING)
        make_job(premium_user, now=now)  # has a place, and a hint of its own
        _end(running, now=now)
        assert hints == []

    def test_follow_a_running_job_that_is_cancelled_or_deleted(
        self, free_user: User, now: datetime, hints: list[Any]
    ) -> None:
        first, second = (make_job(free_user, now=now, status=Status.RUNNING) for _ in range(2))
        for _ in range(3):
            make_job(free_user, now=now)
        submission.cancel(first, actor="user:1", now=now)
        assert len(hints) == 1
        deletion.delete(second, actor="user:1", now=now)
        assert len(hints) == 2

    def test_of_the_sweep_are_no_more_than_a_lab_has_places(
        self, free_user: User, premium_user: User, now: datetime, hints: list[Any]
    ) -> None:
        for _ in range(4):
            make_job(free_user, now=now)
            make_job(premium_user, now=now)
        assert dispatch.sweep(now=now + settings.HINT_TIMEOUT) == 0
        assert dispatch.sweep(now=now + settings.HINT_TIMEOUT + timedelta(seconds=1)) == 2 + 4

    def test_of_the_sweep_are_bounded_and_come_after_longer_and_longer_pauses(
        self, premium_user: User, now: datetime, hints: list[Any]
    ) -> None:
        make_job(premium_user, now=now)
        seconds = [second for second in range(0, 3600, 15) if dispatch.sweep(now=now + timedelta(seconds=second))]
        assert seconds[:4] == [45, 105, 225, 465]
        assert {later - sooner for sooner, later in itertools.pairwise(seconds[4:])} == {315}


@pytest.mark.django_db
class TestGiveBack:
    def test_lets_the_job_wait_again_and_hints(
        self, free_user: User, now: datetime, django_capture_on_commit_callbacks: Capture
    ) -> None:
        job = make_job(free_user, now=now, status=Status.RUNNING)
        with django_capture_on_commit_callbacks() as hints:
            dispatch.give_back(job, actor="worker:a", now=now, note="stopped")
        assert job.status == Status.PENDING
        assert len(of_work(hints)) == 1

    def test_lets_it_wait_for_the_pause_before_anybody_takes_it(
        self, free_user: User, now: datetime, django_capture_on_commit_callbacks: Capture
    ) -> None:
        job = make_job(free_user, now=now, status=Status.RUNNING)
        with django_capture_on_commit_callbacks():
            dispatch.give_back(job, actor="worker:a", now=now, note="disk full", pause=timedelta(seconds=15))
        assert dispatch.claim("host:2", now=now + timedelta(seconds=14)) is None
        with django_capture_on_commit_callbacks() as hints:
            assert dispatch.sweep(now=now + timedelta(seconds=14)) == 0
            assert hints == []
            assert dispatch.sweep(now=now + timedelta(seconds=15)) == 1
        assert len(hints) == 1
        assert dispatch.claim("host:2", now=now + timedelta(seconds=15)) is not None

    def test_fails_a_job_whose_attempts_are_used_up(self, free_user: User, now: datetime) -> None:
        job = make_job(free_user, now=now, status=Status.RUNNING)
        Job.objects.filter(pk=job.pk).update(attempts_allowed=1)
        job.refresh_from_db()
        dispatch.give_back(job, actor="sweep", now=now, note="gone")
        job.refresh_from_db()
        assert (job.status, job.failure_code) == (Status.FAILED, "ATTEMPTS_USED_UP")
        assert job.failure_advice

    def test_leaves_a_cancelled_job_alone(self, free_user: User, now: datetime) -> None:
        job = make_job(free_user, now=now, status=Status.RUNNING)
        transitions.move(Job.objects.get(pk=job.pk), Status.CANCELLED, actor="user:1", now=now)
        with pytest.raises(StaleJobError):
            dispatch.give_back(job, actor="worker:a", now=now, note="stopped")


@pytest.mark.django_db
class TestPauseAfterFault:
    @pytest.mark.parametrize(("attempt", "allowed", "seconds"), [(1, 5, 15), (2, 5, 30), (4, 5, 120), (8, 12, 15)])
    def test_doubles_with_each_attempt_since_the_submission(
        self, free_user: User, now: datetime, attempt: int, allowed: int, seconds: int
    ) -> None:
        job = make_job(free_user, now=now)
        job.attempt, job.attempts_allowed = attempt, allowed
        assert dispatch.pause_after_fault(job) == timedelta(seconds=seconds)


@pytest.mark.django_db
class TestSweep:
    def test_recovers_a_job_whose_worker_is_gone_with_one_hint(
        self, free_user: User, now: datetime, django_capture_on_commit_callbacks: Capture
    ) -> None:
        job = make_job(free_user, now=now - timedelta(minutes=2), status=Status.RUNNING)
        with django_capture_on_commit_callbacks() as hints:
            assert dispatch.sweep(now=now) == 1
        assert len(of_work(hints)) == 1
        job.refresh_from_db()
        assert job.status == Status.PENDING
        assert job.events.get(sequence=job.sequence).actor == "sweep"

    def test_leaves_a_living_lease_alone(self, free_user: User, now: datetime) -> None:
        job = make_job(free_user, now=now, status=Status.RUNNING)
        transitions.renew_lease(job, until=now + timedelta(seconds=1))
        assert dispatch.sweep(now=now) == 0

    def test_hints_a_waiting_job_that_nobody_picked_up_once_per_pause(
        self, job: Job, now: datetime, django_capture_on_commit_callbacks: Capture
    ) -> None:
        later = now + settings.HINT_TIMEOUT + timedelta(seconds=1)
        with django_capture_on_commit_callbacks() as hints:
            assert dispatch.sweep(now=now) == 0
            assert dispatch.sweep(now=later) == 1
            assert dispatch.sweep(now=later) == 0
        assert len(hints) == 1

    def test_stands_back_while_another_sweep_runs(self, job: Job, now: datetime) -> None:
        del job
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(%s)", [locks._key(dispatch.SWEEP_LOCK)])
            assert dispatch.sweep(now=now + timedelta(hours=1)) == 0
        finally:
            other.close()

    def test_goes_on_after_a_job_that_cannot_be_healed(
        self, free_user: User, premium_user: User, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        poison = make_job(free_user, now=now - timedelta(minutes=2), status=Status.RUNNING)
        fine = make_job(premium_user, now=now - timedelta(minutes=1), status=Status.RUNNING)
        original = transitions.move

        def move(job: Job, *args: Any, **options: Any) -> Any:
            if job.pk == poison.pk:
                raise RuntimeError("this row is beyond repair")
            return original(job, *args, **options)

        monkeypatch.setattr(transitions, "move", move)
        assert dispatch.sweep(now=now) == 1
        fine.refresh_from_db()
        assert fine.status == Status.PENDING

    def test_a04_runs_a_job_again_whose_worker_was_killed(self, free_user: User, now: datetime) -> None:
        job = make_job(free_user, now=now)
        assert dispatch.claim("host:1", now=now) is not None
        later = now + settings.LEASE_DURATION + timedelta(seconds=1)
        assert dispatch.sweep(now=later) == 1
        again = dispatch.claim("host:2", now=later)
        assert again is not None
        assert (again.pk, again.attempt) == (job.pk, 2)


def _end(job: Job, *, now: datetime) -> None:
    """This function will end a running job as its worker does."""
    with transaction.atomic():
        transitions.move(
            job,
            Status.COMPLETED,
            actor="worker:1",
            now=now,
            finished_at=now,
            records_read=0,
            records_annotated=0,
            records_passed=0,
            records_rejected=0,
        )
        dispatch.left(job.lab_id)
