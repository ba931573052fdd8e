"""Starts children, restarts what dies or hangs, and stops them all."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType

from genomics.localaws.children import Child, Process
from genomics.localaws.output import Output

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
HEALTHY_SECONDS = 10.0  # who ran this long starts its pauses anew
START_SECONDS = 60.0
ALIVE_SECONDS = 1.0  # between two questions whether a child is alive
_TICK_SECONDS = 0.05


class ChildFailedError(Exception):
    """A child ended, or did not get ready in time, while the stack was starting."""


@dataclass(slots=True, kw_only=True)
class _Place:
    """A child's place in the stack, kept over its restarts."""

    child: Child
    process: Process | None = None  # None while it waits for its next start
    started_at: float = 0.0
    failures: int = 0
    next_start_at: float = 0.0
    asked_at: float = 0.0  # whether it is alive


class Supervisor:
    """Children in tiers: a tier rests on the ones started before it and is stopped before them.

    Used as a context manager; leaving it stops everything. Children end with the thread that started them, so one
    thread makes all calls. Anybody may set `stopping`.
    """

    def __init__(self, *, environment: Mapping[str, str], output: Output) -> None:
        self.stopping = threading.Event()
        self._environment = environment
        self._output = output
        self._tiers: list[list[_Place]] = []

    def __enter__(self) -> "Supervisor":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, *children: Child) -> None:
        """This function will start a tier of children; `wait_ready` tells when they work."""
        tier = [_Place(child=child) for child in children]
        self._tiers.append(tier)
        for place in tier:
            self._start(place)

    def wait_ready(self) -> None:
        """This function will return when each child is ready, or when the stack is asked to stop.

        Raises ChildFailedError with the last lines of a child that ended or needed too long.
        """
        waiting = [place.process for tier in self._tiers for place in tier if place.process]
        end = time.monotonic() + START_SECONDS
        while waiting and not self.stopping.is_set():
            for process in list(waiting):
                if process.exit_code is not None:
                    process.kill_rest()
                    raise ChildFailedError(_report(process, f"ended with code {process.exit_code}"))
                if process.child.ready(process):
                    waiting.remove(process)
                elif time.monotonic() > end:
                    raise ChildFailedError(_report(process, f"was not ready within {START_SECONDS:.0f} s"))
            self.stopping.wait(_TICK_SECONDS)

    def watch(self) -> None:
        """This function will restart what dies or hangs, each on its own, until the stack is asked to stop."""
        while not self.stopping.wait(_TICK_SECONDS):
            for tier in self._tiers:
                for place in tier:
                    self._look_after(place)

    def stop(self) -> None:
        """This function will stop the tiers, last one first; within a tier all at once."""
        self.stopping.set()
        while self._tiers:
            processes = [place.process for place in self._tiers.pop() if place.process]
            for process in processes:
                process.ask_to_stop()
            start = time.monotonic()
            for process in processes:
                while process.exit_code is None and time.monotonic() < start + process.child.stop_seconds:
                    time.sleep(_TICK_SECONDS / 5)
                process.kill_rest()

    def _look_after(self, place: _Place) -> None:
        if place.process is None:
            if time.monotonic() >= place.next_start_at:
                self._start_again(place)
        elif place.process.exit_code is not None:
            self._replace(place, place.process, f"ended with code {place.process.exit_code}")
        elif self._hangs(place, place.process):
            self._replace(place, place.process, "has stopped working and was killed")

    def _hangs(self, place: _Place, process: Process) -> bool:
        now = time.monotonic()
        if now - place.asked_at < ALIVE_SECONDS:
            return False
        place.asked_at = now
        if place.child.alive():
            return False
        return now - place.started_at > START_SECONDS or place.child.ready(process)  # else it is still starting

    def _replace(self, place: _Place, process: Process, reason: str) -> None:
        process.kill_rest()
        if time.monotonic() - place.started_at >= HEALTHY_SECONDS:
            place.failures = 0
        self._postpone(place, reason)

    def _start(self, place: _Place) -> None:
        place.started_at = place.asked_at = time.monotonic()
        place.child.before_start()
        place.process = Process(place.child, environment=self._environment, output=self._output)

    def _start_again(self, place: _Place) -> None:
        try:
            self._start(place)
        except (OSError, RuntimeError) as error:
            self._postpone(place, f"did not start: {error}")

    def _postpone(self, place: _Place, reason: str) -> None:
        pause = min(FIRST_PAUSE_SECONDS * 2**place.failures, LONGEST_PAUSE_SECONDS)
        place.process = None
        place.failures += 1
        place.next_start_at = time.monotonic() + pause
        self._say(f"{place.child.name} {reason}; it starts again in {pause:g} s")

    def _say(self, line: str) -> None:
        self._output.write("up", line)


def _report(process: Process, what: str) -> str:
    return "\n".join([f"{process.child.name} {what}. Its last lines:", *list(process.lines)[-15:]])
