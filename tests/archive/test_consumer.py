"""What is told about retrievals moves them on; without it the polling does the same, later."""

import dataclasses
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from django.conf import settings
from django.db import OperationalError, connection

from archive import consumer, files, recall, releasing
from archive.consumer import NotYetError, UnreadableError
from archive.models import ArchivedFile, Retrieval, RetrievalState, VaultName
from archive.transfer import Report
from archive.vaults import Event, Standing, State
from genomics.aws import dynamodb
from genomics.aws.dynamodb import Table
from genomics.localaws import cold as cold_module
from genomics.localaws.server import LocalAws
from genomics.users.models import User
from jobs.models import Job, Status
from tests.archive.functions import provisioned
from tests.archive.vaults.backends import Backend, GlacierBackend, S3Backend
from tests.archive.world import Clock, World, ended, hints, open_retrievals
from tests.genomics.localaws.fixtures import client

NOTIFICATIONS: str = settings.STACK.queue_urls["notifications"]
DEAD: str = settings.STACK.dead_letter_queue_urls["notifications"]


@pytest.fixture
def asleep(world: World, premium_user: User) -> Job:
    job = world.result(premium_user)
    world.archive(job)
    job.refresh_from_db()
    return job


@pytest.fixture
def on_its_way(world: World, asleep: Job) -> Job:
    recall.begin_for([asleep], actor="admin:1", now=world.clock.now)
    world.ask(asleep)
    asleep.refresh_from_db()
    return asleep


@pytest.fixture
def hear(world: World) -> Iterator[Callable[[str], bool]]:
    """This function will give what the consumer does with a message."""
    with mock.patch.object(consumer, "audible", return_value=[world.vault]):
        yield lambda body: consumer.handle(body, now=world.clock.now)


def _messages(world: World, job: Job) -> list[str]:
    vault: Any = world.vault
    return [vault.message(retrieval.ticket) for retrieval in open_retrievals(job)]


def _states(job: Job) -> set[str]:
    return set(Retrieval.objects.filter(archived_file__job=job).values_list("state", flat=True))


def _status(job: Job) -> str:
    job.refresh_from_db()
    return job.status


class TestEvents:
    def test_bring_a_result_back_without_the_polling(self, world: World, on_its_way: Job, hear: Any) -> None:
        with hints() as sent:
            for body in _messages(world, on_its_way):
                assert hear(body)
        assert [task for task, _ in sent] == [recall.RESTORE] * 2
        assert world.restore(on_its_way)
        assert _status(on_its_way) == Status.COMPLETED
        assert all(world.hot(on_its_way).values())

    def test_may_all_be_lost_since_the_polling_does_the_same_later(self, world: World, on_its_way: Job) -> None:
        assert recall.watch(clock=world.clock) == 0
        world.clock.forward(settings.RETRIEVAL_POLL + timedelta(seconds=1))
        assert recall.watch(clock=world.clock) == 2
        assert world.restore(on_its_way)
        assert all(world.hot(on_its_way).values())

    def test_may_come_twice_late_and_in_any_order(self, world: World, on_its_way: Job, hear: Any) -> None:
        bodies = _messages(world, on_its_way) * 3
        random.Random(1).shuffle(bodies)
        with hints() as sent:
            assert sum(hear(body) for body in bodies) == 2
        assert len(sent) == 2
        world.restore(on_its_way)
        before = list(Retrieval.objects.order_by("pk").values())
        assert not any(hear(body) for body in bodies)
        assert list(Retrieval.objects.order_by("pk").values()) == before
        assert _status(on_its_way) == Status.COMPLETED

    def test_of_a_failed_retrieval_let_it_be_asked_for_again(self, world: World, asleep: Job, hear: Any) -> None:
        vault: Any = world.vault
        vault.failing = True
        recall.begin_for([asleep], actor="admin:1", now=world.clock.now)
        world.ask(asleep)
        with hints() as sent:
            for body in _messages(world, asleep):
                assert hear(body)
        assert {task for task, _ in sent} == {recall.ASK}
        assert ended(asleep, RetrievalState.FAILED) == 2
        assert {one.state for one in open_retrievals(asleep)} == {RetrievalState.INTENDED}

    def test_come_again_when_they_were_quicker_than_the_row(self, world: World, on_its_way: Job, hear: Any) -> None:
        bodies = _messages(world, on_its_way)
        Retrieval.objects.update(state=RetrievalState.INTENDED, ticket="", requested_at=None)
        for body in bodies:
            with pytest.raises(NotYetError):
                hear(body)
        assert _states(on_its_way) == {RetrievalState.INTENDED}

    def test_of_another_ticket_for_the_same_errand_move_nothing(self, world: World, on_its_way: Job, hear: Any) -> None:
        bodies = _messages(world, on_its_way)
        Retrieval.objects.update(ticket="another")
        assert not any(hear(body) for body in bodies)
        assert _states(on_its_way) == {RetrievalState.REQUESTED}

    def test_of_what_is_gone_again_move_nothing(self, world: World, on_its_way: Job, hear: Any) -> None:
        gone = Standing(state=State.READY, ready_at=world.clock.now, expires_at=world.clock.now)
        retrieval = open_retrievals(on_its_way)[0]
        event = Event(
            archive_id=retrieval.archived_file.archive_id, ticket=retrieval.ticket, errand=None, standing=gone
        )
        with mock.patch.object(world.vault, "parse_event", return_value=(event,)):
            assert not hear("x")
        assert _states(on_its_way) == {RetrievalState.REQUESTED}

    def test_of_the_test_that_s3_makes_are_no_news(self, world: World, hear: Any) -> None:
        assert not hear('{"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"}')

    @pytest.mark.parametrize("body", ["", "hello", "[]", "null", "7", "{}", '{"Records": []}', "[" * 100_000])
    def test_that_nobody_can_read_are_refused(self, world: World, hear: Any, body: str) -> None:
        with pytest.raises(UnreadableError):
            hear(body)

    def test_of_other_archives_move_nothing(self, world: World, on_its_way: Job, hear: Any) -> None:
        bodies = _messages(world, on_its_way)
        ArchivedFile.objects.update(vault=VaultName.S3)
        assert not any(hear(body) for body in bodies)
        assert _states(on_its_way) == {RetrievalState.REQUESTED}


def _report(retrieval: Retrieval, **changes: Any) -> Report:
    target = files.hot(retrieval.archived_file.file)
    report = Report(
        retrieval_id=str(retrieval.pk),
        ready_at=datetime(2026, 3, 1, 12, 3, tzinfo=UTC),
        size_bytes=target.size_bytes,
        sha256=target.sha256,
        failure="",
    )
    return dataclasses.replace(report, **changes)


@pytest.mark.usefixtures("hear")
class TestReports:
    """Of the Lambda function, which has put the files back by then."""

    @pytest.fixture
    def brought(self, world: World, on_its_way: Job) -> list[Retrieval]:
        found = open_retrievals(on_its_way)
        for retrieval in found:
            file = retrieval.archived_file.file
            client("s3").put_object(
                Bucket=settings.STACK.buckets["results"], Key=file.key, Body=world.contents[file.key]
            )
        return found

    @pytest.mark.parametrize("order", list(itertools.permutations(["event", "report", "report"])))
    def test_complete_the_job_and_delete_the_archive_last(
        self, world: World, on_its_way: Job, brought: list[Retrieval], hear: Any, order: tuple[str, ...]
    ) -> None:
        events = dict(zip(brought, _messages(world, on_its_way), strict=True))
        vault: Any = world.vault
        with hints() as sent:
            for what, retrieval in itertools.product(order, brought):
                hear(events[retrieval] if what == "event" else _report(retrieval).write())
        assert (recall.RESTORE, {"job_id": str(on_its_way.pk)}) in sent
        assert _states(on_its_way) == {RetrievalState.RESTORED}
        assert _status(on_its_way) == Status.RESTORING
        with mock.patch.object(vault, "fetch", side_effect=AssertionError("it is there already")):
            assert world.restore(on_its_way)
        assert _status(on_its_way) == Status.COMPLETED
        assert all(world.hot(on_its_way).values())
        assert not ArchivedFile.objects.at_rest().filter(job=on_its_way).exists()
        assert vault._archives == {}

    def test_of_one_file_leave_the_job_waiting_for_the_other(
        self, world: World, on_its_way: Job, brought: list[Retrieval], hear: Any
    ) -> None:
        hear(_report(brought[0]).write())
        assert not world.restore(on_its_way)
        assert _status(on_its_way) == Status.RESTORING
        assert ArchivedFile.objects.at_rest().filter(job=on_its_way).count() == 2

    @pytest.mark.parametrize("changes", [{"sha256": "0" * 64}, {"size_bytes": 1}])
    def test_of_other_bytes_are_not_believed(
        self, world: World, on_its_way: Job, brought: list[Retrieval], hear: Any, changes: dict[str, Any]
    ) -> None:
        assert not hear(_report(brought[0], **changes).write())
        assert RetrievalState.RESTORED not in _states(on_its_way)

    def test_of_a_failure_let_it_be_asked_for_again(self, on_its_way: Job, brought: list[Retrieval], hear: Any) -> None:
        assert hear(_report(brought[0], size_bytes=0, sha256="", failure="ChecksumMismatchError: x").write())
        (failed,) = Retrieval.objects.filter(state=RetrievalState.FAILED)
        assert failed.failure == "ChecksumMismatchError: x"
        assert len(open_retrievals(on_its_way)) == 2

    @pytest.mark.parametrize("number", ["6d1d4a3e-4f3c-4a3c-9d0e-0f6f6a1d2b3c", "no number", ""])
    def test_of_unknown_retrievals_are_no_news(self, brought: list[Retrieval], hear: Any, number: str) -> None:
        assert not hear(_report(brought[0], retrieval_id=number).write())

    def test_of_a_retrieval_that_was_asked_anew_are_no_news(
        self, world: World, on_its_way: Job, brought: list[Retrieval], hear: Any
    ) -> None:
        with hints():
            recall.again(brought[0], RetrievalState.EXPIRED, now=world.clock.now, failure="")
        assert not hear(_report(brought[0]).write())
        assert RetrievalState.RESTORED not in _states(on_its_way)

    def test_that_were_cut_off_before_the_next_task_are_found_by_the_sweep(
        self, world: World, on_its_way: Job, brought: list[Retrieval], hear: Any
    ) -> None:
        for retrieval in brought:
            hear(_report(retrieval).write())
        world.heal(rounds=1)
        assert _status(on_its_way) == Status.COMPLETED

    def test_of_deleted_jobs_bring_nothing_back(
        self, world: World, on_its_way: Job, brought: list[Retrieval], hear: Any
    ) -> None:
        Job.objects.filter(pk=on_its_way.pk).update(deleted_at=world.clock.now)
        hear(_report(brought[0]).write())
        assert not world.restore(on_its_way)
        world.clock.forward(settings.ARCHIVE_PAUSE + timedelta(seconds=1))
        releasing.sweep(now=world.clock.now)
        assert not ArchivedFile.objects.exists()


class TestExecutor:
    """Where Lambda restores, workers leave vaults' retrievals to it, for a time."""

    def test_lambda_is_waited_for_and_made_up_for(
        self, world: World, on_its_way: Job, hear: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.RESTORE_EXECUTOR = "lambda"
        ArchivedFile.objects.update(vault=VaultName.GLACIER)
        vault: Any = world.vault
        vault.name = VaultName.GLACIER
        vault.lifetime = timedelta(days=1)
        for body in _messages(world, on_its_way):
            assert hear(body)
        assert not world.restore(on_its_way)
        assert world.hot(on_its_way)["VCF"] is False
        world.clock.forward(timedelta(minutes=5))
        with hints() as sent:
            recall.sweep(now=world.clock.now)
        assert (recall.RESTORE, {"job_id": str(on_its_way.pk)}) not in sent
        world.clock.forward(settings.LAMBDA_PATIENCE)
        with hints() as sent:
            recall.sweep(now=world.clock.now)
        assert (recall.RESTORE, {"job_id": str(on_its_way.pk)}) in sent
        assert world.restore(on_its_way)
        assert all(world.hot(on_its_way).values())

    def test_lambda_has_no_say_in_s3(self, world: World, on_its_way: Job, hear: Any, settings: Any) -> None:
        settings.RESTORE_EXECUTOR = "lambda"
        for body in _messages(world, on_its_way):
            hear(body)
        assert world.restore(on_its_way)


class TestTake:
    def _message(self, body: str) -> tuple[Any, list[str]]:
        done: list[str] = []
        return SimpleNamespace(
            delivery_info={"sqs_message": {"Body": body, "MessageId": "m"}},
            ack_log_error=lambda *_: done.append("acknowledged"),
            reject_log_error=lambda *_: done.append("left"),
        ), done

    @pytest.mark.django_db(transaction=True)
    def test_acknowledges_when_the_database_has_committed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        message, done = self._message("x")

        def handle(body: str, *, now: datetime) -> None:
            done.append("not committed" if connection.in_atomic_block else "committed")

        monkeypatch.setattr(consumer, "handle", handle)
        consumer.take(message)
        assert done == ["committed", "acknowledged"]

    @pytest.mark.parametrize("error", [OperationalError("away"), ValueError("x"), NotYetError("x"), KeyError("x")])
    @pytest.mark.django_db(transaction=True)
    def test_leaves_to_sqs_what_cannot_be_worked_on_now(
        self, monkeypatch: pytest.MonkeyPatch, error: Exception
    ) -> None:
        message, done = self._message("x")

        def refuse(body: str, *, now: datetime) -> bool:
            raise error

        monkeypatch.setattr(consumer, "handle", refuse)
        consumer.take(message)
        assert done == ["left"]

    @pytest.mark.django_db(transaction=True)
    def test_leaves_to_sqs_what_nobody_can_read(self) -> None:
        message, done = self._message("hello")
        consumer.take(message)
        assert done == ["left"]


class TestInclude:
    @pytest.mark.parametrize(("queue", "reads"), [("maintenance", True), ("mail", False)])
    def test_is_for_the_workers_that_the_settings_name(self, queue: str, reads: bool) -> None:
        parent: Any = SimpleNamespace(app=SimpleNamespace(amqp=SimpleNamespace(queues=None)))
        parent.app.amqp.queues = SimpleNamespace(consume_from={queue: None})
        assert consumer.Notifications.include_if(mock.Mock(), parent) is reads


@pytest.fixture(params=["s3", "glacier"])
def real(request: pytest.FixtureRequest, aws: object, db: None, settings: Any) -> Iterator[tuple[World, Backend]]:
    """This function will give a world whose vault is one of AWS, with the clock of this machine."""
    settings.VAULT = request.param.upper()
    with cold_module.changed() as conditions:
        backend: Backend = S3Backend(conditions) if request.param == "s3" else GlacierBackend(conditions)
        with mock.patch.multiple(files, named=lambda name: backend.vault, default=lambda: backend.vault):
            yield World(clock=_RunningClock(datetime.now(UTC)), vault=backend.vault), backend


class _RunningClock(Clock):
    """The clock of this machine."""

    def __call__(self) -> datetime:
        self.now = datetime.now(UTC)
        return self.now


def _ask_back(world: World, user: User) -> Job:
    """This function will give a result that was archived and asked for."""
    job = world.result(user)
    assert world.archive(job)
    job.refresh_from_db()
    recall.begin_for([job], actor="admin:1", now=world.clock())
    world.ask(job)
    return job


def _receive(number: int) -> list[str]:
    sqs, bodies = client("sqs"), list[str]()
    deadline = time.monotonic() + 30
    while len(bodies) < number:
        assert time.monotonic() < deadline, bodies
        for message in sqs.receive_message(QueueUrl=NOTIFICATIONS, WaitTimeSeconds=1).get("Messages", []):
            sqs.delete_message(QueueUrl=NOTIFICATIONS, ReceiptHandle=message["ReceiptHandle"])
            bodies.append(message["Body"])
    return bodies


class TestVaultsOfAws:
    def test_tell_what_brings_a_result_back(self, real: tuple[World, Backend], premium_user: User) -> None:
        world, _ = real
        job = _ask_back(world, premium_user)
        assert _status(job) == Status.RESTORING
        for body in _receive(2):
            assert consumer.handle(body, now=world.clock())
        assert world.restore(job)
        assert all(world.hot(job).values())

    def test_need_not_tell(self, real: tuple[World, Backend], premium_user: User, settings: Any) -> None:
        world, _ = real
        settings.RETRIEVAL_POLL = timedelta(0)
        job = _ask_back(world, premium_user)
        deadline = time.monotonic() + 30
        while not world.restore(job):
            assert time.monotonic() < deadline
            recall.watch(clock=world.clock)
        assert all(world.hot(job).values())

    @pytest.mark.parametrize("real", ["glacier"], indirect=True)
    def test_and_lambda_bring_a_result_back(
        self, real: tuple[World, Backend], premium_user: User, settings: Any
    ) -> None:
        world, _ = real
        settings.RESTORE_EXECUTOR = "lambda"
        table = Table(name=settings.STACK.tables["jobs"], key="job_id")
        with provisioned():
            job = world.result(premium_user)
            dynamodb.write(table, key=str(job.pk), values={"status": "RESTORING"})
            assert world.archive(job)
            job.refresh_from_db()
            recall.begin_for([job], actor="admin:1", now=world.clock())
            world.ask(job)
            for body in _receive(4):  # two events, two reports
                consumer.handle(body, now=world.clock())
        assert _states(job) == {RetrievalState.RESTORED}
        with mock.patch.object(world.vault, "fetch", side_effect=AssertionError("Lambda has brought it")):
            assert world.restore(job)
        assert _status(job) == Status.COMPLETED
        assert all(world.hot(job).values())


@contextmanager
def _worker(log: Path) -> "Iterator[subprocess.Popen[bytes]]":
    """This function will run the worker that reads notifications, with quick polls."""
    database: dict[str, Any] = connection.settings_dict
    url = f"postgresql://{database['USER']}:{database['PASSWORD']}@/{database['NAME']}?host={database['HOST']}"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "celery", "-A", "tests.genomics.queues.worker_app", "worker"),
                *("-Q", "maintenance", "-n", "hears@%h", "-P", "prefork", "-c", "1", "-l", "INFO"),
                *("--without-gossip", "--without-mingle", "--without-heartbeat"),
            ],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": url},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _until(done: Callable[[], bool], *, log: Path, seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.1)


@contextmanager
def _impatient() -> Iterator[None]:
    """This function will let messages of the queue come back after a second, and be dead after three deliveries."""
    sqs = client("sqs")
    before = sqs.get_queue_attributes(QueueUrl=NOTIFICATIONS, AttributeNames=["All"])["Attributes"]
    kept = {name: before[name] for name in ("VisibilityTimeout", "RedrivePolicy")}
    policy = {**json.loads(kept["RedrivePolicy"]), "maxReceiveCount": 3}
    sqs.set_queue_attributes(
        QueueUrl=NOTIFICATIONS, Attributes={"VisibilityTimeout": "1", "RedrivePolicy": json.dumps(policy)}
    )
    try:
        yield
    finally:
        sqs.set_queue_attributes(QueueUrl=NOTIFICATIONS, Attributes=kept)


def _left() -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counts = client("sqs").get_queue_attributes(QueueUrl=NOTIFICATIONS, AttributeNames=names)["Attributes"]
    return sum(int(counts[name]) for name in names)


@pytest.mark.stack
@pytest.mark.django_db(transaction=True)
class TestWorker:
    def test_hears_what_the_vault_tells_beside_its_tasks_and_whatever_else_comes(
        self, real: tuple[World, Backend], premium_user: User, tmp_path: Path
    ) -> None:
        world, _ = real
        log = tmp_path / "log"
        foreign = ["hello", "{}", "[" * 1000, '{"Records": 5}', "aGVsbG8gd29ybGQ="]
        with _impatient(), _worker(log) as process:
            for body in foreign:
                client("sqs").send_message(QueueUrl=NOTIFICATIONS, MessageBody=body)
            job = _ask_back(world, premium_user)
            _until(lambda: _states(job) == {RetrievalState.READY}, log=log)
            dead: set[str] = set()

            def all_dead() -> bool:
                found = client("sqs").receive_message(QueueUrl=DEAD, MaxNumberOfMessages=10).get("Messages", [])
                dead.update(message["Body"] for message in found)
                return dead == set(foreign)

            _until(all_dead, log=log)
            _until(lambda: _left() == 0, log=log)
            assert process.poll() is None
        assert world.restore(job)
        assert all(world.hot(job).values())

    @pytest.mark.parametrize("real", ["glacier"], indirect=True)
    def test_outlives_an_outage_of_sqs(
        self, real: tuple[World, Backend], premium_user: User, local_aws: LocalAws, tmp_path: Path
    ) -> None:
        world, _ = real
        log = tmp_path / "log"
        with _worker(log) as process:
            _until(lambda: " ready." in log.read_text(), log=log)
            local_aws.stop()
            try:
                time.sleep(4)
            finally:
                local_aws.start()
            job = _ask_back(world, premium_user)
            _until(lambda: _states(job) == {RetrievalState.READY}, log=log)
            assert process.poll() is None
        assert "polling goes on" in log.read_text()
