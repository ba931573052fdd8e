from datetime import UTC, datetime, timedelta

import pytest

from genomics.users.models import User
from jobs.models import Job, Kind, Status
from jobs.templatetags import display


class TestSize:
    @pytest.mark.parametrize(
        ("size_bytes", "text"),
        [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1000, "1 kB"),
            (1234, "1.2 kB"),
            (150_000, "150 kB"),
            (999_600, "1.0 MB"),
            (5 * 1024**3, "5.4 GB"),
            (10**16, "10000 TB"),
        ],
    )
    def test_is_decimal(self, size_bytes: int, text: str) -> None:
        assert display.size(size_bytes) == text


class TestCount:
    def test_groups_thousands_and_knows_the_unknown(self) -> None:
        assert [display.count(number) for number in (0, 65370, None)] == ["0", "65,370", "–"]


class TestPercent:
    @pytest.mark.parametrize(
        ("fraction", "text"),
        [(0.0, "0.0 %"), (0.0001, "<0.1 %"), (0.0312, "3.1 %"), (0.516, "52 %"), (0.9999, "99.9 %"), (1.0, "100 %")],
    )
    def test_rounds_neither_to_nothing_nor_to_all(self, fraction: float, text: str) -> None:
        assert display.percent(fraction) == text


class TestDuration:
    @pytest.mark.parametrize(
        ("seconds", "text"),
        [
            (0.2, "under 1 s"),
            (23, "23 s"),
            (125, "2 min 5 s"),
            (3600, "1 h"),
            (3_725, "1 h 2 min"),
            (90_000, "1 d 1 h"),
        ],
    )
    def test_names_the_two_largest_units(self, seconds: float, text: str) -> None:
        assert display.duration(timedelta(seconds=seconds)) == text

    def test_of_what_has_not_begun_is_a_dash(self) -> None:
        assert display.duration(None) == "–"


class TestInitials:
    @pytest.mark.parametrize(
        ("name", "letters"),
        [
            ("Ana Novak", "AN"),
            ("Ana Maria Novak", "AN"),
            ("ana@lab.example", "A"),
            ("ana.novak@lab.example", "AN"),
            ("Lena <b>Müller</b>", "LM"),
            ("Ana (Novak)", "AN"),
            ("Ana 3", "A"),
            ("", "?"),
        ],
    )
    def test_are_one_or_two_capitals(self, name: str, letters: str) -> None:
        assert display.initials(name) == letters


class TestActorName:
    @pytest.mark.parametrize(
        ("actor", "name"),
        [
            ("user:7", "You"),
            ("user:8", "A member of the lab"),
            ("worker:host-1", "A worker"),
            ("sweep", "The automatic check"),
            ("admin:1", "An administrator"),
            ("unknown:1", "The system"),
        ],
    )
    def test_speaks_to_the_user(self, actor: str, name: str) -> None:
        assert display.actor_name(actor, User(pk=7)) == name


class TestFailurePlace:
    @pytest.mark.parametrize(
        ("line", "column", "text"),
        [
            (1040, "CHROM", "line 1,040, column CHROM"),
            (1, "", "line 1"),
            (None, "POS", "column POS"),
            (None, "", ""),
        ],
    )
    def test_names_what_is_known(self, line: int | None, column: str, text: str) -> None:
        assert display.failure_place(Job(failure_line=line, failure_column=column)) == text


class TestRunTime:
    def test_is_unknown_before_the_start(self) -> None:
        assert display.run_time(Job(status=Status.PENDING)) is None

    def test_of_a_finished_job_stands_still(self) -> None:
        start = datetime(2026, 3, 1, tzinfo=UTC)
        job = Job(status=Status.COMPLETED, started_at=start, finished_at=start + timedelta(seconds=23))
        assert display.run_time(job) == timedelta(seconds=23)

    def test_of_a_running_job_goes_on(self) -> None:
        job = Job(status=Status.RUNNING, started_at=datetime(2026, 3, 1, tzinfo=UTC))
        assert (display.run_time(job) or timedelta()) > timedelta(days=1)


class TestPurpose:
    @pytest.mark.parametrize("kind", [Kind.VCF, Kind.INDEX, Kind.TABLE, Kind.SUMMARY, Kind.LEDGER, Kind.MANIFEST])
    def test_is_said_of_each_file_that_is_to_be_downloaded(self, kind: Kind) -> None:
        assert display.purpose(kind.value)

    def test_is_nothing_where_the_name_says_it(self) -> None:
        assert display.purpose("LOG") == ""
