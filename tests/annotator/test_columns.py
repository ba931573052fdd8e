"""Where columns begin and end, in all lines at once."""

import ctypes
import random

import numpy as np
import pytest

from annotator import columns as module
from annotator.columns import (
    ALT,
    CHROM,
    INFO,
    POS,
    REF,
    find_columns,
    gather,
    read_positions,
    starts_of_runs,
)
from tests.annotator.blocks import columns_of, row, text_of

SAMPLE = ("GT", "0/1")
_BYTES = b"AB==<>;\x0e\x00\x0b\x7f\x80\x8d\xff"  # neighbours of what is looked for, too
_ENDS = (b"\n", b"\r\n")


@pytest.fixture(autouse=True)
def both_ways(way: ctypes.CDLL | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """This function will let every test run with the compiled loops and without them."""
    monkeypatch.setattr(module, "_LIBRARY", way)


class TestFindColumns:
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    @pytest.mark.parametrize("samples", [(), ("GT",), SAMPLE, (*SAMPLE, "1/1", "")])
    def test_gives_every_field_of_every_line(self, samples: tuple[str, ...], end: str) -> None:
        rows = [row(5, "A", "C", *samples), row(70, "ACG", "A,<DEL>", *samples, info="END=80", identifier="")]
        columns = columns_of(*rows, end=end)
        assert len(columns) == 2
        assert [columns.line(number).decode() for number in range(2)] == rows
        for number, text in enumerate(rows):
            fields = text.split("\t")
            assert [columns.field(number, column).decode() for column in range(len(fields))] == fields
            for column, value in enumerate(fields):
                begins, ends = columns.span(column)
                assert columns.text[begins[number] : ends[number]].decode() == value

    def test_takes_line_ends_of_both_kinds_in_one_text(self) -> None:
        columns = find_columns(text_of(row(1)) + text_of(row(2, info="X"), end="\r\n"), tab_count=7)
        assert columns is not None
        assert [columns.field(number, INFO) for number in range(2)] == [b".", b"X"]

    def test_of_no_lines_has_none(self) -> None:
        columns = find_columns(b"", tab_count=7)
        assert columns is not None
        assert len(columns) == 0

    @pytest.mark.parametrize(
        "text",
        [
            text_of(row(1), row(2) + "\tGT"),
            text_of(row(1), "1\t2"),
            text_of(row(1), ""),
            text_of("", row(1)),
            text_of(row(1) + "\tGT", row(2).rpartition("\t")[0]),  # as many tabs in all as there should be
            text_of(row(1).rpartition("\t")[0], row(2) + "\tGT"),
            text_of(row(1) + "\r", end="\r\n"),
            text_of(row(1, info="A\rB")),
            text_of(row(1, info="A\rB"), end="\r\n"),
            b"\n",
            b"\r\n",
        ],
    )
    def test_finds_no_columns_in_crooked_lines(self, text: bytes) -> None:
        assert find_columns(text, tab_count=7) is None

    @pytest.mark.parametrize("seed", range(50))
    def test_finds_fields_wherever_they_lie(self, seed: int) -> None:
        chance = random.Random(seed)
        lines = [
            [bytes(chance.choices(_BYTES, k=chance.choice((0, 1, 2, 7, 8, 30)))) for _ in range(8)]
            for _ in range(chance.randrange(20))
        ]
        columns = find_columns(b"".join(b"\t".join(fields) + chance.choice(_ENDS) for fields in lines), tab_count=7)
        assert columns is not None
        assert [[columns.field(number, one) for one in range(8)] for number in range(len(columns))] == lines
        for key in (b"AB", b"BA", b"=A", b"<="):
            assert columns.has_key(key) == (key + b"=" in columns.text)


class TestHasKey:
    @pytest.mark.parametrize("info", ["END=5", "DP=1;END=5", "CIEND=1,2", "END="])
    def test_finds_keys_and_ends_of_keys(self, info: str) -> None:
        assert columns_of(row(1), row(2, info=info)).has_key(b"END")

    @pytest.mark.parametrize("info", [".", "", "END", "END;DP=5", "ENDS=5", "=END", "end=5", "EN=D"])
    def test_finds_nothing_else(self, info: str) -> None:
        columns = columns_of(row(1), row(2, info=info))
        assert not columns.has_key(b"END")

    def test_does_not_look_before_the_text(self) -> None:
        assert not columns_of("=" + row(1)).has_key(b"END")
        assert not columns_of("D=" + row(1, identifier="EN")).has_key(b"END")

    def test_may_be_asked_twice(self) -> None:
        columns = columns_of(row(1, info="DP=4;AF=0.5"))
        assert columns.has_key(b"DP")
        assert columns.has_key(b"AF")
        assert not columns.has_key(b"SVLEN")


class TestFirstOf:
    def test_ends_pieces(self) -> None:
        text = np.frombuffer(b"a:b|c:d:e|", dtype=np.uint8)
        begins, ends = np.array([0, 4, 2, 6, 8, 1]), np.array([3, 9, 3, 6, 10, 2])
        assert module.first_of(text, begins, ends, code=ord(":")).tolist() == [1, 5, 3, 6, 10, 1]
        assert module.first_of(text, begins[:0], ends[:0], code=ord(":")).tolist() == []


class TestReadPositions:
    @pytest.mark.parametrize(
        "positions", [["1"], ["1", "20", "300"], ["9" * 10, "1"], ["0000000007", "08"], ["4294967296", "2147483648"]]
    )
    @pytest.mark.parametrize("contig", ["1", "a_long_name"])
    def test_reads_up_to_ten_digits(self, positions: list[str], contig: str) -> None:
        found = read_positions(columns_of(*(row(one, contig=contig) for one in positions)))
        assert found is not None
        assert found.tolist() == [int(one) for one in positions]

    @pytest.mark.parametrize(
        "text", ["0", "", "-1", "+1", "1.0", "1e5", " 1", "00", "1" * 11, "0" * 11, "x", "1_0", "٣"]
    )
    def test_takes_nothing_that_is_no_position(self, text: str) -> None:
        assert read_positions(columns_of(row(5), row(text), row(700))) is None

    def test_of_no_lines_are_none(self) -> None:
        columns = find_columns(b"", tab_count=7)
        assert columns is not None
        found = read_positions(columns)
        assert found is not None
        assert found.tolist() == []


class TestStartsOfRuns:
    @pytest.mark.parametrize(
        ("texts", "starts"),
        [
            (["1"], [0]),
            (["1", "1", "2", "2", "1"], [0, 2, 4]),
            (["1", "11", "1"], [0, 1, 2]),
            (["chr1", "chr2", "chr2", "chrX"], [0, 1, 3]),
            (["", "", "1", ""], [0, 2, 3]),
            (["x" * 64, "x" * 64, "x" * 63 + "y"], [0, 2]),
            (["x" * 65, "x" * 65, "x" * 64 + "y", "1", "1"], [0, 2, 3]),
        ],
    )
    def test_begin_where_the_text_changes(self, texts: list[str], starts: list[int]) -> None:
        assert starts_of_runs(columns_of(*(row(5, contig=text) for text in texts)), CHROM) == starts
        assert starts_of_runs(columns_of(*(row(5, info=text) for text in texts), end="\r\n"), INFO) == starts


class TestGather:
    def test_gives_texts_one_after_the_other(self) -> None:
        columns = columns_of(row(5, "A", "CT"), row(6, "GGG", "T"))
        for column, expected in ((REF, b"AGGG"), (ALT, b"CTT"), (POS, b"56")):
            begins, ends = columns.span(column)
            assert gather(columns.codes, begins, ends - begins).tobytes() == expected

    def test_may_leave_some_out(self) -> None:
        codes = np.frombuffer(b"abcdef", dtype=np.uint8)
        assert gather(codes, np.array([4, 0, 1]), np.array([2, 0, 3])).tobytes() == b"efbcd"
        assert gather(codes, np.array([], dtype=np.int64), np.array([], dtype=np.int64)).tobytes() == b""
