"""Texts by number, and texts that are pieced together."""

import numpy as np

from annotator.texts import Pool, Texts


class TestTexts:
    def test_are_given_by_number(self) -> None:
        texts = Texts.of([b"a", b"", b"bcd"])
        assert [texts[number] for number in range(len(texts))] == [b"a", b"", b"bcd"]
        assert (texts.offsets.tolist(), texts.lengths.tolist()) == ([0, 1, 1, 4], [1, 0, 3])

    def test_are_chosen_by_number(self) -> None:
        chosen = Texts.of([b"a", b"", b"bcd"]).where(np.array([2, 1, 2]))
        assert [chosen[number] for number in range(len(chosen))] == [b"bcd", b"", b"bcd"]

    def test_are_cut_out_of_others(self) -> None:
        cut = Texts.cut(np.frombuffer(b"one,two", dtype=np.uint8), np.array([4, 0, 3]), np.array([7, 3, 3]))
        assert [cut[number] for number in range(len(cut))] == [b"two", b"one", b""]

    def test_may_be_none(self) -> None:
        assert (len(Texts.of([])), Texts.of([]).offsets.tolist()) == (0, [0])


class TestPool:
    def test_joins_pieces(self) -> None:
        pool = Pool()
        words, comma = pool.put_all(b"one", b"", b"three"), pool.put_all(b",")
        joined = pool.join(words[np.array([2, 1])], comma, words[np.array([0, 0])], count=2)
        assert [joined[number] for number in range(2)] == [b"three,one", b",one"]

    def test_joins_nothing(self) -> None:
        pool = Pool()
        comma = pool.put_all(b",")
        assert len(pool.join(comma[np.zeros(0, dtype=np.int64)], comma, count=0)) == 0
