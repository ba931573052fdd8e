import uuid
from datetime import datetime, timedelta

import pytest

from genomics.users.models import User
from jobs import turns
from jobs.models import Job, Status
from tests.jobs.factory import make_job

pytestmark = pytest.mark.django_db


class TestHoldNext:
    def test_gives_the_lab_that_runs_the_fewest_then_the_one_that_waits_longest(
        self, free_user: User, premium_user: User, stranger: User, now: datetime
    ) -> None:
        make_job(free_user, now=now, status=Status.RUNNING)
        expected = [make_job(stranger, now=now - timedelta(minutes=1)), make_job(premium_user, now=now)]
        expected.append(make_job(free_user, now=now - timedelta(hours=1)))
        passed: list[uuid.UUID] = []
        while lab_id := turns.hold_next(now=now, passed=passed):
            passed.append(lab_id)
        assert passed == [job.lab_id for job in expected]

    def test_goes_round_among_labs_that_run_equally_many(
        self, free_user: User, premium_user: User, stranger: User, now: datetime
    ) -> None:
        for user, minutes in ((free_user, 1), (premium_user, 5)):
            ended = make_job(user, now=now - timedelta(hours=1), status=Status.CANCELLED)
            Job.objects.filter(pk=ended.pk).update(started_at=now - timedelta(minutes=minutes))
        waiting = [make_job(user, now=now) for user in (free_user, premium_user, stranger)]
        passed: list[uuid.UUID] = []
        while lab_id := turns.hold_next(now=now, passed=passed):
            passed.append(lab_id)
        assert passed == [job.lab_id for job in reversed(waiting)]  # who never started comes first

    def test_passes_labs_whose_jobs_pause_or_whose_places_are_taken(
        self, free_user: User, premium_user: User, now: datetime
    ) -> None:
        make_job(free_user, now=now)
        for _ in range(2):
            make_job(free_user, now=now, status=Status.RUNNING)
        paused = make_job(premium_user, now=now)
        Job.objects.filter(pk=paused.pk).update(ready_at=now + timedelta(seconds=1))
        assert turns.hold_next(now=now, passed=[]) is None


class TestFirstJobs:
    def test_are_equally_many_of_each_lab_and_say_which_is_the_last_known(
        self, free_user: User, premium_user: User, now: datetime
    ) -> None:
        for number in range(5):
            make_job(free_user, now=now - timedelta(seconds=number))
        only = make_job(premium_user, now=now)
        jobs = turns.first_jobs(now=now, limit=6)
        assert [job.is_last_known for job in jobs if job.lab_id != only.lab_id] == [False, False, True]
        assert [(job.job_id, job.places) for job in jobs if job.lab_id == only.lab_id] == [(only.pk, 8)]
