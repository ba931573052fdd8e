"""Alleles to be asked about, and the pairs of an allele and a transcript that is near it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.effects.effect import Effect, Variant
from annotator.effects.pick import RANK_SHIFT
from annotator.effects.structural import StructuralVariant
from annotator.spans import Spans

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
    """The pairs of one question on their way; columns are by pair, ordered by allele."""

    zone: Integers
    about: Integers
    zone_start: Integers
    terms: Integers
    ranks: Integers
    is_plain: NDArray[np.bool_]  # all is known from the zone
    in_plain_exon: NDArray[np.bool_]  # it is not, but the zone is plain: named only when picked
    name: Integers  # by allele: number of its given name, -1: none
    picked: Integers  # by allele: its picked pair, -1: none
    worst_ranks: Integers  # by allele

    def __init__(self, queries: Queries, allele: Integers, transcript: Integers) -> None:
        self.queries = queries
        self.allele = allele
        self.transcript = transcript
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
        for name in (
            "allele",
            "transcript",
            "zone",
            "about",
            "zone_start",
            "terms",
            "ranks",
            "is_plain",
            "in_plain_exon",
        ):
            setattr(self, name, getattr(self, name)[kept])

    def pick(self, standing: Integers) -> None:
        """Pick a transcript for each allele; see `effects.pick` for the order."""
        count = len(self.queries.first)
        counts = np.bincount(self.allele, minlength=count)
        self.offsets = np.zeros(count + 1, dtype=np.int64)
        np.cumsum(counts, out=self.offsets[1:])
        self.picked = np.full(count, -1, dtype=np.int64)
        self.worst_ranks = np.zeros(count, dtype=np.int64)
        some = np.flatnonzero(counts)
        if not len(some):
            return
        keys = standing[self.transcript] | self.ranks << RANK_SHIFT
        best = np.minimum.reduceat(keys, self.offsets[some])
        is_best = keys == np.repeat(best, counts[some])
        self.picked[self.allele[is_best]] = np.flatnonzero(is_best)
        self.worst_ranks[some] = np.minimum.reduceat(self.ranks, self.offsets[some])

    def of_picked(self, column: Integers, missing: int) -> Integers:
        """A column of the picked pairs, by allele."""
        if not len(column):
            return np.full(len(self.picked), missing, dtype=np.int64)
        return np.where(self.picked >= 0, column[self.picked], missing)
