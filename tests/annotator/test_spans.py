"""Pieces of texts: written, searched and read alike in C and in Python."""

import ctypes
import math

import numpy as np
import pytest

from annotator import spans
from annotator.spans import spans_of

TEXTS = (b"", b"K=1", b"K=1;LONG=abc", b"LONG=abc;K=", b"KK=2;K=3", b"K", b"LONG=;KK=0.5", b"K=1;K=2")
NUMBERS = {b"1": 1.0, b"0.0001234": 0.0001234, b"1e-05": 1e-05, b"-2.5E3": -2500.0, b"1.": 1.0, b".5": 0.5}
NO_NUMBERS = (b"", b".", b"+", b"1_0", b" 1", b"0x10", b"nan", b"inf", b"1e", b"1,2", b"9" * 41, b"1\x00", b"\xff")


@pytest.fixture(params=["python", "c"])
def both_ways(request: pytest.FixtureRequest, loops: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spans, "_LIBRARY", loops if request.param == "c" else None)


@pytest.mark.usefixtures("both_ways")
class TestSpans:
    @pytest.mark.parametrize(
        ("key", "values"),
        [
            (b"K", [b"", b"1", b"1", b"", b"3", b"", b"", b"1"]),
            (b"KK", [b"", b"", b"", b"", b"2", b"", b"0.5", b""]),
            (b"LONG", [b"", b"", b"abc", b"abc", b"", b"", b"", b""]),
            (b"ON", [b""] * 8),
        ],
    )
    def test_find_the_value_of_a_key(self, key: bytes, values: list[bytes]) -> None:
        assert spans_of(list(TEXTS)).values(key).list() == values

    def test_are_read_as_numbers(self) -> None:
        assert spans_of(list(NUMBERS)).numbers().tolist() == list(NUMBERS.values())

    def test_are_no_numbers_when_they_are_anything_else(self) -> None:
        assert all(map(math.isnan, spans_of(list(NO_NUMBERS)).numbers().tolist()))

    def test_keep_their_order_when_some_are_chosen(self) -> None:
        spans = spans_of([b"a", b"", b"ccc"])
        assert spans.where(np.array([2, 0])).list() == [b"ccc", b"a"]
        assert spans.where(np.array([True, True, False])).list() == [b"a", b""]

    def test_are_followed_by_others(self) -> None:
        assert spans_of([b"a", b"", b"bc"]).where(np.array([2, 1])).followed_by(spans_of([b"d"])).list() == [
            *(b"bc", b"", b"d")
        ]

    def test_may_be_none(self) -> None:
        none = spans_of([])
        assert (none.list(), none.values(b"K").list(), none.numbers().tolist()) == ([], [], [])
