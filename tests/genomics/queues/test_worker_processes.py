"""Real workers and a real beat under the supervisor: what has lost its loop is replaced, what works long is not."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command

from genomics.localaws import supervisor as supervisor_module
from genomics.localaws.children import Child
from genomics.localaws.output import Output
from genomics.localaws.supervisor import Supervisor
from genomics.queues import heartbeat, liveness
from tests.genomics.localaws.fixtures import client
from tests.genomics.queues import worker

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("aws")]

_SILENCE = timedelta(seconds=6)  # a poll of these workers takes one


class _Stage:
    """A supervisor with one child; it watches in the test's thread, which the child belongs to."""

    def __init__(self, child: Child, *, environment: dict[str, str]) -> None:
        self.stream = io.StringIO()
        self.supervisor = Supervisor(environment={**os.environ, **environment}, output=Output(self.stream))
        self.supervisor.start(child)
        self.supervisor.wait_ready()

    @property
    def said(self) -> str:
        return self.stream.getvalue()

    @property
    def deaths(self) -> int:
        return self.said.count("has stopped working and was killed")

    def watch_while(self, during: Callable[[], object]) -> None:
        failures: list[BaseException] = []

        def act() -> None:
            try:
                during()
            except BaseException as error:
                failures.append(error)
            finally:
                self.supervisor.stopping.set()

        actor = threading.Thread(target=act)
        actor.start()
        self.supervisor.watch()
        actor.join()
        if failures:
            raise failures[0]


@pytest.fixture(autouse=True)
def _quick_to_notice(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.WORKER_SILENCE = _SILENCE
    monkeypatch.setattr(supervisor_module, "ALIVE_SECONDS", 0.2)


@pytest.fixture
def deaf(tmp_path: Path) -> Path:
    """This function will name the file that makes a worker lose its loop, once."""
    return tmp_path / "deaf"


@pytest.fixture
def stage(deaf: Path, request: pytest.FixtureRequest) -> Iterator[_Stage]:
    child = Child(
        name="worker",
        program=worker.command("watched", at_once=getattr(request, "param", 1)),
        folder=settings.BASE_DIR,
        ready=lambda process: process.said(" ready."),
        before_start=lambda: heartbeat.reset("watched"),
        alive=lambda: not liveness.is_silent("watched"),
    )
    stage = _Stage(child, environment={"DEAF_ONCE": str(deaf)})
    yield stage
    stage.supervisor.stop()


class TestWorker:
    def test_that_has_stopped_polling_is_replaced_by_one_that_takes_the_next_task(
        self, stage: _Stage, deaf: Path, tmp_path: Path
    ) -> None:
        done = tmp_path / "done"

        def lose_the_loop() -> None:
            deaf.touch()
            worker.until(lambda: not deaf.exists(), told=lambda: stage.said)
            worker.send_task("tests.mark", file=str(done))
            worker.until(done.exists, told=lambda: stage.said)

        stage.watch_while(lose_the_loop)
        assert stage.deaths == 1

    def test_that_hangs_is_replaced_by_one_that_takes_the_next_task(self, stage: _Stage, tmp_path: Path) -> None:
        first, done = tmp_path / "first", tmp_path / "done"

        def freeze() -> None:
            worker.send_task("tests.pid", file=str(first))
            worker.until(first.exists, told=lambda: stage.said)
            os.kill(int(first.read_text()), signal.SIGSTOP)
            with worker.impatient_queue(deliveries=8):  # its open poll may take the message with it
                worker.send_task("tests.mark", file=str(done))
                worker.until(done.exists, told=lambda: stage.said)

        stage.watch_while(freeze)
        assert stage.deaths == 1

    def test_that_works_longer_than_it_may_be_silent_is_left_in_peace(self, stage: _Stage, tmp_path: Path) -> None:
        done = tmp_path / "done"

        def work_long() -> None:
            worker.send_task("tests.sleep", file=str(done), seconds=_SILENCE.total_seconds() + 3)
            worker.until(done.exists, told=lambda: stage.said)

        stage.watch_while(work_long)
        assert stage.deaths == 0

    @pytest.mark.parametrize("stage", [2], indirect=True)
    def test_for_two_tasks_does_others_while_one_hangs(self, stage: _Stage, tmp_path: Path) -> None:
        hung = tmp_path / "hung"

        def hang_and_go_on() -> None:
            worker.send_task("tests.sleep", file=str(hung), seconds=_SILENCE.total_seconds() + 6)
            for number in range(5):
                done = tmp_path / str(number)
                worker.send_task("tests.mark", file=str(done))
                worker.until(done.exists, told=lambda: stage.said)
            assert not hung.exists()
            worker.until(hung.exists, told=lambda: stage.said)

        stage.watch_while(hang_and_go_on)
        assert stage.deaths == 0

    def test_that_finishes_its_task_before_it_stops_is_left_in_peace(self, stage: _Stage, tmp_path: Path) -> None:
        first, done = tmp_path / "first", tmp_path / "done"

        def stop_in_the_middle() -> None:
            worker.send_task("tests.pid", file=str(first))
            worker.until(first.exists, told=lambda: stage.said)
            worker.send_task("tests.sleep", file=str(done), seconds=_SILENCE.total_seconds() + 3)
            worker.until(lambda: "tests.sleep" in stage.said, told=lambda: stage.said)
            os.kill(int(first.read_text()), signal.SIGTERM)
            worker.until(done.exists, told=lambda: stage.said)

        stage.watch_while(stop_in_the_middle)
        assert stage.deaths == 0

    def test_survives_an_outage_of_the_queue(self, stage: _Stage, local_aws: Any, tmp_path: Path) -> None:
        done = tmp_path / "done"

        def take_the_queue_away() -> None:
            local_aws.stop()
            try:
                time.sleep(_SILENCE.total_seconds() + 2)
            finally:
                local_aws.start()
            worker.send_task("tests.mark", file=str(done))
            worker.until(done.exists, told=lambda: stage.said)

        stage.watch_while(take_the_queue_away)
        assert stage.deaths == 0

    def test_survives_a_queue_that_is_missing(self, stage: _Stage, tmp_path: Path) -> None:
        done = tmp_path / "done"

        def take_the_queue_away() -> None:
            client("sqs").delete_queue(QueueUrl=worker.URL)
            try:
                time.sleep(_SILENCE.total_seconds() + 2)
            finally:
                call_command("provision", verbosity=0)
            worker.send_task("tests.mark", file=str(done))
            worker.until(done.exists, told=lambda: stage.said)

        stage.watch_while(take_the_queue_away)
        assert "HTTP 400" in stage.said
        assert stage.deaths == 0


class TestBeat:
    def test_that_hangs_is_replaced(self, tmp_path: Path) -> None:
        def prepare() -> None:
            (tmp_path / "pid").unlink(missing_ok=True)
            (settings.HEARTBEATS_DIR / heartbeat.BEAT).unlink(missing_ok=True)  # it may take its time to start

        child = Child(
            name="beat",
            program=(
                *(sys.executable, "-m", "celery", "-A", "tests.genomics.queues.worker_app", "beat", "-l", "INFO"),
                *("-s", str(tmp_path / "schedule"), "--pidfile", str(tmp_path / "pid")),
            ),
            folder=settings.BASE_DIR,
            ready=lambda process: process.said("is starting"),
            before_start=prepare,
            alive=lambda: not liveness.is_silent(heartbeat.BEAT),
        )
        stage = _Stage(child, environment={})

        def freeze() -> None:
            worker.until((tmp_path / "pid").exists)
            first = (tmp_path / "pid").read_text()
            time.sleep(_SILENCE.total_seconds() + 1)
            assert stage.deaths == 0
            os.kill(int(first), signal.SIGSTOP)
            worker.until(lambda: stage.deaths == 1, told=lambda: stage.said)
            worker.until(
                lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text() != first,
                told=lambda: stage.said,
            )

        try:
            stage.watch_while(freeze)
        finally:
            stage.supervisor.stop()


class TestLiveness:
    def test_is_good_while_a_worker_runs_and_not_after_it(self, tmp_path: Path) -> None:
        probe = [sys.executable, "-m", "genomics.queues.liveness", "probed", "--max-age", "30"]
        with worker.running("probed", log=tmp_path / "log") as process:
            worker.until(lambda: subprocess.run(probe, capture_output=True, check=False).returncode == 0)
            process.send_signal(signal.SIGTERM)
            process.wait(20)
        assert subprocess.run(probe, capture_output=True, check=False).returncode == 1
