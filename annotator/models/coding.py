"""Where the coding bases of a contig's transcripts lie; positions are 1-based, ends included."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.models.store import ModelStore

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretches:
    """Stretches that neither touch nor overlap, in order."""

    firsts: Integers
    lasts: Integers

    def touch(self, firsts: Integers, lasts: Integers) -> NDArray[np.bool_]:
        """Whether any stretch touches each of these intervals."""
        if not len(self.firsts):
            return np.zeros(len(firsts), dtype=np.bool_)
        at = np.searchsorted(self.firsts, lasts, side="right") - 1
        found: NDArray[np.bool_] = (at >= 0) & (self.lasts[at] >= firsts)
        return found


class CodingParts:
    """The coding parts of all transcripts of a store."""

    def __init__(self, store: ModelStore) -> None:
        offsets, parts = store.coding_parts()
        self.transcripts = np.flatnonzero(offsets[1:] > offsets[:-1])  # numbers of those that code
        self.firsts = parts[offsets[self.transcripts], 0]  # of each of these, its first coding base
        self.lasts = parts[offsets[self.transcripts + 1] - 1, 1]
        self.bases = _joined(parts[:, 0], parts[:, 1])
        self.spans = _joined(self.firsts, self.lasts)  # introns between coding bases included


def _joined(firsts: Integers, lasts: Integers) -> Stretches:
    """Join intervals that touch or overlap."""
    order = np.argsort(firsts, kind="stable")
    firsts, reached = firsts[order], np.maximum.accumulate(lasts[order])
    begins = np.append(True, firsts[1:] > reached[:-1] + 1)[: len(firsts)]
    ends = np.append(begins[1:], True)[: len(firsts)]
    return Stretches(firsts=firsts[begins], lasts=reached[ends])
