import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from jobs.queueing import Line, Waiting, starts

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _line(name: str, jobs: int, *, places: int = 2, running: int = 0, since: int = 0, cut: bool = False) -> Line:
    """This function will give a line whose n-th job has the id that `_id(name, n)` gives; each takes ten seconds."""
    return Line(
        places=places,
        running=[10.0] * running,
        waiting=[
            Waiting(job_id=_id(name, number), submitted_at=NOW + timedelta(seconds=since + number), seconds=10)
            for number in range(jobs)
        ],
        is_cut=cut,
    )


def _id(name: str, number: int) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_OID, f"{name}{number}")


def _order(*lines: Line, workers: int, limit: int = 100) -> list[uuid.UUID]:
    return [start.job_id for start in starts(lines, workers=workers, limit=limit)]


class TestStarts:
    def test_are_in_the_order_of_submission_within_a_lab(self) -> None:
        assert _order(_line("a", 3), workers=1) == [_id("a", 0), _id("a", 1), _id("a", 2)]

    def test_prefer_the_lab_that_runs_the_fewest(self) -> None:
        order = _order(_line("a", 3, since=-100, places=8), _line("b", 2), workers=2)
        assert order == [_id("a", 0), _id("b", 0), _id("a", 1), _id("b", 1), _id("a", 2)]

    def test_go_round_for_one_worker_beginning_with_the_lab_that_started_longest_ago(self) -> None:
        lately = replace(_line("a", 3, since=-100), started_at=NOW)
        before = replace(_line("b", 2), started_at=NOW - timedelta(seconds=1))
        never = _line("c", 1, since=50)
        order = _order(lately, before, never, workers=1)
        assert order == [_id("c", 0), _id("b", 0), _id("a", 0), _id("b", 1), _id("a", 1), _id("a", 2)]

    def test_keep_to_the_places_of_a_lab_though_workers_are_free(self) -> None:
        found = starts([_line("a", 4, places=2)], workers=10, limit=10)
        assert [start.in_seconds for start in found] == [0, 0, 10, 10]

    def test_wait_for_running_jobs_to_end(self) -> None:
        assert [start.in_seconds for start in starts([_line("a", 1, running=2)], workers=2, limit=9)] == [10]
        assert [start.in_seconds for start in starts([_line("a", 1, running=1)], workers=1, limit=9)] == [10]

    def test_are_no_more_than_asked_for(self) -> None:
        assert len(_order(_line("a", 50), workers=2, limit=7)) == 7

    def test_end_where_a_line_is_cut(self) -> None:
        assert _order(_line("a", 2, cut=True), _line("b", 9, since=50), workers=1) == [
            _id("a", 0),
            _id("b", 0),
            _id("a", 1),
        ]

    @pytest.mark.parametrize("lines", [[], [Line(places=2, running=[], waiting=[], is_cut=False)]])
    def test_are_none_when_nobody_waits(self, lines: list[Line]) -> None:
        assert starts(lines, workers=3, limit=9) == []
