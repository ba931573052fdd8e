"""Numbers for what repeats: in C and in Python."""

import ctypes
import random

import numpy as np
import pytest

from annotator import numbering
from annotator.numbering import number_keys, number_texts, renumber
from annotator.texts import Texts

WORDS = (b"", b".", b"A", b"AC", b"ACGTACGT", b"ACGTACGTA", b"ACGTACGTC", b"\0", b"\0\0", b"x" * 100)


@pytest.fixture(autouse=True)
def _library(way: ctypes.CDLL | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbering, "_LIBRARY", way)


def expected(values: list[bytes] | list[int]) -> list[int]:
    """This function will number values, as simply as can be."""
    different = list(dict.fromkeys(values))
    return [different.index(value) for value in values]


@pytest.mark.parametrize("seed", range(20))
class TestBothWays:
    def test_number_texts_by_first_use(self, seed: int) -> None:
        chance = random.Random(seed)
        words = [chance.choice(WORDS) for _ in range(chance.choice((0, 1, 2, 50)))]
        words += [b"%d" % number for number in range(chance.choice((0, 1, 300)))]
        texts = Texts.of(words)
        codes, firsts = number_texts(texts.text, texts.offsets[:-1], texts.offsets[1:])
        assert codes.tolist() == expected(words)
        assert [words[first] for first in firsts.tolist()] == list(dict.fromkeys(words))

    def test_number_keys_by_first_use(self, seed: int) -> None:
        chance = random.Random(seed)
        keys = [chance.choice((-1, 0, 1, 2**62, 7 << 32)) for _ in range(chance.choice((0, 1, 50)))]
        codes, different = number_keys(np.array(keys, dtype=np.int64))
        assert (codes.tolist(), different.tolist()) == (expected(keys), list(dict.fromkeys(keys)))

    def test_number_codes_anew(self, seed: int) -> None:
        chance = random.Random(seed)
        below = chance.choice((0, 1, 9))
        codes = [chance.randrange(-1, below) for _ in range(chance.choice((0, 1, 50)))]
        found, order = renumber(np.array(codes, dtype=np.int32), below=below)
        used = list(dict.fromkeys(code for code in codes if code >= 0))
        assert order.tolist() == used
        assert found.tolist() == [used.index(code) if code >= 0 else -1 for code in codes]
