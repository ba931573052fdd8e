"""Pairs of alleles and transcripts: found and picked in C and in numpy."""

import ctypes
import random
from pathlib import Path

import numpy as np
import pytest

from annotator import pairs
from annotator.effects.effect import Variant
from annotator.effects.pick import picking_numbers
from annotator.models.store import ModelStore, write_models
from annotator.pairs import PairFinder, Pairs, Queries
from annotator.spans import spans_of
from tests.annotator.models.transcripts import NON_CODING, ODD, TRANSCRIPT, moved


def queries(chance: random.Random, *, count: int, end: int) -> Queries:
    first = np.sort(np.array([chance.randrange(1, end) for _ in range(count)], dtype=np.int64))
    if count > 1 and chance.random() < 0.5:
        first[[0, -1]] = first[[-1, 0]]
    lengths = np.array([chance.choice((0, 1, 1, 1, 2, 300, 20_000)) for _ in range(count)], dtype=np.int64)
    structural = np.array([chance.random() < 0.1 for _ in range(count)], dtype=np.bool_)
    nothing = np.zeros(count, dtype=np.int64)
    return Queries(
        first=first,
        last=first + lengths - 1,
        refs=np.where((lengths == 1) & ~structural, ord("A"), 0).astype(np.uint8),
        alts=nothing.astype(np.uint8),
        words=spans_of([b""] * count),
        texts=b"-",
        text_begins=nothing,
        text_lengths=nothing + 1,
        structural=structural,
        whole=np.ones(count, dtype=np.bool_),
        variant=lambda number: Variant(position=int(first[number]), ref="A", alt="C"),
    )


def plain(found: Pairs) -> list[list[int]]:
    columns = (found.allele, found.transcript, found.zone, found.terms, found.is_plain)
    return [column.tolist() for column in (*columns, found.offsets, found.picked, found.worst_ranks)]


class TestBothWays:
    @pytest.mark.parametrize("seed", range(20))
    def test_find_and_pick_the_same(
        self, loops: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, seed: int
    ) -> None:
        chance = random.Random(seed)
        kinds = chance.sample((NON_CODING, TRANSCRIPT, ODD), chance.randrange(4))
        write_models(tmp_path, contig="1", transcripts=[moved(one, chance.choice((0, 40, 9_000))) for one in kinds])
        store = ModelStore.open(tmp_path / "1")
        asked = queries(chance, count=chance.choice((0, 1, 200)), end=chance.choice((800, 30_000)))
        found = []
        for library in (None, loops):
            monkeypatch.setattr(pairs, "_LIBRARY", library)
            one = PairFinder(store).find(asked)
            one.ranks = one.terms * 7 % 5
            one.pick(picking_numbers(*store.standing()))
            found.append(plain(one))
        assert found[0] == found[1]
