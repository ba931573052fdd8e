"""The progress protocol."""

import pytest

from annotator.progress import Done, Event, Failed, Progress, Stage, StageClock, parse, to_line

EVENTS: list[Event] = [
    Stage(stage="read", label="Reading the header"),
    Progress(records=5, fraction=0.25),
    Done(
        records_read=3,
        annotated=1,
        passed=1,
        rejected=1,
        consequences={"missense_variant": 1},
        files={"vcf": "a.vcf.gz"},
        stage_seconds={"read": 0.5},
    ),
    Failed(code="BAD_REF", message="REF is empty.", advice="Correct it.", line=4, column="REF"),
]


class TestParse:
    @pytest.mark.parametrize("event", EVENTS)
    def test_gives_back_what_was_written(self, event: Event) -> None:
        assert parse(to_line(event)) == event

    @pytest.mark.parametrize("line", ["", "hello", "[]", '{"event": "other"}', '{"event": "stage"}', "3"])
    def test_refuses_anything_else(self, line: str) -> None:
        with pytest.raises(ValueError):  # noqa: PT011
            parse(line)


class TestStageClock:
    def test_takes_times_and_thins_out_progress(self) -> None:
        times = iter([0.0, 0.05, 0.1, 0.5, 1.0, 1.0, 2.0])
        events: list[Event] = []
        clock = StageClock(events.append, monotonic=lambda: next(times))
        clock.begin("read")
        clock.progress(1, 0.1)
        clock.progress(2, 0.2)
        clock.progress(3, 0.5)
        clock.begin("annotate")
        clock.end()
        assert [event.records for event in events if isinstance(event, Progress)] == [1, 3]
        assert [event.fraction for event in events if isinstance(event, Progress)] == [0.001, 0.005]
        assert clock.stage_seconds == {"read": 1.0, "annotate": 1.0}
