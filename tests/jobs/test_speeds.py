from datetime import UTC, datetime, timedelta

from jobs import speeds
from jobs.spans import Span

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLAIN = speeds.Kind(reference="GRCh38", compressed=False)
PACKED = speeds.Kind(reference="GRCh38", compressed=True)


def _measured(size_bytes: int, seconds: float, *, kind: speeds.Kind = PLAIN) -> speeds.Measurement:
    return speeds.Measurement(kind=kind, size_bytes=size_bytes, began_at=NOW - timedelta(seconds=seconds), ended_at=NOW)


class TestMeasure:
    def test_finds_the_fixed_part_and_the_seconds_for_each_byte(self) -> None:
        known = speeds.measure([_measured(size, 1 + size / 1000) for size in (1000, 2000, 5000, 9000)])
        span = known.span(PLAIN, 4000)
        assert span is not None
        assert abs(span.low - 5) < 0.01
        assert abs(span.high - 5) < 0.01

    def test_is_not_bent_by_a_stray_measurement_but_admits_it(self) -> None:
        sizes = range(1000, 21_000, 1000)
        known = speeds.measure([_measured(size, 1 + size / 1000) for size in sizes] + [_measured(3000, 400)])
        speed = known.by_kind[PLAIN]
        assert abs(speed.seconds_per_byte - 0.001) < 0.0002
        assert speed.high_ratio < 2

    def test_says_nothing_before_three_measurements(self) -> None:
        assert speeds.measure([_measured(1000, 1), _measured(2000, 2)]).span(PLAIN, 1000) is None

    def test_knows_kinds_apart_and_takes_all_together_for_a_new_one(self) -> None:
        known = speeds.measure(
            [_measured(1000, 1) for _ in range(3)] + [_measured(1000, 10, kind=PACKED) for _ in range(3)]
        )
        assert known.span(PLAIN, 1000) == Span(low=1, high=1)
        assert known.span(PACKED, 1000) == Span(low=10, high=10)
        assert known.span(speeds.Kind(reference="GRCh37", compressed=False), 1000) is not None

    def test_gets_less_sure_beyond_what_was_measured(self) -> None:
        known = speeds.measure([_measured(1000, 2) for _ in range(5)])
        assert known.span(PLAIN, 10_000) == Span(low=2, high=20)
        assert known.span(PLAIN, 500) == Span(low=1, high=2)


class TestRemaining:
    def test_is_nothing_known_at_the_beginning_of_the_first_job_ever(self) -> None:
        assert speeds.remaining(whole=None, fraction=0.05, elapsed_seconds=3) is None

    def test_is_by_the_own_pace_without_measurements(self) -> None:
        assert speeds.remaining(whole=None, fraction=0.25, elapsed_seconds=10) == Span(low=30, high=30)

    def test_is_by_the_speed_of_its_kind_at_the_beginning(self) -> None:
        assert speeds.remaining(whole=Span(low=8, high=16), fraction=0, elapsed_seconds=9) == Span(low=8, high=16)

    def test_follows_the_own_pace_the_more_of_the_job_is_done(self) -> None:
        whole = Span(low=8, high=12)
        assert speeds.remaining(whole=whole, fraction=0.5, elapsed_seconds=20) == Span(low=12, high=13)
        assert speeds.remaining(whole=whole, fraction=1, elapsed_seconds=20) == Span(low=0, high=0)
