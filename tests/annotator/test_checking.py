"""The records of a block: taken all at once where they are sound, and line by line where one is not."""

import pytest

from annotator.checking import CheckedBlock, is_of_the_line
from annotator.errors import InvalidVcfError
from annotator.limits import DEFAULT_LIMITS, Limits
from annotator.reading import TextBlock
from annotator.records import RecordChecker
from annotator.sites import MAX_POSITION
from tests.annotator.blocks import BASES, block_of, checked, checker, contig_table, row

ALT_CONTIG = "chr6_GL000250v2_alt"


def runs(block: CheckedBlock) -> list[tuple[bytes, str | None, int, int, int, int, int]]:
    return [
        (
            run.text,
            run.contig.name if run.contig else None,
            run.begin,
            run.end,
            run.first_line,
            run.first_position,
            run.last_position,
        )
        for run in block.runs
    ]


def fault_of(*rows: str, limits: Limits = DEFAULT_LIMITS) -> InvalidVcfError:
    """This function will give the fault of a block, which must be the one that a check line by line finds."""
    column_count = rows[0].count("\t") + 1
    with pytest.raises(InvalidVcfError) as caught:
        checker(column_count=column_count, limits=limits).check(block_of(*rows, first_line=1))
    by_line = RecordChecker(column_count=column_count, contigs=contig_table(), limits=limits)
    for number, text in enumerate(rows[: (caught.value.line or 0) - 1], start=1):
        by_line.take(text.encode(), number=number)
    with pytest.raises(InvalidVcfError) as expected:
        by_line.take(rows[(caught.value.line or 0) - 1].encode(), number=caught.value.line or 0)
    assert vars(caught.value) == vars(expected.value)
    return caught.value


class TestSoundBlocks:
    def test_are_cut_into_runs(self) -> None:
        found = checked(row(5, contig="chr1"), row(5, contig="chr1"), row(7, contig="chr2"), row(1, contig=ALT_CONTIG))
        assert runs(found) == [
            (b"chr1", "1", 0, 2, 4, 5, 5),
            (b"chr2", "2", 2, 3, 6, 7, 7),
            (ALT_CONTIG.encode(), None, 3, 4, 7, 1, 1),
        ]
        assert found.line_numbers.tolist() == [4, 5, 6, 7]
        assert found.positions.tolist() == [5, 5, 7, 1]
        assert found.bad_lines == ()

    @pytest.mark.parametrize(
        "one",
        [
            row("0000000010"),
            row(5, "acgtnACGTN"),
            row(5, "N", "."),
            row(5, "A", ""),
            row(5, "A", "C,<DEL>,*,N", info=""),
            row(5, info="END=2000000"),
            row(5, info=f"END={MAX_POSITION};SVLEN={MAX_POSITION - 5}"),
            row(5, info="CIEND=99999999999"),
            row(5, info="END"),
            row(5, "A", "C", "LENGTH:GT", "99999999999:0/1"),
            row(5, "A", "<*>", "GT:LEN", "0/0:500", "0/0"),
            row(5, "A", "C", "LEN", ""),
            row(5, "A", "C", "GT", "0/1", info="LEN=99999999999"),
            row(len(BASES), contig="1"),
            row(len(BASES) - 3, "ACGT", contig="1"),
            row(MAX_POSITION, contig="HLA-A*01:01:01:01"),
        ],
    )
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_may_look_odd(self, one: str, end: str) -> None:
        found = checked(one, one, end=end)
        assert len(found.positions) == 2
        by_line = RecordChecker(column_count=one.count("\t") + 1, contigs=contig_table(), limits=DEFAULT_LIMITS)
        assert by_line.take((one + end[:-1]).encode(), number=1).position == found.positions[0]

    @pytest.mark.parametrize("text", [row(5), row(5) + "\r"])
    def test_may_lack_the_last_line_end(self, text: str) -> None:
        found = checker().check(TextBlock(number=0, first_line=9, text=text.encode()))
        assert found.columns.line(0).decode() == row(5)
        assert found.line_numbers.tolist() == [9]


class TestFaults:
    @pytest.mark.parametrize(
        ("rows", "code", "line"),
        [
            ([row(5), row(6) + "\t."], "WRONG_COLUMN_COUNT", 2),
            ([row(5), ""], "EMPTY_LINE", 2),
            ([row(5), "##x"], "HEADER_AFTER_RECORDS", 2),
            ([row(5), row(6, contig="#1")], "HEADER_AFTER_RECORDS", 2),
            ([row(5), row(6, info="a\rb")], "OLD_LINE_ENDS", 2),
            ([row(5), row(6, contig="")], "UNKNOWN_CONTIG", 2),
            ([row(5), row(6, contig="chr99")], "UNKNOWN_CONTIG", 2),
            ([row(5), row(6, contig="x" * 256)], "UNKNOWN_CONTIG", 2),
            ([row(5), row(0)], "BAD_POSITION", 2),
            ([row(5), row("1" * 11)], "BAD_POSITION", 2),
            ([row(5), row("9999999999")], "PAST_CONTIG_END", 2),
            ([row(5), row(6), row(5)], "NOT_SORTED", 3),
            ([row(5), row(5, contig="1"), row(6)], "CONTIG_IN_TWO_BLOCKS", 3),
            ([row(5), row(6, contig="chr2")], "CONTIG_IN_TWO_BLOCKS", 2),
            ([row(5), row(6, "")], "BAD_REF", 2),
            ([row(5), row(6, "R")], "BAD_REF", 2),
            ([row(5), row(6, "ACGR")], "BAD_REF", 2),
            ([row(5), row(6, "A" * 5_000 + "-")], "BAD_REF", 2),
            ([row(5, contig="1"), row(len(BASES) + 1, contig="1")], "PAST_CONTIG_END", 2),
            ([row(5, contig="1"), row(len(BASES), "AC", contig="1")], "PAST_CONTIG_END", 2),
            ([row(5), row(6, info=f"END={MAX_POSITION + 1}")], "BAD_END", 2),
            ([row(5), row(6, info=f"DP=1;SVLEN=-3,-{MAX_POSITION}")], "BAD_END", 2),
            ([row(5), row(6, info="END=00000000005")], "BAD_END", 2),
            ([row(5, "A", "C", "GT:LEN", "0/0:5"), row(6, "A", "C", "GT:LEN", "0/0:999999999")], "BAD_END", 2),
        ],
    )
    def test_are_those_of_the_line(self, rows: list[str], code: str, line: int) -> None:
        fault = fault_of(*rows)
        assert (fault.code, fault.line) == (code, line)

    def test_tell_of_the_first_line_that_has_one(self) -> None:
        assert fault_of(row(5), row(6, "R"), row(0), "").line == 2

    @pytest.mark.parametrize("alt", ["C,G,T", "C,,", ",,", "," * 20])
    def test_include_too_much_to_compare(self, alt: str) -> None:
        limits = Limits(max_allele_bytes=11)
        assert fault_of(row(5), row(6, "ACGT", alt), limits=limits).code == "TOO_MANY_ALLELES"

    def test_leave_long_alleles_alone_that_are_compared_once(self) -> None:
        limits = Limits(max_allele_bytes=11)
        rows = row(5, "ACGT", "C" * 50), row(6, "ACGTACGT" * 5, ","), row(7, "A", "C," * 9)
        assert len(checker(limits=limits).check(block_of(*rows)).positions) == 3

    def test_include_too_many_contigs(self) -> None:
        rows = row(5, contig="1"), row(5, contig="2"), row(5, contig="MT")
        assert fault_of(*rows, limits=Limits(max_contigs=2)).code == "TOO_MANY_CONTIGS"
        assert len(checker(limits=Limits(max_contigs=3)).check(block_of(*rows)).runs) == 3


class TestBadLines:
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_are_set_apart(self, end: str) -> None:
        rows = row(5), row(6, "R"), row(7), "cut\toff", row(0), row(9, contig="1")
        found = checked(*rows, keeps_bad_lines=True, end=end)
        assert found.line_numbers.tolist() == [4, 6, 9]
        assert [found.columns.line(number).decode() for number in range(3)] == [rows[0], rows[2], rows[5]]
        assert [(bad.fault.code, bad.fault.line, bad.text.decode()) for bad in found.bad_lines] == [
            ("BAD_REF", 5, rows[1] + end[:-1]),
            ("WRONG_COLUMN_COUNT", 7, rows[3] + end[:-1]),
            ("BAD_POSITION", 8, rows[4] + end[:-1]),
        ]
        assert [run[4] for run in runs(found)] == [4, 9]

    def test_may_be_all(self) -> None:
        found = checked(row(0), row(0), keeps_bad_lines=True)
        assert (len(found.columns), found.runs, len(found.bad_lines)) == (0, (), 2)

    def test_that_stand_between_leave_their_contig_whole(self) -> None:
        assert len(checked(row(5), row(6, contig="nowhere"), row(7), keeps_bad_lines=True).runs) == 1

    def test_that_hold_a_carriage_return_leave_the_others_alone(self) -> None:
        found = checked(row(5), row(6, info="a\rb"), row(7), keeps_bad_lines=True)
        assert [found.columns.line(number).decode() for number in range(2)] == [row(5), row(7)]

    @pytest.mark.parametrize("rows", [[row(6), row(5)], [row(5), row(5, contig="1"), row(6)], [row(5), "#CHROM"]])
    def test_do_not_excuse_faults_of_the_file(self, rows: list[str]) -> None:
        with pytest.raises(InvalidVcfError) as caught:
            checked(*rows, keeps_bad_lines=True)
        assert not is_of_the_line(caught.value)

    def test_beyond_the_limit_are_not_looked_at(self) -> None:
        one = checker(limits=Limits(max_bad_lines=1), keeps_bad_lines=True)
        found = one.check(block_of(row(5), row(0), row(0), row(7), row(0)))
        assert len(found.bad_lines) == 2
        assert found.line_numbers.tolist() == [4]
