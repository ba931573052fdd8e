"""The claims that will be, in their order: the rule of jobs.dispatch, played through on numbers alone."""

import heapq
import math
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
    started_at: datetime | None = None  # when the lab last started a job; None: it never did


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


_Turn = tuple[int, float, datetime]  # running jobs, latest start, submission of the next job: the least comes first
_FUTURE = 1e12  # starts that are played come after all that have been; in the same unit, seconds since 1970


class _Play:
    """The fleet, moving from one end of a job to the next."""

    def __init__(self, lines: list[Line], *, workers: int) -> None:
        self._lines = lines
        self._running = [len(line.running) for line in lines]
        self._next = [0 for _ in lines]  # the index of each line's next waiting job
        self._free = max(0, workers - sum(self._running))
        self._ends = [(seconds, index) for index, line in enumerate(lines) for seconds in line.running]
        self._started = [line.started_at.timestamp() if line.started_at else -math.inf for line in lines]
        self._turns: list[tuple[_Turn, int]] = []  # may hold turns that are over
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
                self._start(index, number=len(found), until=now + job.seconds)
            elif self._ends:
                now, index = heapq.heappop(self._ends)
                self._free += 1
                self._running[index] -= 1
                self._offer(index)
            else:
                break
        return found

    def _start(self, index: int, *, number: int, until: float) -> None:
        self._free -= 1
        self._started[index] = _FUTURE + number
        self._running[index] += 1
        self._next[index] += 1
        heapq.heappush(self._ends, (until, index))
        self._offer(index)

    def _offer(self, index: int) -> None:
        """This function will note the turn of a line that may start a job."""
        if turn := self._turn(index):
            heapq.heappush(self._turns, (turn, index))

    def _whose_turn(self) -> int | None:
        while self._turns:
            turn, index = heapq.heappop(self._turns)
            if turn == self._turn(index):
                return index
        return None

    def _turn(self, index: int) -> "_Turn | None":
        """This function will give what decides when it is a line's turn, None when it may start no job."""
        line, number = self._lines[index], self._next[index]
        if number == len(line.waiting) or self._running[index] >= line.places:
            return None
        return self._running[index], self._started[index], line.waiting[number].submitted_at
