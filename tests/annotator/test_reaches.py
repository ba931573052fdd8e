"""How far records reach, and what INFO says of the length of symbolic alleles."""

import numpy as np
import pytest

from annotator.reaches import reaches, span_of
from tests.annotator.blocks import checked, row


def ends(*rows: str, end: str = "\n", run: int = 0) -> list[int]:
    block = checked(*rows, end=end)
    one = block.runs[run]
    begins = block.positions[one.begin : one.end] - 1
    lengths = np.array([len(text.split("\t")[3]) for text in rows[one.begin : one.end]])
    found: list[int] = reaches(block.columns, one, begins=begins, ends=begins + lengths).tolist()
    return found


class TestReaches:
    @pytest.mark.parametrize(
        ("info", "expected"),
        [
            (".", 100),
            ("", 100),
            ("END=250", 250),
            ("END=50", 100),
            ("END=0000000250", 250),
            ("DP=5;END=250;X", 250),
            ("CIEND=250,300", 100),
            ("END", 100),
            ("END=.", 100),
            ("END=", 100),
            ("SVLEN=30", 130),
            ("SVLEN=-30", 130),
            ("SVLEN=.", 100),
            ("SVLEN=-30,200,.", 300),
            ("END=250;SVLEN=-10", 250),
            ("SVLEN=-300;END=250", 400),
            ("MYSVLEN=-300", 100),
        ],
    )
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_are_the_furthest_of_all_that_is_told(self, info: str, expected: int, end: str) -> None:
        assert ends(row(5, info="END=6"), row(100, info=info), row(101, "ACG"), end=end) == [6, expected, 103]

    def test_of_records_that_tell_nothing_are_those_of_ref(self) -> None:
        assert ends(row(100, "ACG"), row(200)) == [102, 200]

    def test_belong_to_the_run(self) -> None:
        rows = row(5, contig="1", info="END=20"), row(100, info="END=300"), row(101)
        assert ends(*rows, run=0) == [20]
        assert ends(*rows, run=1) == [300, 101]


class TestSpanOf:
    @pytest.mark.parametrize(
        ("info", "allele", "expected"),
        [
            (b".", 0, (None, None)),
            (b"", 0, (None, None)),
            (b"END=250", 0, (250, None)),
            (b"SVTYPE=DEL;SVLEN=-30;END=250", 0, (250, 30)),
            (b"SVLEN=-30,50", 1, (None, 50)),
            (b"SVLEN=-30", 3, (None, 30)),
            (b"SVLEN=.,50", 0, (None, None)),
            (b"END=.;SVLEN=", 0, (None, None)),
            (b"CIEND=3;END_=4", 0, (None, None)),
        ],
    )
    def test_gives_what_is_told(self, info: bytes, allele: int, expected: tuple[int | None, int | None]) -> None:
        assert span_of(info, allele) == expected
