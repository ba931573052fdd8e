import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from genomics.localaws import supervisor as supervisor_module
from genomics.localaws.children import Child
from genomics.localaws.output import Output
from genomics.localaws.supervisor import ChildFailedError, Supervisor

_SERVE = """
import os, signal
print("here pid", os.getpid(), flush=True)
signal.pause()
"""
_IGNORES_SIGNALS = """
import signal
for number in (2, 3, 15):
    signal.signal(number, signal.SIG_IGN)
print("here", flush=True)
signal.pause()
"""
_SAYS_BYE = """
import signal, sys
for number in (3, 15):
    signal.signal(number, lambda got, _: (print("bye", got, flush=True), sys.exit()))
print("here", flush=True)
signal.pause()
"""
_HAS_A_CHILD = """
import signal, subprocess
print("here child", subprocess.Popen(["sleep", "60"]).pid, flush=True)
signal.pause()
"""


def _child(name: str, code: str, **options: object) -> Child:
    defaults: dict[str, object] = {"ready": lambda process: process.said("here"), "folder": Path.cwd()}
    return Child(name=name, program=(sys.executable, "-c", code), **{**defaults, **options})  # type: ignore[arg-type]


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not done():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


class _Stage:
    """A supervisor whose words are kept."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.supervisor = Supervisor(environment=os.environ, output=Output(self.stream))

    @property
    def said(self) -> str:
        return self.stream.getvalue()

    def watch_while(self, during: Callable[[], object]) -> None:
        """This function will watch in this thread, which the children belong to, and run `during` in another."""
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

    def pids(self) -> list[int]:
        return [int(line.split()[-1]) for line in self.said.splitlines() if " pid " in line]


@pytest.fixture
def stage() -> Iterator[_Stage]:
    stage = _Stage()
    with stage.supervisor:
        yield stage


class TestStart:
    def test_puts_the_name_before_each_line_and_drops_colours(self, stage: _Stage) -> None:
        stage.supervisor.start(_child("web", "print('\\033[31mred\\033[0m'); print('first')\n" + _SERVE))
        stage.supervisor.wait_ready()
        assert stage.said.splitlines()[:2] == ["web         | red", "web         | first"]

    def test_gives_children_the_environment(self) -> None:
        stream = io.StringIO()
        with Supervisor(environment={"COLOUR": "green"}, output=Output(stream)) as supervisor:
            supervisor.start(_child("web", "import os; print(os.environ['COLOUR'])\n" + _SERVE))
            supervisor.wait_ready()
        assert "web         | green" in stream.getvalue()


class TestWaitReady:
    def test_reports_the_last_words_of_a_child_that_ends(self, stage: _Stage) -> None:
        stage.supervisor.start(_child("web", "raise SystemExit('no such port')"))
        with pytest.raises(ChildFailedError, match=r"web ended with code 1.*\n.*no such port"):
            stage.supervisor.wait_ready()

    def test_gives_up_on_a_child_that_is_never_ready(self, stage: _Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(supervisor_module, "START_SECONDS", 0.2)
        stage.supervisor.start(_child("web", _SERVE, ready=lambda _: False))
        with pytest.raises(ChildFailedError, match="web was not ready"):
            stage.supervisor.wait_ready()

    def test_returns_when_the_stack_is_stopped(self, stage: _Stage) -> None:
        stage.supervisor.start(_child("web", _SERVE, ready=lambda _: False))
        stage.supervisor.stopping.set()
        stage.supervisor.wait_ready()


class TestWatch:
    def test_restarts_what_is_killed_and_leaves_the_others(self, stage: _Stage) -> None:
        stage.supervisor.start(_child("one", _SERVE), _child("two", _SERVE))
        stage.supervisor.wait_ready()
        first = stage.pids()
        victim = next(int(line.split()[-1]) for line in stage.said.splitlines() if line.startswith("one"))

        def kill_one() -> None:
            os.kill(victim, signal.SIGKILL)
            _until(lambda: len(stage.pids()) == 3)

        stage.watch_while(kill_one)
        survivor, fresh = (set(first) - {victim}).pop(), (set(stage.pids()) - set(first)).pop()
        assert _alive(survivor)
        assert _alive(fresh)
        assert "one ended with code -9; it starts again in 0.5 s" in stage.said

    def test_waits_longer_each_time(self, stage: _Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(supervisor_module, "FIRST_PAUSE_SECONDS", 0.01)
        stage.supervisor.start(_child("web", "pass"))
        stage.watch_while(lambda: _until(lambda: "in 0.04 s" in stage.said))
        pauses = [line.rpartition(" in ")[2] for line in stage.said.splitlines() if "starts again" in line]
        assert pauses[:3] == ["0.01 s", "0.02 s", "0.04 s"]

    def test_never_waits_longer_than_the_longest_pause(self, stage: _Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(supervisor_module, "FIRST_PAUSE_SECONDS", 0.01)
        monkeypatch.setattr(supervisor_module, "LONGEST_PAUSE_SECONDS", 0.02)
        stage.supervisor.start(_child("web", "pass"))
        stage.watch_while(lambda: _until(lambda: stage.said.count("in 0.02 s") >= 2))
        assert "in 0.04 s" not in stage.said

    def test_kills_what_a_dead_leader_leaves_before_it_restarts(self, stage: _Stage) -> None:
        stage.supervisor.start(_child("web", _HAS_A_CHILD))
        stage.supervisor.wait_ready()
        orphan = int(stage.said.split()[-1])
        leader = int(Path(f"/proc/{orphan}/stat").read_text().rpartition(")")[2].split()[1])

        def kill_leader() -> None:
            os.kill(leader, signal.SIGKILL)
            _until(lambda: not _alive(orphan))

        stage.watch_while(kill_leader)

    def test_kills_and_restarts_what_hangs(self, stage: _Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(supervisor_module, "ALIVE_SECONDS", 0.0)
        answers = iter([True, False])
        stage.supervisor.start(_child("web", _IGNORES_SIGNALS, alive=lambda: next(answers, True)))
        stage.supervisor.wait_ready()
        stage.watch_while(lambda: _until(lambda: stage.said.count("| here") == 2))
        assert "web has stopped working and was killed; it starts again in 0.5 s" in stage.said

    def test_lets_a_child_start_before_it_must_be_alive(self, stage: _Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(supervisor_module, "ALIVE_SECONDS", 0.0)
        asked: list[bool] = []

        def alive() -> bool:
            asked.append(True)
            return False

        stage.supervisor.start(_child("web", _SERVE, ready=lambda _: False, alive=alive))
        stage.watch_while(lambda: _until(lambda: len(asked) > 3))
        assert "has stopped working" not in stage.said
        monkeypatch.setattr(supervisor_module, "START_SECONDS", 0.0)
        stage.supervisor.stopping.clear()
        stage.watch_while(lambda: _until(lambda: "has stopped working" in stage.said))

    def test_tries_again_when_a_child_cannot_be_prepared(self, stage: _Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(supervisor_module, "FIRST_PAUSE_SECONDS", 0.01)
        outcomes = iter([None, RuntimeError("folder in use"), None])

        def prepare() -> None:
            if outcome := next(outcomes):
                raise outcome

        stage.supervisor.start(_child("web", "print('here', flush=True)", before_start=prepare))
        stage.watch_while(lambda: _until(lambda: stage.said.count("| here") == 2))
        assert "web did not start: folder in use" in stage.said


class TestStop:
    def test_leaves_no_process(self, stage: _Stage) -> None:
        stage.supervisor.start(_child("web", _HAS_A_CHILD))
        stage.supervisor.wait_ready()
        grandchild = int(stage.said.split()[-1])
        stage.supervisor.stop()
        _until(lambda: not _alive(grandchild))

    def test_stops_the_last_tier_first(self, stage: _Stage) -> None:
        stage.supervisor.start(_child("ground", _SAYS_BYE))
        stage.supervisor.start(_child("roof", _SAYS_BYE))
        stage.supervisor.wait_ready()
        stage.supervisor.stop()
        assert [line.split()[0] for line in stage.said.splitlines() if "bye" in line] == ["roof", "ground"]

    def test_kills_what_ignores_the_signal(self, stage: _Stage) -> None:
        stage.supervisor.start(_child("web", _IGNORES_SIGNALS, stop_seconds=0.1))
        stage.supervisor.wait_ready()
        begin = time.monotonic()
        stage.supervisor.stop()
        assert 0.1 <= time.monotonic() - begin < 20  # it would go on for ever

    def test_sends_the_signal_that_the_child_wants(self, stage: _Stage) -> None:
        stage.supervisor.start(_child("worker", _SAYS_BYE, stop_signal=signal.SIGQUIT))
        stage.supervisor.wait_ready()
        stage.supervisor.stop()
        assert f"worker      | bye {signal.SIGQUIT}" in stage.said


_PARENT = """
import os, sys
from pathlib import Path
from genomics.localaws.children import Child
from genomics.localaws.output import Output
from genomics.localaws.supervisor import Supervisor
child = Child(
    name="web", program=(sys.executable, "-c", sys.argv[1]), folder=Path.cwd(), ready=lambda p: p.said("here")
)
supervisor = Supervisor(environment=os.environ, output=Output(sys.stdout))
supervisor.start(child)
supervisor.wait_ready()
sys.stdin.read()
"""


class TestDeathOfTheSupervisor:
    def test_takes_the_children_with_it(self) -> None:
        with subprocess.Popen(
            [sys.executable, "-c", _PARENT, _SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as parent:
            assert parent.stdout is not None
            child = int(parent.stdout.readline().split()[-1])
            assert _alive(child)
            parent.kill()
            _until(lambda: not _alive(child))
