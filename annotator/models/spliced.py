"""Transcripts as they are spliced, for many positions at once; `annotator.effects.view` does it for one transcript.

A *position* is genomic; an *offset* counts the bases of the exons in the transcript's direction. Both count from 1.
"""

import numpy as np
from numpy.typing import NDArray

from annotator.models.store import ModelStore

_TRANSCRIPT_SHIFT = 32

Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


class SplicedTranscripts:
    """Some transcripts of a store; `which` of them is meant is told by their places among these.

    An exon is named by its place among all exons, those of a transcript in genomic order.
    """

    def __init__(self, store: ModelStore, transcripts: Integers) -> None:
        counts = store.exon_counts[transcripts]
        self._starts, self._ends = store.exons(transcripts).T
        self._stops = np.cumsum(counts)  # of each transcript's exons, exclusive
        self._firsts = self._stops - counts
        self._are_forward = store.strands[transcripts] > 0
        totals = np.append([0], np.cumsum(self._ends - self._starts + 1))
        self._lengths = totals[self._stops] - totals[self._firsts]
        of = np.repeat(np.arange(len(transcripts)), counts)
        self._before = totals[:-1] - totals[self._firsts][of]  # bases in exons before, along the genome
        self._keys_of_starts = of << _TRANSCRIPT_SHIFT | self._starts
        self._keys_of_before = of << _TRANSCRIPT_SHIFT | self._before

    def exons(self, which: Integers, positions: Integers) -> Integers:
        """The exon that holds each position, or else the one before it; -1: there is none."""
        found = np.searchsorted(self._keys_of_starts, which << _TRANSCRIPT_SHIFT | positions, side="right") - 1
        return np.where(found >= self._firsts[which], found, -1)

    def hold(self, which: Integers, exons: Integers, positions: Integers, *, edge: int) -> Booleans:
        """Whether each exon holds its position, and not among the `edge` bases beside an intron."""
        starts = self._starts[exons] + np.where(exons > self._firsts[which], edge, 0)
        ends = self._ends[exons] - np.where(exons < self._stops[which] - 1, edge, 0)
        found: Booleans = (exons >= 0) & (starts <= positions) & (positions <= ends)
        return found

    def numbers(self, which: Integers, exons: Integers) -> Integers:
        """The exons' numbers in the direction of their transcripts, from 1."""
        return np.where(self._are_forward[which], exons - self._firsts[which] + 1, self._stops[which] - exons)

    def offsets(self, which: Integers, exons: Integers, positions: Integers) -> Integers:
        """The offsets of positions which these exons hold."""
        along = self._before[exons] + positions - self._starts[exons]
        found: Integers = np.where(self._are_forward[which], along + 1, self._lengths[which] - along)
        return found

    def positions(self, which: Integers, offsets: Integers) -> Integers:
        """The positions of offsets, none of which is beyond its transcript."""
        along = np.where(self._are_forward[which], offsets - 1, self._lengths[which] - offsets)
        exons = np.searchsorted(self._keys_of_before, which << _TRANSCRIPT_SHIFT | along, side="right") - 1
        found: Integers = self._starts[exons] + along - self._before[exons]
        return found
