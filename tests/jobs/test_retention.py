import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from genomics.aws import clients, stepfunctions
from genomics.aws.errors import ServiceRefusedError, ServiceUnavailableError
from genomics.queues import envelope
from genomics.queues.envelope import Envelope
from genomics.users.limits import Plan, limits_of
from genomics.users.models import Lab, Membership, User
from jobs import publishing, retention, transitions
from jobs.errors import NotPossibleNowError, PostponementRefusedError
from jobs.models import Job, JobEvent, Status
from tests.at_once import meanwhile
from tests.environment import free_port
from tests.genomics.localaws.fixtures import client
from tests.jobs.factory import make_job

FREE = limits_of(Plan.FREE)


@pytest.fixture
def done(free_user: User, now: datetime) -> Job:
    """This function will give a completed job that is due in three minutes."""
    job = make_job(free_user, now=now, status=Status.COMPLETED)
    Job.objects.filter(pk=job.pk).update(archive_due_at=now + timedelta(minutes=3))
    job.refresh_from_db()
    return job


class TestDueAt:
    def test_is_three_minutes_later_on_free(self, now: datetime) -> None:
        assert retention.due_at(FREE, completed_at=now) == now + timedelta(minutes=3)

    @pytest.mark.parametrize("plan", [Plan.GRACE, Plan.PREMIUM])
    def test_is_never_on_plans_that_keep_results_hot(self, now: datetime, plan: Plan) -> None:
        assert retention.due_at(limits_of(plan), completed_at=now) is None
        assert retention.latest_due_at(limits_of(plan), completed_at=now) is None


@pytest.mark.django_db(transaction=True)
class TestDate:
    def test_waits_for_a_change_of_plan_and_obeys_it(self, done: Job, now: datetime) -> None:
        def upgrade() -> None:
            Lab.objects.filter(pk=done.lab_id).update(plan=Plan.PREMIUM)

        assert _dated(done, now) == now + FREE.kept_hot  # type: ignore[operator]
        assert meanwhile(lambda: _dated(done, now), first=upgrade).result() is None


def _dated(job: Job, now: datetime) -> datetime | None:
    with transaction.atomic():
        return retention.date(job, hot_since=now)


@pytest.mark.django_db
class TestDue:
    def test_gives_what_is_due_longest_first(self, free_user: User, now: datetime) -> None:
        jobs = [make_job(free_user, now=now, status=Status.COMPLETED) for _ in range(4)]
        for job, minutes in zip(jobs, (1, 5, -1, 9), strict=True):
            Job.objects.filter(pk=job.pk).update(archive_due_at=now - timedelta(minutes=minutes))
        transitions.hide(jobs[3], actor="user:1", now=now, note="")
        assert list(retention.due(now)) == [jobs[1], jobs[0]]

    def test_leaves_out_what_is_archived_already_or_never(self, free_user: User, done: Job, now: datetime) -> None:
        make_job(free_user, now=now, status=Status.COMPLETED)
        transitions.move(done, Status.ARCHIVING, actor="worker:a", now=now)
        assert list(retention.due(now + timedelta(days=9))) == []


@pytest.mark.django_db
class TestSetDates:
    @pytest.mark.parametrize("plan", [Plan.GRACE, Plan.PREMIUM])
    def test_leaves_hot_results_hot_on_a_plan_that_keeps_them(
        self, free_user: User, stranger: User, done: Job, now: datetime, plan: Plan
    ) -> None:
        foreign = make_job(stranger, now=now, status=Status.COMPLETED)
        moving = make_job(free_user, now=now, status=Status.ARCHIVING)
        Job.objects.filter(pk__in=[foreign.pk, moving.pk]).update(archive_due_at=now)
        done.lab.plan = plan
        assert retention.set_dates(done.lab, now=now) == 2
        dates = dict(Job.objects.values_list("pk", "archive_due_at"))
        assert (dates[done.pk], dates[moving.pk], dates[foreign.pk]) == (None, None, now)

    def test_gives_results_their_time_from_now_on_when_a_lab_becomes_free(
        self, free_user: User, done: Job, now: datetime
    ) -> None:
        Job.objects.filter(pk=done.pk).update(archive_due_at=None)
        others = [make_job(free_user, now=now, status=status) for status in (Status.ARCHIVED, Status.FAILED)]
        later = now + timedelta(days=30)
        assert retention.set_dates(done.lab, now=later) == 1
        dates = dict(Job.objects.values_list("pk", "archive_due_at"))
        assert dates == {done.pk: later + timedelta(minutes=3), **{job.pk: None for job in others}}

    def test_shows_on_open_pages(self, done: Job, now: datetime) -> None:
        later = now + timedelta(hours=1)
        retention.set_dates(done.lab, now=later)
        assert Job.objects.get().updated_at == later

    def test_leaves_deleted_jobs_alone(self, done: Job, now: datetime) -> None:
        transitions.hide(done, actor="user:1", now=now, note="")
        assert retention.set_dates(done.lab, now=now) == 0


@pytest.mark.django_db
class TestMayPostpone:
    def test_is_true_for_who_decides_about_the_job(
        self, free_user: User, stranger: User, done: Job, now: datetime
    ) -> None:
        Membership.objects.create(lab=done.lab, user=stranger)
        may = [retention.may_postpone(done, user=user, now=now) for user in (free_user, stranger)]
        assert may == [True, False]

    def test_is_false_once_there_is_nothing_to_win(self, free_user: User, done: Job, now: datetime) -> None:
        day = timedelta(hours=24)
        assert not retention.may_postpone(done, user=free_user, now=now + day)
        for date in (now + day, None):
            done.archive_due_at = date
            assert not retention.may_postpone(done, user=free_user, now=now)
        archived = make_job(free_user, now=now, status=Status.ARCHIVED)
        assert not retention.may_postpone(archived, user=free_user, now=now)


@pytest.mark.django_db
class TestPostpone:
    @pytest.mark.parametrize("hours", [1, 24])
    def test_sets_the_date_and_leaves_an_event(self, done: Job, now: datetime, hours: int) -> None:
        until = now + timedelta(hours=hours)
        retention.postpone(done, until=until, actor="user:1", now=now)
        assert Job.objects.get().archive_due_at == until
        event = done.events.get(sequence=4)
        assert (event.status, event.actor) == (Status.COMPLETED, "user:1")
        assert event.note == f"Kept hot until {until.day} March 2026, {until.hour}:00 UTC."

    @pytest.mark.parametrize(
        ("until", "code"),
        [
            (timedelta(hours=24, seconds=1), "KEPT_TOO_LONG"),
            (timedelta(minutes=3), "NOT_LATER"),
            (timedelta(minutes=2), "NOT_LATER"),
            (-timedelta(hours=1), "NOT_LATER"),
        ],
    )
    def test_refuses_a_time_that_cannot_be(self, done: Job, now: datetime, until: timedelta, code: str) -> None:
        with pytest.raises(PostponementRefusedError) as refusal:
            retention.postpone(done, until=now + until, actor="user:1", now=now)
        assert (refusal.value.code, bool(refusal.value.advice)) == (code, True)
        assert Job.objects.get().archive_due_at == done.archive_due_at
        assert done.events.count() == 3

    def test_refuses_a_time_that_is_over_although_it_is_later_than_the_date(self, done: Job, now: datetime) -> None:
        with pytest.raises(PostponementRefusedError):
            retention.postpone(done, until=now + timedelta(hours=1), actor="user:1", now=now + timedelta(hours=2))

    def test_obeys_another_longest_time(self, done: Job, now: datetime, settings: Any) -> None:
        free = {**settings.PLAN_LIMITS["FREE"], "longest_kept_hot": timedelta(minutes=5)}
        settings.PLAN_LIMITS = {**settings.PLAN_LIMITS, "FREE": free}
        with pytest.raises(PostponementRefusedError, match=r"12:05 UTC"):
            retention.postpone(done, until=now + timedelta(minutes=6), actor="user:1", now=now)

    def test_refuses_where_nothing_is_to_be_archived(self, done: Job, now: datetime) -> None:
        Job.objects.update(archive_due_at=None)
        done.refresh_from_db()
        with pytest.raises(NotPossibleNowError) as refusal:
            retention.postpone(done, until=now + timedelta(hours=1), actor="user:1", now=now)
        assert refusal.value.code == "NOT_TO_BE_ARCHIVED"

    @pytest.mark.parametrize("status", [Status.ARCHIVING, Status.ARCHIVED, Status.RESTORING, Status.PENDING])
    def test_refuses_in_other_states(self, free_user: User, now: datetime, status: Status) -> None:
        job = make_job(free_user, now=now, status=status)
        with pytest.raises(NotPossibleNowError):
            retention.postpone(job, until=now + timedelta(hours=1), actor="user:1", now=now)

    def test_comes_too_late_when_a_worker_was_first(self, done: Job, now: datetime) -> None:
        transitions.move(Job.objects.get(), Status.ARCHIVING, actor="worker:a", now=now)
        with pytest.raises(NotPossibleNowError, match="being archived"):
            retention.postpone(done, until=now + timedelta(hours=1), actor="user:1", now=now)
        assert Job.objects.get().archive_due_at == now + timedelta(minutes=3)

    def test_does_not_take_back_what_somebody_else_has_just_postponed(self, done: Job, now: datetime) -> None:
        retention.postpone(Job.objects.get(), until=now + timedelta(hours=9), actor="user:2", now=now)
        with pytest.raises(NotPossibleNowError, match="Somebody else"):
            retention.postpone(done, until=now + timedelta(hours=1), actor="user:1", now=now)
        assert Job.objects.get().archive_due_at == now + timedelta(hours=9)

    def test_comes_too_late_when_the_plan_keeps_it_by_now(self, done: Job, now: datetime) -> None:
        done.lab.plan = Plan.PREMIUM
        retention.set_dates(done.lab, now=now)
        with pytest.raises(NotPossibleNowError, match="is not going to be archived"):
            retention.postpone(done, until=now + timedelta(hours=1), actor="user:1", now=now)
        assert Job.objects.get().archive_due_at is None


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """This function will give a list of the executions that would have been started."""
    seen: list[dict[str, Any]] = []

    def start(machine: str, *, name: str, given: dict[str, str]) -> bool:
        seen.append({"machine": machine, "name": name, **given})
        return True

    monkeypatch.setattr(stepfunctions, "start", start)
    return seen


def _completion() -> JobEvent:
    """This function will give the event of the only job's completion, as the publisher reads it."""
    return JobEvent.objects.with_job().get(sequence=3)


@pytest.mark.django_db
class TestTimer:
    def test_starts_one_wait_with_the_message_of_the_task(self, done: Job, started: list[dict[str, Any]]) -> None:
        timer = retention.Timer()
        for event in done.events.order_by("sequence"):
            timer.start(event)
        (only,) = started
        assert only["machine"] == settings.STACK.state_machines["retention"]
        assert only["name"] == f"archive-{done.pk}-1"
        assert only["lab_id"] == str(done.lab_id)
        assert only["due_at"] == "2026-03-01T12:03:00Z"
        wanted = Envelope(task="archive.archive", args=[], kwargs={"job_id": str(done.pk)})
        assert envelope.read(only["message"]) == wanted

    def test_never_ends_before_the_date(self, done: Job, started: list[dict[str, Any]]) -> None:
        Job.objects.update(archive_due_at=datetime(2026, 3, 1, 23, 59, 59, 1, tzinfo=UTC))
        retention.Timer().start(_completion())
        assert started[0]["due_at"] == "2026-03-02T00:00:00Z"

    @pytest.mark.parametrize("columns", [{"archive_due_at": None}, {"deleted_at": timezone.now()}])
    def test_starts_none_for_what_stays_or_is_deleted(
        self, done: Job, started: list[dict[str, Any]], columns: dict[str, Any]
    ) -> None:
        Job.objects.update(**columns)
        retention.Timer().start(_completion())
        assert started == []

    def test_starts_none_for_what_is_being_archived_already(
        self, done: Job, started: list[dict[str, Any]], now: datetime
    ) -> None:
        transitions.move(Job.objects.get(), Status.ARCHIVING, actor="worker:a", now=now)
        retention.Timer().start(_completion())
        assert started == []

    @pytest.mark.parametrize(
        ("error", "level"),
        [(ServiceUnavailableError("away"), logging.WARNING), (ServiceRefusedError("no such machine"), logging.ERROR)],
    )
    def test_asks_no_more_after_it_got_no_wait(
        self,
        done: Job,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
        error: Exception,
        level: int,
    ) -> None:
        calls: list[str] = []

        def fail(machine: str, *, name: str, given: dict[str, str]) -> bool:
            calls.append(name)
            raise error

        monkeypatch.setattr(stepfunctions, "start", fail)
        timer, event = retention.Timer(), _completion()
        timer.start(event)
        timer.start(event)
        assert len(calls) == 1
        assert [record.levelno for record in caplog.records] == [level]


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    def take() -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SFN", f"http://127.0.0.1:{free_port()}")
        clients.stepfunctions.cache_clear()

    yield take
    clients.stepfunctions.cache_clear()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("aws")
class TestPublished:
    """The whole way, with a Step Functions that runs."""

    def test_brings_the_hint_to_the_archive_queue_when_the_time_has_come(self, free_user: User) -> None:
        job = make_job(free_user, now=timezone.now(), status=Status.COMPLETED)
        due_at = timezone.now() + timedelta(seconds=2)
        Job.objects.update(archive_due_at=due_at)
        publishing.publish(now=timezone.now())
        assert _received(wait_seconds=0) == []
        (body,) = _received(wait_seconds=10)
        assert timezone.now() >= due_at
        assert envelope.read(body) == Envelope(task="archive.archive", args=[], kwargs={"job_id": str(job.pk)})
        job.events.update(published_at=None)
        publishing.publish(now=timezone.now())
        assert _received(wait_seconds=1) == []

    def test_does_without_step_functions(self, free_user: User, away: Callable[[], None]) -> None:
        job = make_job(free_user, now=timezone.now(), status=Status.COMPLETED)
        Job.objects.update(archive_due_at=timezone.now())
        away()
        assert publishing.publish(now=timezone.now()) == 3
        assert not job.events.filter(published_at=None).exists()
        assert list(retention.due(timezone.now())) == [job]


def _received(*, wait_seconds: int) -> list[str]:
    url = settings.STACK.queue_urls["archive"]
    answer = client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=wait_seconds)
    for message in answer.get("Messages", []):
        client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [message["Body"] for message in answer.get("Messages", [])]
