import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection

from genomics import locks
from genomics.users.models import Lab, User
from jobs import dispatch, transitions
from jobs.errors import StaleJobError
from jobs.models import Job, Status
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


@pytest.mark.django_db(transaction=True)
class TestClaimAtOnce:
    def test_gives_each_job_to_one_worker_and_keeps_to_the_cap(self, free_user: User, now: datetime) -> None:
        for _ in range(6):
            make_job(free_user, now=now)
        claimed: list[Job] = []
        start = threading.Barrier(6)

        def work(name: str) -> None:
            start.wait()
            job = dispatch.claim(name, now=now)
            if job:
                claimed.append(job)
            connection.close()

        workers = [threading.Thread(target=work, args=(f"host:{n}",)) for n in range(6)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert len({job.pk for job in claimed}) == len(claimed) == 2


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
