from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from genomics.users.models import User
from jobs import dispatch, waiting
from jobs.models import Job, Status
from tests.jobs.factory import make_job

pytestmark = pytest.mark.django_db


@pytest.fixture
def measured(premium_user: User, now: datetime) -> None:
    """This function will let the fleet show that it needs ten seconds for any file, one at a time."""
    for minutes in range(1, 5):
        make_job(premium_user, now=now - timedelta(minutes=minutes), status=Status.COMPLETED)
    for job in Job.objects.all():
        Job.objects.filter(pk=job.pk).update(started_at=job.finished_at and job.finished_at - timedelta(seconds=10))


def _place(job: Job, now: datetime) -> waiting.Place:
    place = waiting.forecast(now=now).place(job)
    assert place is not None
    return place


class TestForecast:
    def test_numbers_the_jobs_in_the_order_in_which_they_are_claimed(
        self, free_user: User, premium_user: User, now: datetime
    ) -> None:
        for seconds in range(4):
            make_job(premium_user, now=now - timedelta(minutes=9, seconds=-seconds))
        for seconds in range(3):
            make_job(free_user, now=now - timedelta(seconds=60 - seconds))
        forecast = waiting.forecast(now=now)
        said = {job.pk: place.number for job in Job.objects.all() if (place := forecast.place(job))}
        claimed: list[Any] = []
        while job := dispatch.claim("host:1", now=now + timedelta(seconds=len(claimed))):
            claimed.append(job.pk)
            Job.objects.filter(pk=job.pk).update(status=Status.CANCELLED, lease_expires_at=None)
        assert [said[pk] for pk in claimed] == list(range(1, 8))

    @pytest.mark.usefixtures("measured")
    def test_tells_when_a_job_starts_from_what_was_measured(
        self, premium_user: User, free_user: User, now: datetime
    ) -> None:
        make_job(premium_user, now=now - timedelta(seconds=5), status=Status.RUNNING)
        first = make_job(free_user, now=now - timedelta(seconds=2))
        second = make_job(free_user, now=now - timedelta(seconds=1))
        assert str(_place(first, now).starts_in) == "about 10 seconds"
        assert str(_place(second, now).starts_in) == "about 20 seconds"

    def test_tells_the_place_alone_when_nothing_was_measured(self, job: Job, now: datetime) -> None:
        assert _place(job, now) == waiting.Place(number=1, starts_in=None, lab_is_full=False)

    @pytest.mark.usefixtures("measured")
    def test_promises_no_time_for_a_job_that_should_have_started_long_ago(self, free_user: User, now: datetime) -> None:
        fresh = make_job(free_user, now=now - timedelta(seconds=1))
        assert str(_place(fresh, now).starts_in) == "less than 10 seconds"
        assert _place(fresh, now + timedelta(minutes=1)).starts_in is None

    def test_says_when_the_own_lab_is_what_a_job_waits_for(self, free_user: User, now: datetime) -> None:
        for _ in range(2):
            make_job(free_user, now=now, status=Status.RUNNING)
        assert _place(make_job(free_user, now=now), now).lab_is_full

    def test_knows_no_place_of_a_job_that_pauses_or_runs(self, free_user: User, job: Job, now: datetime) -> None:
        Job.objects.update(ready_at=now + timedelta(seconds=9))
        job.refresh_from_db()
        forecast = waiting.forecast(now=now)
        assert forecast.place(job) is None
        assert forecast.place(make_job(free_user, now=now, status=Status.RUNNING)) is None

    def test_is_made_anew_for_a_job_that_began_to_wait_after_it(
        self, job: Job, free_user: User, now: datetime, settings: Any
    ) -> None:
        settings.FORECAST_LIFETIME = timedelta(minutes=1)
        waiting._latest.clear()
        later = now + timedelta(seconds=2)
        assert _place(job, now).number == 1
        newcomer = make_job(free_user, now=later)
        assert waiting.forecast(now=later).place(newcomer) is None
        forecast = waiting.forecast(now=later, of=[newcomer])
        assert (place := forecast.place(newcomer))
        assert place.number == 2
        assert waiting.forecast(now=later, of=[job, newcomer]) is forecast
        waiting._latest.clear()

    def test_says_nothing_of_a_job_that_was_claimed_meanwhile(self, job: Job, now: datetime) -> None:
        known = Job.objects.get()
        dispatch.claim("host:1", now=now)
        assert waiting.forecast(now=now).place(known) is None

    def test_looks_no_further_than_its_limit(
        self, free_user: User, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(waiting, "LIMIT", 2)
        jobs = [make_job(free_user, now=now + timedelta(seconds=number)) for number in range(4)]
        later = now + timedelta(minutes=1)
        assert [_place(job, later).number for job in jobs] == [1, 2, None, None]

    @pytest.mark.usefixtures("measured")
    def test_tells_how_long_a_running_job_still_takes(self, free_user: User, now: datetime) -> None:
        job = make_job(free_user, now=now - timedelta(seconds=8), status=Status.RUNNING)
        Job.objects.filter(pk=job.pk).update(fraction=0.5)
        assert str(waiting.forecast(now=now).time_left(job)) == "less than 10 seconds"

    def test_costs_three_queries_and_none_for_a_while_after(
        self, job: Job, now: datetime, settings: Any, django_assert_num_queries: Callable[..., Any]
    ) -> None:
        settings.FORECAST_LIFETIME = timedelta(seconds=5)
        waiting._latest.clear()
        with django_assert_num_queries(3):
            waiting.forecast(now=now)
            waiting.forecast(now=now + timedelta(seconds=4))
        with django_assert_num_queries(3):
            waiting.forecast(now=now + timedelta(seconds=5))
        waiting._latest.clear()
