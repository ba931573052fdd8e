"""Records that may hold keys of ours already."""

import ctypes

import pytest

from annotator import fields
from annotator.fields import FieldNames
from annotator.info import InfoField
from tests.annotator.blocks import columns_of, row


@pytest.fixture(autouse=True)
def _library(way: ctypes.CDLL | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fields, "_LIBRARY", way)


def names(*ids: str) -> FieldNames:
    fields = [InfoField(id=name, number=".", type="String", description="") for name in ids]
    return FieldNames(fields, taken=frozenset())


class TestSuspects:
    @pytest.mark.parametrize("info", ["CSQ=1", "CSQ", "DP=1;CSQ=x|y", ";CSQ", "CSQ;DP=1"])
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_are_records_with_a_key_of_ours(self, info: str, end: str) -> None:
        rows = row(5), row(6, info=info), row(7, info="DP=1"), row(8, info=info)
        assert names("CSQ", "GENE").suspects(columns_of(*rows, end=end)) == [1, 3]

    @pytest.mark.parametrize("info", [".", "", "C", "CS", "DP=1;C", "CSQX=1", "XCSQ=1", "DP=CSQ", "csq=1", ";", ";;"])
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_are_no_others(self, info: str, end: str) -> None:
        assert names("CSQ", "GENE").suspects(columns_of(row(5, info=info), row(6, info=info), end=end)) == []

    def test_are_not_looked_for_in_other_columns(self) -> None:
        one = row(5, "A", "C", "GT", "a;CSQ=1", identifier="rs1;CSQ=1", filters="q;CSQ=1")
        assert names("CSQ").suspects(columns_of(one, one)) == []

    def test_may_be_keys_of_one_letter(self) -> None:
        ours = names("X", "CSQ")
        assert ours.suspects(columns_of(row(5, info="X=1"), row(6, info="XY=1"), row(7, info="DP=1;X"))) == [0, 2]
