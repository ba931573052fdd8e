"""Strings as numbers into a list."""

import numpy as np

from annotator.coded import Coded


def coded(*codes: int) -> Coded:
    return Coded(codes=np.array(codes, np.int32), values=["a", "b", b"c\xff"])


class TestInOrderOfUse:
    def test_numbers_by_first_use_and_drops_the_rest(self) -> None:
        used = coded(2, -1, 0, 2).in_order_of_use()
        assert used.values == [b"c\xff", "a"]
        assert used.codes.tolist() == [0, -1, 1, 0]

    def test_of_nothing_is_nothing(self) -> None:
        assert coded().in_order_of_use().values == []
        assert coded(-1, -1).in_order_of_use().codes.tolist() == [-1, -1]


class TestCounts:
    def test_come_in_order_of_use(self) -> None:
        assert list(coded(2, -1, 0, 2).counts().items()) == [("c\N{REPLACEMENT CHARACTER}", 2), ("a", 1)]

    def test_of_nothing_are_none(self) -> None:
        assert coded(-1).counts() == coded().counts() == {}


class TestOf:
    def test_codes_strings(self) -> None:
        found = Coded.of(["a", None, b"b", "a"])
        assert (found.codes.tolist(), found.values) == ([0, -1, 1, 0], ["a", b"b"])


class TestWhere:
    def test_chooses_rows(self) -> None:
        assert coded(2, 1, 0).where(np.array([True, False, True])).codes.tolist() == [2, 0]
        assert coded(2, 1, 0).where(np.array([2, 2])).codes.tolist() == [0, 0]
        assert len(coded(2, 1, 0)) == 3
