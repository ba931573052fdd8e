"""Alleles to be asked about, and the pairs of an allele and a transcript that is near it."""

import ctypes
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.effects.effect import Effect, Variant
from annotator.effects.pick import RANK_SHIFT
from annotator.effects.structural import StructuralVariant
from annotator.effects.transcripts import FLANK_BASES
from annotator.models.store import ModelStore
from annotator.native import load, pointers
from annotator.spans import Spans

_LIBRARY = load()

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Queries:
    """Alleles to be asked about, in any order that is roughly that of the genome."""

    first: Integers  # first base that changes, 1-based; for an insertion the base behind it
    last: Integers  # last base that changes; for an insertion the base before it
    refs: NDArray[np.uint8]  # upper-case bases of single-base changes, as ASCII codes; 0 for all others
    alts: NDArray[np.uint8]
    words: Spans  # of insertions and deletions: what is inserted or deleted; empty for all others
    texts: bytes
    text_begins: Integers  # VEP's Allele, in `texts`
    text_lengths: Integers
    structural: NDArray[np.bool_]  # symbolic alleles and breakends
    whole: NDArray[np.bool_]  # the only allele of its record: its text is the record's
    variant: Callable[[int], Variant | StructuralVariant]  # the allele itself


class Pairs:
    """The pairs of one question on their way; columns are by pair, ordered by allele and then as the store is."""

    ranks: Integers  # of the most severe term
    name: Integers  # number of the given name, -1: none
    picked: Integers  # by allele: its picked pair, -1: none
    worst_ranks: Integers  # by allele

    def __init__(self, queries: Queries, *, pairs: int) -> None:
        self.queries = queries
        self.allele, self.transcript, self.zone, self.terms = np.empty((4, pairs), dtype=np.int64)
        self.is_plain = np.empty(pairs, dtype=np.bool_)
        self.in_edge = np.zeros(pairs, dtype=np.bool_)  # of an intron: written as if in a plain zone
        self.effects: dict[int, Effect] = {}  # by pair
        self._variants: dict[int, Variant | StructuralVariant] = {}

    def variant(self, allele: int) -> Variant | StructuralVariant:
        found = self._variants.get(allele)
        if found is None:
            found = self._variants[allele] = self.queries.variant(allele)
        return found

    def drop(self, pairs: list[int]) -> None:
        """Take pairs out that turned out to be too far apart."""
        if not pairs:
            return
        kept = np.ones(len(self.allele), dtype=np.bool_)
        kept[pairs] = False
        numbers = np.cumsum(kept) - 1
        self.effects = {int(numbers[pair]): effect for pair, effect in self.effects.items()}
        for name in ("allele", "transcript", "zone", "terms", "ranks", "is_plain", "in_edge"):
            setattr(self, name, getattr(self, name)[kept])

    def pick(self, standing: Integers) -> None:
        """Pick a transcript for each allele; see `effects.pick` for the order."""
        count = len(self.queries.first)
        self.offsets = np.zeros(count + 1, dtype=np.int64)
        np.cumsum(np.bincount(self.allele, minlength=count), out=self.offsets[1:])
        self.picked = np.full(count, -1, dtype=np.int64)
        self.worst_ranks = np.zeros(count, dtype=np.int64)
        (self._pick if _LIBRARY is None else self._pick_natively)(standing)

    def _pick(self, standing: Integers) -> None:
        some = np.flatnonzero(np.diff(self.offsets))
        if not len(some):
            return
        keys = standing[self.transcript] | self.ranks << RANK_SHIFT
        best = np.minimum.reduceat(keys, self.offsets[some])
        is_best = keys == np.repeat(best, np.diff(self.offsets)[some])
        self.picked[self.allele[is_best]] = np.flatnonzero(is_best)
        self.worst_ranks[some] = np.minimum.reduceat(self.ranks, self.offsets[some])

    def _pick_natively(self, standing: Integers) -> None:
        assert _LIBRARY is not None
        _LIBRARY.pick_pairs(
            ctypes.c_int64(len(self.picked)),
            *pointers(self.offsets, self.transcript, self.ranks, standing),
            ctypes.c_int(RANK_SHIFT),
            *pointers(self.picked, self.worst_ranks),
        )

    def of_picked(self, column: Integers, missing: int) -> Integers:
        """A column of the picked pairs, by allele."""
        if not len(column):
            return np.full(len(self.picked), missing, dtype=np.int64)
        return np.where(self.picked >= 0, column[self.picked], missing)


class PairFinder:
    """Finds which alleles are near which transcripts of a contig, and what is known of them at once."""

    def __init__(self, store: ModelStore) -> None:
        self._zones = store.zones
        self._starts = np.maximum(store.starts.astype(np.int64) - FLANK_BASES, 0)
        self._ends = store.ends.astype(np.int64) + FLANK_BASES

    def find(self, queries: Queries) -> Pairs:
        """Find all pairs."""
        first, last = queries.first, queries.last
        order = np.argsort(first, kind="stable")
        in_order = first[order]
        reach = int((last - first).max(initial=0))
        begins = np.searchsorted(in_order, self._starts - reach, side="left")
        stops = np.searchsorted(in_order, self._ends, side="right")
        return (self._find if _LIBRARY is None else self._find_natively)(queries, order, begins, stops)

    def _find(self, queries: Queries, order: Integers, begins: Integers, stops: Integers) -> Pairs:
        first, last = queries.first, queries.last
        near = np.flatnonzero(stops > begins)
        counts = (stops - begins)[near]
        ends = np.cumsum(counts)
        transcript = np.repeat(near, counts)
        allele = order[np.repeat(begins[near] - (ends - counts), counts) + np.arange(len(transcript))]
        touches = (np.maximum(first, last)[allele] >= self._starts[transcript]) & (
            np.minimum(first, last)[allele] <= self._ends[transcript]
        )
        allele, transcript = allele[touches], transcript[touches]
        by_allele = np.argsort(allele, kind="stable")
        found = Pairs(queries, pairs=len(allele))
        found.allele, found.transcript = allele[by_allele], transcript[by_allele]
        self._look_up(found)
        return found

    def _look_up(self, found: Pairs) -> None:
        """Read what the zones say, and see where that is not enough."""
        queries, zones = found.queries, self._zones
        zone = zones.find(found.transcript, queries.first[found.allele])
        in_one = zone == zones.find(found.transcript, queries.last[found.allele])
        found.zone = np.maximum(zone, 0)
        found.terms = np.where(zone >= 0, zones.kinds(found.zone), 0).astype(np.int64)
        found.is_plain = (found.terms > 0) & in_one & ~queries.structural[found.allele]

    def _find_natively(self, queries: Queries, order: Integers, begins: Integers, stops: Integers) -> Pairs:
        assert _LIBRARY is not None
        counts = np.zeros(len(queries.first), dtype=np.int64)
        near = (self._starts, self._ends, begins, stops, order, queries.first, queries.last)
        transcripts, zones = ctypes.c_int64(len(self._starts)), self._zones.table
        _LIBRARY.count_pairs(transcripts, *pointers(*near, counts))
        places = np.cumsum(counts) - counts
        found = Pairs(queries, pairs=int(counts.sum()))
        _LIBRARY.write_pairs(
            transcripts,
            *pointers(*near, queries.structural),
            ctypes.c_int64(len(zones.keys)),
            *pointers(zones.keys, zones.kinds, places),
            *pointers(found.allele, found.transcript, found.zone, found.terms, found.is_plain),
        )
        return found
