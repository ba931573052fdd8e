"""The claims that will be, in their order: the rule of jobs.dispatch, played through on numbers alone."""

import heapq
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A job that waits, and for how long it will run."""

    job_id: uuid.UUID
    submitted_at: datetime
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The jobs of one lab: those that run, by the seconds that they still take, and those that wait, oldest first."""

    places: int  # jobs that it may run at once
    running: Sequence[float]
    waiting: Sequence[Waiting]
    is_cut: bool  # more wait than are named


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A claim that will be: whose, and in how many seconds."""

    job_id: uuid.UUID
    in_seconds: float


def starts(lines: Iterable[Line], *, workers: int, limit: int) -> list[Start]:
    """This function will give the next claims in their order, at most `limit`.

    It ends early where the order is no longer known, because a line is cut.
    """
    return _Play(list(lines), workers=workers).starts(limit)


class _Play:
    """The fleet, moving from one end of a job to the next."""

    def __init__(self, lines: list[Line], *, workers: int) -> None:
        self._lines = lines
        self._running = [len(line.running) for line in lines]
        self._next = [0 for _ in lines]  # the index of each line's next waiting job
        self._free = max(0, workers - sum(self._running))
        self._ends = [(seconds, index) for index, line in enumerate(lines) for seconds in line.running]
        self._turns: list[tuple[int, datetime, int]] = []  # may hold turns that are over
        heapq.heapify(self._ends)
        for index in range(len(lines)):
            self._offer(index)

    def starts(self, limit: int) -> list[Start]:
        now, found = 0.0, list[Start]()
        while len(found) < limit:
            index = self._whose_turn() if self._free else None
            if index is not None:
                line, number = self._lines[index], self._next[index]
                job = line.waiting[number]
                found.append(Start(job_id=job.job_id, in_seconds=now))
                if number + 1 == len(line.waiting) and line.is_cut:
                    break
                self._start(index, until=now + job.seconds)
            elif self._ends:
                now, index = heapq.heappop(self._ends)
                self._free += 1
                self._running[index] -= 1
                self._offer(index)
            else:
                break
        return found

    def _start(self, index: int, *, until: float) -> None:
        self._free -= 1
        self._running[index] += 1
        self._next[index] += 1
        heapq.heappush(self._ends, (until, index))
        self._offer(index)

    def _offer(self, index: int) -> None:
        """This function will note the turn of a line that may start a job."""
        line, number = self._lines[index], self._next[index]
        if number < len(line.waiting) and self._running[index] < line.places:
            heapq.heappush(self._turns, (self._running[index], line.waiting[number].submitted_at, index))

    def _whose_turn(self) -> int | None:
        while self._turns:
            running, submitted_at, index = heapq.heappop(self._turns)
            line, number = self._lines[index], self._next[index]
            is_valid = number < len(line.waiting) and line.waiting[number].submitted_at == submitted_at
            if is_valid and self._running[index] == running:
                return index
        return None
