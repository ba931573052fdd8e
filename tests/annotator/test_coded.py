"""Strings as numbers into a list."""

import numpy as np

from annotator.coded import Coded, distinct


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

    def test_add_up_what_reads_the_same(self) -> None:
        assert Coded.of([b"\xff", b"\xfe", b"\xff", "a", b"a"]).counts() == {"\N{REPLACEMENT CHARACTER}": 3, "a": 2}


class TestOf:
    def test_codes_strings(self) -> None:
        found = Coded.of(["a", None, b"b", "a"])
        assert (found.codes.tolist(), found.values) == ([0, -1, 1, 0], ["a", b"b"])


class TestWhere:
    def test_chooses_rows(self) -> None:
        assert coded(2, 1, 0).where(np.array([True, False, True])).codes.tolist() == [2, 0]
        assert coded(2, 1, 0).where(np.array([2, 2])).codes.tolist() == [0, 0]
        assert len(coded(2, 1, 0)) == 3


class TestConcatenated:
    def test_gives_the_rows_of_all_parts(self) -> None:
        parts = [Coded.of(["a", None, "b"]), Coded.nothing(2), Coded.of([]), Coded.of(["b", "c"])]
        found = Coded.concatenated(parts)
        assert found.codes.tolist() == [0, -1, 1, -1, -1, 1, 2]
        assert found.values == ["a", "b", "c"]
        assert Coded.concatenated(parts[:1]) is parts[0]


class TestWithValues:
    def test_changes_some_rows_alone(self) -> None:
        before = Coded.of(["a", None, "b", "a"])
        after = before.with_values({1: "b", 2: "c", 3: ""})
        assert (after.codes.tolist(), after.values) == ([0, 1, 2, -1], ["a", "b", "c"])
        assert before.codes.tolist() == [0, -1, 1, 0]
        assert before.with_values({}) is before


class TestDistinct:
    def test_says_which_key_is_which(self) -> None:
        different, which = distinct(np.array([5, 2, 5, 9]), below=10)
        assert (different.tolist(), which.tolist()) == ([2, 5, 9], [1, 0, 1, 2])
        assert [one.tolist() for one in distinct(np.zeros(0, dtype=np.int64), below=0)] == [[], []]
