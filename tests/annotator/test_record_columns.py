"""What records say of themselves."""

import math
from typing import Any

import numpy as np
import pytest

from annotator.coded import Coded, decoded
from annotator.columns import ALT, Columns
from annotator.record_columns import Described, code_column, code_texts, describe
from tests.annotator.blocks import columns_of, row


def texts(coded: Coded | None) -> list[str | None]:
    assert coded is not None
    return [None if code < 0 else decoded(coded.values[code]) for code in coded.codes.tolist()]


def described(*rows: str, end: str = "\n") -> Described:
    columns = columns_of(*rows, end=end)
    return describe(columns, positions=np.arange(1, len(columns) + 1))


def numbers(values: Any) -> list[float | None]:
    return [None if math.isnan(value) else value for value in values.tolist()]


class TestCodeTexts:
    ALTS = ("A", "", "AC", "A" * 7, "A" * 8, "A" * 7 + "C", ".", "A" * 500, "A", "", "AC", "CA", "A" * 7, "<DEL>")

    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_gives_every_text_again(self, end: str) -> None:
        columns = columns_of(*(row(5, "A", alt) for alt in self.ALTS), end=end)
        assert texts(code_column(columns, ALT, dot_is_none=False)) == list(self.ALTS)
        assert texts(code_column(columns, ALT)) == [None if alt == "." else alt for alt in self.ALTS]

    def test_numbers_every_text_once(self) -> None:
        coded = code_column(columns_of(*(row(5, "A", alt) for alt in self.ALTS * 2)), ALT, dot_is_none=False)
        assert len(coded.values) == len(set(coded.values)) == len(set(self.ALTS))

    def test_tells_texts_apart_that_differ_in_the_last_place(self) -> None:
        columns = columns_of(*(row(5, "A", "ACGTAC" + last) for last in "ACGT"), row(5, "A", "ACGTAC"))
        assert texts(code_column(columns, ALT)) == ["ACGTACA", "ACGTACC", "ACGTACG", "ACGTACT", "ACGTAC"]

    def test_takes_pieces_of_columns(self) -> None:
        columns = columns_of(row(5, "A", "CGT"), row(5, "A", "TGT"))
        begins, ends = columns.span(ALT)
        assert texts(code_texts(columns, begins + 1, ends)) == ["GT", "GT"]

    def test_of_no_lines_are_none(self) -> None:
        columns = columns_of(row(5))
        nothing = np.zeros(0, dtype=np.int64)
        assert len(code_texts(columns, nothing, nothing)) == 0


class TestDescribe:
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    @pytest.mark.parametrize("times", [1, 20])
    def test_reads_the_fixed_columns(self, end: str, times: int) -> None:
        rows = [
            *[row(5, "A", "C,G", quality="30.5", identifier="rs1", filters="q10;s50")] * times,
            *[row(6, ".", ".", contig="chr2", filters=".", info="")] * times,
        ]
        found = described(*rows, end=end)
        assert texts(found.contigs) == ["2"] * times + ["chr2"] * times
        assert texts(found.filters) == ["q10;s50"] * times + [None] * times
        assert texts(found.alts) == ["C,G"] * times + ["."] * times
        assert texts(found.refs) == ["A"] * times + ["."] * times
        assert found.have_id.tolist() == [True] * times + [False] * times
        assert numbers(found.qualities) == [30.5] * times + [None] * times
        assert found.genotypes is None
        assert found.for_summary().alt_counts.tolist() == [2] * times + [1] * times

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("0", 0.0),
            ("1e2", 100.0),
            ("-1", -1.0),
            (".", None),
            ("", None),
            ("x", None),
            ("nan", None),
            ("inf", None),
            ("1e300", None),
            ("1_0", None),
        ],
    )
    def test_takes_only_numbers_for_qualities(self, text: str, expected: float | None) -> None:
        assert numbers(described(row(5, quality="7"), row(5, quality=text)).qualities) == [7.0, expected]

    @pytest.mark.parametrize("samples", [(), ("GT",)])
    def test_has_no_genotypes_without_samples(self, samples: tuple[str, ...]) -> None:
        assert described(row(5, "A", "C", *samples)).genotypes is None

    def test_of_no_records_is_empty(self) -> None:
        columns = columns_of(row(5))
        nothing = np.zeros(0, dtype=np.int64)
        empty = Columns(
            text=b"", codes=columns.codes[:0], starts=nothing, ends=nothing, tabs=np.zeros((0, 9), dtype=np.int64)
        )
        assert len(describe(empty, positions=nothing).alts) == 0


class TestGenotypes:
    @pytest.mark.parametrize(
        ("keys", "sample", "expected"),
        [
            ("GT", "0/1", "0/1"),
            ("GT", "1", "1"),
            ("GT", ".", None),
            ("GT", "./.", "./."),
            ("GT", "0|1|1", "0|1|1"),
            ("GT", "", None),
            ("GT:DP", "0/1:30", "0/1"),
            ("GT:DP", "0/1", "0/1"),
            ("GT:DP", ".:30", None),
            ("GT:DP", ":30", None),
            ("GT:DP", ".", None),
            ("GT:DP:GQ:PL", "10|12:", "10|12"),
            ("GTX", "0/1", None),
            ("G", "0/1", None),
            ("GQ", "30", None),
            ("DP:GT", "30:0/1", None),  # GT must be first
            (".", ".", None),
            ("", "", None),
        ],
    )
    @pytest.mark.parametrize("others", [(), ("1/1:99", "0/0")])
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_are_those_of_the_first_sample(
        self, keys: str, sample: str, expected: str | None, others: tuple[str, ...], end: str
    ) -> None:
        rows = row(5, "A", "C", "GT", "1/1", *others), row(6, "A", "C", keys, sample, *others)
        for count in (1, 9):
            assert texts(described(*rows * count, end=end).genotypes) == ["1/1", expected] * count


class TestDepths:
    @pytest.mark.parametrize(
        ("keys", "sample", "info", "expected"),
        [
            ("GT:DP", "0/1:30", "DP=99", 30),
            ("GT:DP", "0/1:.", "DP=99", 99),
            ("GT:DP", "0/1", "DP=99", 99),
            ("GT:DP", "0/1:", "X;DP=99", 99),
            ("GT:DP", "0/1:30:", ".", 30),
            ("GT", "0/1", "DP=99;X", 99),
            ("GT", "0/1", "DPX=99", -1),
            ("GT", "0/1", "XDP=99", -1),
            ("GT", "0/1", "DP=.", -1),
            ("GT", "0/1", "DP=1.5", -1),
            ("GT", "0/1", "DP=-3", -1),
            ("GT", "0/1", "DP=9999999999", -1),
            ("DP:GT", "30:0/1", ".", 30),
            ("GT:DP:GQ", "0/1:0:9", "DP=99", 0),
            ("GT:DP", "0/1:x", ".", -1),
            ("GT:DP", "0/1:nan", ".", -1),
            ("GT:DP", "0/1:9999999999", ".", -1),
            ("GT:DP", "0/1:-3", ".", -1),
            ("GT:DP", "0/1:1_0", ".", -1),
            ("GT:XDP", "0/1:30", ".", -1),
            (".", ".", "DP=7", 7),
        ],
    )
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_are_the_samples_or_else_the_records(
        self, keys: str, sample: str, info: str, expected: int, end: str
    ) -> None:
        rows = row(5, "A", "C", "GT:DP", "0/1:5"), row(6, "A", "C", keys, sample, info=info)
        assert np.maximum(described(*rows, end=end).depths, -1).tolist() == [5, expected]  # any below 0 is none

    def test_are_the_records_without_samples(self) -> None:
        assert described(row(5, info="DP=3"), row(6)).depths.tolist() == [3, -1]


class TestGenotypeQualities:
    @pytest.mark.parametrize(
        ("keys", "sample", "expected"),
        [("GT:GQ", "0/1:45", 45.0), ("GT:GQ", "0/1", None), ("GT:DP:GQ", ".:.:0.5", 0.5), ("GT", "0/1", None)],
    )
    def test_are_those_of_the_first_sample(self, keys: str, sample: str, expected: float | None) -> None:
        found = described(row(5, "A", "C", keys, sample, "0/1:99:99"), row(6, "A", "C", "GT", "0/1", "0/1"))
        assert numbers(found.genotype_qualities) == [expected, None]


class TestFrequencies:
    @pytest.mark.parametrize(
        ("info", "allele", "expected"),
        [
            ("AF=0.5", 0, 0.5),
            ("AF=0.5,0.25", 1, 0.25),
            ("AF=0.5", 1, None),
            ("DP=1;AF=1e-5;X", 0, 1e-5),
            ("AF=.", 0, None),
            ("AF=", 0, None),
            ("AF", 0, None),
            ("EAS_AF=0.1", 0, None),
            ("EAS_AF=0.1;AF=0.2", 0, 0.2),
            ("AF=nan", 0, None),
            (".", 0, None),
        ],
    )
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_are_those_of_the_allele(self, info: str, allele: int, expected: float | None, end: str) -> None:
        found = described(row(5, info="AF=0.75"), row(6, info=info), end=end)
        assert numbers(found.frequencies(np.array([1, 0]), np.array([allele, 0]))) == [expected, 0.75]

    def test_are_none_where_nothing_tells(self) -> None:
        assert numbers(described(row(5)).frequencies(np.array([0]), np.array([0]))) == [None]
