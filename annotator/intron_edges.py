"""Single bases that are replaced in the edge of an intron, which is what lies between an exon and a plain zone.

Each base of an edge has terms of its own, so an edge is no plain zone (`annotator.zoning`). But the edges of all long
introns are alike, and the numbers in names go on from those of the plain zone: what changes an edge is written as if it
lay in that zone.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from annotator.coded import distinct
from annotator.effects.splicing import INTRON, terms_in_intron
from annotator.effects.view import SHORT_INTRON
from annotator.models.store import ModelStore
from annotator.models.zones import INTRON as INTRON_COLUMN
from annotator.models.zones import NAME_STEPS, NUMBER, REGION, SIGN
from annotator.ontology import Term
from annotator.zoning import INTRON_EDGE

_DONOR = ord("+")

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """Bases in edges; one entry each."""

    rows: Integers  # which of all that were asked about
    zones: Integers  # the plain zones beside them
    places: Integers  # in the transcript's direction: 1 is the first base behind an exon, -1 the last one before one


def find_edges(store: ModelStore, *, transcripts: Integers, zones: Integers, positions: Integers) -> Edges:
    """Find what lies in an edge; `zones` hold the 1-based positions in the transcripts, and are not plain."""
    found = [_find(store, zones, positions, step) for step in (1, -1)]
    rows, beside, places = (np.concatenate(column) for column in zip(*found, strict=True))
    kept = ~_have_short_introns(store, transcripts[rows])
    return Edges(rows=rows[kept], zones=beside[kept], places=places[kept])


@cache
def edge_terms(of_zone: tuple[Term, ...], place: int) -> tuple[Term, ...]:
    """The terms of a base at this place, where the plain zone beside it has those."""
    terms = (set(of_zone) - {INTRON}) | terms_in_intron(place)
    return tuple(sorted(terms, key=lambda term: term.rank))


def _find(store: ModelStore, zones: Integers, positions: Integers, step: int) -> tuple[Integers, Integers, Integers]:
    """Find those with a plain zone behind (1) or before them (-1) whose numbers fall towards them.

    No other transcript's zone is met: the first and the last one of each are plain.
    """
    beside = np.clip(zones + step, 0, len(store.zones) - 1)
    about = store.zones.about(beside)
    distances = about[:, NUMBER] + about[:, SIGN] * (positions - store.zones.starts(beside))
    rows = np.flatnonzero((about[:, INTRON_COLUMN] > 0) & (distances <= INTRON_EDGE))  # those that grow go beyond it
    is_donor = NAME_STEPS[about[rows, REGION]] == _DONOR
    return rows, beside[rows], np.where(is_donor, distances[rows], -distances[rows])


def _have_short_introns(store: ModelStore, transcripts: Integers) -> NDArray[np.bool_]:
    """Whether an intron so short that VEP takes it for a part of the exon changes what is near an exon."""
    used, which = distinct(transcripts, below=len(store))
    stops = np.cumsum(store.exon_counts[used])
    starts, ends = store.exons(used).T
    is_short = np.zeros(len(starts), dtype=np.bool_)  # the intron behind each exon
    is_short[:-1] = starts[1:] - ends[:-1] - 1 <= SHORT_INTRON
    is_short[stops - 1] = False
    counts = np.append([0], np.cumsum(is_short))
    have_some: NDArray[np.bool_] = counts[stops] > counts[stops - store.exon_counts[used]]
    return have_some[which]
