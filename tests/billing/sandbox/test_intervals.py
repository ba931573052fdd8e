from datetime import UTC, datetime

import pytest

from billing.sandbox.intervals import add_interval


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


class TestAddInterval:
    @pytest.mark.parametrize(
        ("start", "interval", "count", "end"),
        [
            ("2026-01-31T10:00", "month", 1, "2026-02-28T10:00"),
            ("2028-01-31T10:00", "month", 1, "2028-02-29T10:00"),
            ("2026-11-15T00:00", "month", 3, "2027-02-15T00:00"),
            ("2028-02-29T10:00", "year", 1, "2029-02-28T10:00"),
            ("2026-12-31T23:59", "day", 1, "2027-01-01T23:59"),
            ("2026-02-25T00:00", "week", 1, "2026-03-04T00:00"),
        ],
    )
    def test_keeps_to_the_calendar(self, start: str, interval: str, count: int, end: str) -> None:
        assert add_interval(at(start), interval, count) == at(end)

    def test_comes_back_to_the_day_of_the_anchor(self) -> None:
        assert add_interval(at("2026-02-28"), "month", 1, anchor=at("2026-01-31")) == at("2026-03-31")
