import json
import logging
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection

from genomics import locks
from genomics.aws import clients
from genomics.localaws.server import LocalAws
from genomics.mail.models import Mail
from genomics.users.models import User
from jobs import notices, outbox, publishing, read_model, transitions
from jobs.models import Job, JobEvent, Status
from tests.conftest import NOW
from tests.environment import free_port
from tests.genomics.localaws.fixtures import client
from tests.jobs.factory import make_job

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("aws")]

TABLE = settings.STACK.tables["jobs"]
TOPIC = settings.STACK.topics["job-events"]
SOON = NOW + timedelta(minutes=1)


@pytest.fixture
def heard(aws: LocalAws) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """This function will give what a subscriber of the topic has heard since it was asked last, in order."""
    sqs, sns = client("sqs"), client("sns")
    url = sqs.create_queue(QueueName="test-publishing")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    subscription = sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=arn)["SubscriptionArn"]

    def listen() -> list[dict[str, Any]]:
        envelopes = []
        ask = {"QueueUrl": url, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 0}
        while messages := sqs.receive_message(**ask).get("Messages"):
            envelopes += [json.loads(message["Body"]) for message in messages]
        return envelopes

    yield listen
    sns.unsubscribe(SubscriptionArn=subscription)
    sqs.delete_queue(QueueUrl=url)


def _told(envelopes: list[dict[str, Any]]) -> list[tuple[str, int, str]]:
    bodies = [json.loads(envelope["Message"]) for envelope in envelopes]
    return [(body["job_id"], body["sequence"], body["status"]) for body in bodies]


def _item(job: Job) -> tuple[str, int] | None:
    item = read_model.read([job.pk]).get(str(job.pk))
    return (str(item["status"]), int(item["sequence"])) if item else None


def _waiting() -> int:
    return JobEvent.objects.filter(published_at=None).count()


def _poison(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, *, job: Job, error: Exception) -> None:
    """This function will let `module.name` fail for the events of one job."""
    stock = getattr(module, name)

    def fail(event: JobEvent) -> Any:
        if event.job_id == job.pk:
            raise error
        return stock(event)

    monkeypatch.setattr(module, name, fail)


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """This function will give a function that takes a service away, for the rest of the test."""
    services = (clients.dynamodb, clients.sns)

    def take(service: str) -> None:
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service.upper()}", f"http://127.0.0.1:{free_port()}")
        for made in services:
            made.cache_clear()

    yield take
    for made in services:
        made.cache_clear()


class TestPublish:
    def test_brings_every_event_to_table_topic_and_mark(
        self, free_user: User, heard: Callable[[], list[dict[str, Any]]]
    ) -> None:
        job = make_job(free_user, now=NOW, status=Status.COMPLETED)
        assert publishing.publish(now=SOON) == 3
        assert _item(job) == ("COMPLETED", 3)
        assert _told(heard()) == [
            (str(job.pk), 1, "PENDING"),
            (str(job.pk), 2, "RUNNING"),
            (str(job.pk), 3, "COMPLETED"),
        ]
        assert set(job.events.values_list("published_at", flat=True)) == {SOON}

    def test_tells_subscribers_ids_and_states_only(
        self, free_user: User, heard: Callable[[], list[dict[str, Any]]]
    ) -> None:
        job = make_job(free_user, now=NOW, name="patient-17.vcf")
        publishing.publish(now=SOON)
        (envelope,) = heard()
        assert json.loads(envelope["Message"]) == {
            "job_id": str(job.pk),
            "lab_id": str(job.lab_id),
            "status": "PENDING",
            "sequence": 1,
            "attempt": 0,
            "at": "2026-03-01T12:00:00.000000Z",
        }
        assert envelope["MessageAttributes"] == {
            "status": {"Type": "String", "Value": "PENDING"},
            "lab": {"Type": "String", "Value": str(job.lab_id)},
        }

    def test_publishes_nothing_twice(self, free_user: User, heard: Callable[[], list[dict[str, Any]]]) -> None:
        make_job(free_user, now=NOW)
        assert [publishing.publish(now=SOON) for _ in range(3)] == [1, 0, 0]
        assert len(heard()) == 1

    def test_queues_the_mail_of_a_finished_job(self, free_user: User) -> None:
        make_job(free_user, now=NOW, status=Status.COMPLETED)
        publishing.publish(now=SOON)
        assert Mail.objects.filter(recipient=free_user.email).count() == 1

    def test_publishes_drafts_that_were_never_submitted(self, free_user: User) -> None:
        job = make_job(free_user, now=NOW, status=Status.DRAFT)
        transitions.move(job, Status.CANCELLED, actor="sweep", now=NOW)
        publishing.publish(now=SOON)
        assert _item(job) == ("CANCELLED", 1)

    def test_goes_through_more_than_a_batch(
        self, free_user: User, monkeypatch: pytest.MonkeyPatch, heard: Callable[[], list[dict[str, Any]]]
    ) -> None:
        monkeypatch.setattr(publishing, "_BATCH", 2)
        for _ in range(3):
            make_job(free_user, now=NOW, status=Status.RUNNING)
        assert publishing.publish(now=SOON) == 6
        assert len(heard()) == 6

    def test_never_lets_an_item_go_back(self, free_user: User, heard: Callable[[], list[dict[str, Any]]]) -> None:
        job = make_job(free_user, now=NOW, status=Status.COMPLETED)
        publishing.publish(now=SOON)
        job.events.filter(sequence=1).update(published_at=None)  # comes again, long after the others
        assert publishing.publish(now=SOON) == 1
        assert _item(job) == ("COMPLETED", 3)
        assert _told(heard())[3:] == [(str(job.pk), 1, "PENDING")]

    def test_hints_itself_when_its_time_is_over(self, free_user: User, monkeypatch: pytest.MonkeyPatch) -> None:
        make_job(free_user, now=NOW, status=Status.COMPLETED)
        hints: list[str] = []
        monkeypatch.setattr(outbox, "hint", lambda: hints.append("hint"))
        ticks = iter([0.0, 1.0, 2.0])
        monkeypatch.setattr(publishing, "time", SimpleNamespace(monotonic=lambda: next(ticks, 99.0)))
        assert publishing.publish(now=SOON) == 2
        assert hints == ["hint"]


STEPS = ["read_model.update", "notices.tell", "_announce"]


class TestPublishCutOff:
    @pytest.mark.parametrize("step", STEPS)
    @pytest.mark.parametrize("when", ["before", "after"])
    def test_repeats_harmlessly(
        self,
        free_user: User,
        monkeypatch: pytest.MonkeyPatch,
        heard: Callable[[], list[dict[str, Any]]],
        step: str,
        when: str,
    ) -> None:
        job = make_job(free_user, now=NOW, status=Status.COMPLETED)
        owner, _, name = step.rpartition(".")
        module = {"read_model": read_model, "notices": notices, "": publishing}[owner]
        stock = getattr(module, name)

        def die(event: JobEvent) -> None:
            if when == "after":
                stock(event)
            if event.sequence == 2:
                raise KeyboardInterrupt
            if when == "before":
                stock(event)

        with monkeypatch.context() as dying:
            dying.setattr(module, name, die)
            with pytest.raises(KeyboardInterrupt):
                publishing.publish(now=SOON)
        assert _waiting() == 2
        assert publishing.publish(now=SOON) == 2
        assert _item(job) == ("COMPLETED", 3)
        told = [sequence for _, sequence, _ in _told(heard())]
        assert told == ([1, 2, 2, 3] if (step, when) == ("_announce", "after") else [1, 2, 3])
        assert Mail.objects.count() == 1


class TestPublishPoison:
    @pytest.mark.parametrize("step", [(read_model, "update"), (notices, "tell"), (publishing, "_announce")])
    def test_holds_back_its_own_job_only(
        self,
        free_user: User,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
        step: tuple[Any, str],
    ) -> None:
        bad = [make_job(free_user, now=NOW, status=Status.COMPLETED) for _ in range(2)]
        good = make_job(free_user, now=NOW, status=Status.COMPLETED)
        for job in bad:
            _poison(monkeypatch, *step, job=job, error=ValueError("does not fit"))
        assert publishing.publish(now=SOON) == 3
        assert _item(good) == ("COMPLETED", 3)
        assert not set(JobEvent.objects.filter(published_at=None).values_list("job", flat=True)) - {
            job.pk for job in bad
        }
        assert [record.levelno for record in caplog.records] == [logging.ERROR]
        assert "2 jobs" in caplog.text

    def test_does_not_fill_the_batches(self, free_user: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(publishing, "_BATCH", 2)
        for _ in range(3):
            bad = make_job(free_user, now=NOW, status=Status.COMPLETED)
            _poison(monkeypatch, notices, "tell", job=bad, error=ValueError())
        good = make_job(free_user, now=NOW)
        assert publishing.publish(now=SOON) == 1
        assert _item(good) == ("PENDING", 1)

    def test_does_not_use_up_the_time_of_the_others(self, free_user: User, monkeypatch: pytest.MonkeyPatch) -> None:
        for _ in range(3):
            bad = make_job(free_user, now=NOW - timedelta(minutes=10), status=Status.COMPLETED)
            _poison(monkeypatch, notices, "tell", job=bad, error=ValueError())
        good = make_job(free_user, now=NOW)
        ticks = iter([0.0, 1.0])  # for one event
        monkeypatch.setattr(publishing, "time", SimpleNamespace(monotonic=lambda: next(ticks, 99.0)))
        assert publishing.publish(now=SOON) == 1
        assert _item(good) == ("PENDING", 1)

    def test_comes_before_what_is_new_of_the_same_job(
        self, free_user: User, heard: Callable[[], list[dict[str, Any]]]
    ) -> None:
        job = make_job(free_user, now=NOW - timedelta(minutes=10), status=Status.RUNNING)
        transitions.move(job, Status.CANCELLED, actor="user:1", now=NOW)
        assert publishing.publish(now=SOON) == 3
        assert [sequence for _, sequence, _ in _told(heard())] == [1, 2, 3]

    def test_is_published_in_order_once_it_is_healed(
        self, free_user: User, monkeypatch: pytest.MonkeyPatch, heard: Callable[[], list[dict[str, Any]]]
    ) -> None:
        job = make_job(free_user, now=NOW, status=Status.COMPLETED)
        with monkeypatch.context() as poisoned:
            _poison(poisoned, notices, "tell", job=job, error=ValueError())
            assert publishing.publish(now=SOON) == 0
        assert publishing.publish(now=SOON) == 3
        assert [sequence for _, sequence, _ in _told(heard())] == [1, 2, 3]

    def test_stops_when_the_database_is_away(self, free_user: User, monkeypatch: pytest.MonkeyPatch) -> None:
        job = make_job(free_user, now=NOW)
        _poison(monkeypatch, notices, "tell", job=job, error=OperationalError("away"))
        with pytest.raises(OperationalError):
            publishing.publish(now=SOON)
        monkeypatch.undo()
        assert publishing.publish(now=SOON) == 1


class TestPublishWithoutAws:
    @pytest.mark.parametrize("service", ["dynamodb", "sns"])
    def test_leaves_all_to_the_next_sweep(
        self,
        free_user: User,
        away: Callable[[str], None],
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
        service: str,
    ) -> None:
        jobs = [make_job(free_user, now=NOW, status=Status.COMPLETED) for _ in range(5)]
        with monkeypatch.context():
            away(service)
            assert publishing.publish(now=SOON) == 0
        assert [record.levelno for record in caplog.records] == [logging.WARNING]
        assert f"The events of {publishing._AWAY_AFTER} jobs wait" in caplog.text  # it does not ask for all of them
        monkeypatch.delenv(f"AWS_ENDPOINT_URL_{service.upper()}")
        clients.dynamodb.cache_clear()
        clients.sns.cache_clear()
        assert publishing.publish(now=SOON) == 15
        assert [_item(job) for job in jobs] == [("COMPLETED", 3)] * 5


class TestPublishersAtOnce:
    @pytest.fixture(autouse=True)
    def unhurried(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """This function will let a call take as long as it does on a busy machine."""
        monkeypatch.setattr(publishing, "_SECONDS", 60.0)

    def test_publish_each_event_once_and_in_order(
        self, free_user: User, heard: Callable[[], list[dict[str, Any]]]
    ) -> None:
        jobs = [make_job(free_user, now=NOW, status=Status.COMPLETED) for _ in range(8)]
        _in_threads(4, lambda: publishing.publish(now=SOON))
        assert _waiting() == 0
        told = _told(heard())
        assert [[sequence for job_id, sequence, _ in told if job_id == str(job.pk)] for job in jobs] == [[1, 2, 3]] * 8

    def test_leave_no_event_that_was_committed_while_one_of_them_finished(
        self, free_user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Two publishers: the second finds the first at work and goes; its event must not wait for the sweep."""
        make_job(free_user, now=NOW)
        stock = publishing._Run.go
        late: list[Job] = []

        def go(run: publishing._Run) -> None:
            stock(run)
            if not late:  # the first has looked for the last time, and still holds the lock
                _in_threads(1, lambda: late.append(make_job(free_user, now=NOW)))
                _in_threads(1, lambda: publishing.publish(now=SOON))
                assert _waiting() == 1

        monkeypatch.setattr(publishing._Run, "go", go)
        assert publishing.publish(now=SOON) == 2
        assert _item(late[0]) == ("PENDING", 1)

    def test_keep_up_with_moves_made_meanwhile(
        self, free_user: User, heard: Callable[[], list[dict[str, Any]]]
    ) -> None:
        jobs: list[Job] = []

        def work() -> None:
            for _ in range(5):
                jobs.append(make_job(free_user, now=NOW, status=Status.COMPLETED))
                publishing.publish(now=SOON)

        _in_threads(4, work)
        assert _waiting() == 0
        assert [_item(job) for job in jobs] == [("COMPLETED", 3)] * 20
        told = _told(heard())
        assert [[sequence for job_id, sequence, _ in told if job_id == str(job.pk)] for job in jobs] == [[1, 2, 3]] * 20


class TestDeletedJobs:
    def test_vanish_from_the_table_and_are_told_as_deleted(
        self, free_user: User, heard: Callable[[], list[dict[str, Any]]]
    ) -> None:
        job = make_job(free_user, now=NOW, status=Status.CANCELLED)
        publishing.publish(now=SOON)
        transitions.hide(job, actor="user:1", now=NOW, note="")
        publishing.publish(now=SOON)
        assert _item(job) is None
        assert _told(heard())[-1] == (str(job.pk), 3, "DELETED")

    def test_get_no_item_by_events_that_come_late(
        self, free_user: User, heard: Callable[[], list[dict[str, Any]]]
    ) -> None:
        job = make_job(free_user, now=NOW, status=Status.CANCELLED)
        transitions.hide(job, actor="user:1", now=NOW, note="")
        assert publishing.withdraw(job.pk)
        assert publishing.publish(now=SOON) == 3
        assert _item(job) is None
        assert [status for _, _, status in _told(heard())] == ["PENDING", "CANCELLED", "DELETED"]


class TestWithdraw:
    def test_deletes_the_item_of_a_deleted_job(self, free_user: User) -> None:
        job = make_job(free_user, now=NOW)
        publishing.publish(now=SOON)
        assert publishing.withdraw(job.pk)
        assert publishing.withdraw(job.pk)
        assert _item(job) is None

    def test_waits_until_no_publisher_is_at_work(self, free_user: User) -> None:
        job = make_job(free_user, now=NOW)
        publishing.publish(now=SOON)
        answers: list[bool] = []
        with locks.alone(outbox.LOCK):
            _in_threads(1, lambda: answers.append(publishing.withdraw(job.pk)))
        assert answers == [False]
        assert _item(job) == ("PENDING", 1)

    def test_wakes_the_publisher_for_what_was_committed_meanwhile(
        self, free_user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hints: list[bool] = []
        monkeypatch.setattr(outbox, "hint", lambda: hints.append(True))
        job = make_job(free_user, now=NOW)
        publishing.publish(now=SOON)
        hints.clear()
        publishing.withdraw(job.pk)
        assert hints == []
        make_job(free_user, now=NOW)
        hints.clear()
        publishing.withdraw(job.pk)
        assert hints == [True]

    def test_says_so_when_dynamodb_is_away(self, free_user: User, away: Callable[[str], None]) -> None:
        job = make_job(free_user, now=NOW)
        away("dynamodb")
        assert not publishing.withdraw(job.pk)


class TestMend:
    def test_writes_an_item_that_is_missing_or_wrong(self, free_user: User) -> None:
        job = make_job(free_user, now=NOW, status=Status.COMPLETED)
        for key_values in ({}, {"sequence": {"N": "99"}, "status": {"S": "RUNNING"}}):
            client("dynamodb").put_item(TableName=TABLE, Item={"job_id": {"S": str(job.pk)}, **key_values})
            assert publishing.mend(job.pk)
            assert _item(job) == ("COMPLETED", 3)

    def test_deletes_the_item_of_a_job_that_is_gone_or_deleted(self, free_user: User) -> None:
        gone, hidden = (make_job(free_user, now=NOW, status=Status.CANCELLED) for _ in range(2))
        publishing.publish(now=SOON)
        ids = [gone.pk, hidden.pk]
        gone.delete()
        transitions.hide(hidden, actor="user:1", now=NOW, note="")
        assert all(publishing.mend(job_id) for job_id in ids)
        assert read_model.read(ids) == {}

    def test_waits_until_no_publisher_is_at_work(self, free_user: User) -> None:
        job = make_job(free_user, now=NOW)
        answers: list[bool] = []
        with locks.alone(outbox.LOCK):
            _in_threads(1, lambda: answers.append(publishing.mend(job.pk)))
        assert answers == [False]
        assert _item(job) is None


def _in_threads(number: int, work: Callable[[], object]) -> None:
    """This function will do the work in threads of their own, each with its own database session."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
