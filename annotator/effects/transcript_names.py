"""HGVS names on the transcript: `c.` where it codes, else `n.`.

A deletion or an insertion is named as far as possible in the transcript's direction (HGVS's 3' rule). As in VEP the
genome is followed, so a change slides from an exon into the intron and on, where the bases allow it.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from annotator.effects.effect import Variant
from annotator.effects.genetic_code import reverse_complement
from annotator.effects.view import TranscriptView

_SEARCHED = 1_000  # bases behind a change among which it may slide, as in VEP
_FIRST_LOOK = 32


class Strand(Protocol):
    """What names need to know of a transcript: a TranscriptView does, and what knows only a part of one may."""

    @property
    def is_forward(self) -> bool: ...

    def genomic(self, position: int, length: int) -> str:
        """Genomic bases from a position on, forward strand, cut to the contig."""

    def coordinate(self, position: int) -> str:
        """A genomic position in HGVS's numbers, `-3`, `88+1`, `*12`; empty outside of the transcript."""

    def place_of_single(self, position: int) -> str:
        """The same for a single base that is replaced."""

    def covers(self, first: int, last: int) -> bool:
        """Whether these genomic positions lie in the transcript."""


def slide(variant: Variant, view: Strand) -> tuple[Variant, int]:
    """This function will move a pure deletion or insertion in the transcript's direction; also by how many bases."""
    moved = variant.ref or variant.alt
    if variant.ref and variant.alt:
        return variant, 0
    length = len(moved)
    limit = int(slide_limit(np.int64(length)))
    steps, looked = 0, min(_FIRST_LOOK, limit)
    while True:
        steps = _steps(variant, view, moved, looked)
        if steps < looked or looked == limit:
            break
        looked = limit
    if not steps:
        return variant, 0
    turn = steps % length
    if view.is_forward:
        moved, position = moved[turn:] + moved[:turn], variant.position + steps
    else:
        moved, position = moved[length - turn :] + moved[: length - turn], variant.position - steps
    if variant.ref:
        return Variant(position=position, ref=moved, alt=""), steps
    return Variant(position=position, ref="", alt=moved), steps


def slide_limit(lengths: NDArray[np.int64] | np.int64) -> NDArray[np.int64]:
    """How many bases a change of some length may slide at most."""
    return np.where(lengths <= _SEARCHED, _SEARCHED - lengths + 1, _SEARCHED)


def transcript_name(variant: Variant, slid: Variant, view: TranscriptView) -> str:
    """This function will name a variant that lies within the transcript; empty where it slides out of it."""
    text = description(variant, slid, view)
    if not text:
        return ""
    return f"{view.transcript.id}:{'c' if view.is_coding else 'n'}.{text}"


def description(variant: Variant, slid: Variant, view: Strand) -> str:
    """This function will write the name without what it refers to, `76A>C`; empty where there is none."""
    ref, alt = slid.ref, slid.alt
    if not view.is_forward:
        ref, alt = reverse_complement(ref), reverse_complement(alt)
    if len(ref) == len(alt) == 1:
        return f"{view.place_of_single(variant.position)}{ref}>{alt}"
    if not ref:
        return _insertion(slid, alt, view)
    place = _range(slid.position, slid.end, view)
    if not place or not alt:
        return place and f"{place}del"
    if len(ref) == len(alt) and reverse_complement(ref) == alt:
        return f"{place}inv"
    return f"{place}delins{alt}"


def _steps(variant: Variant, view: Strand, moved: str, looked: int) -> int:
    length = len(moved)
    if view.is_forward:
        ahead = view.genomic(variant.end + 1, looked)
    else:
        first = max(variant.position - looked, 1)
        ahead = view.genomic(first, variant.position - first)[::-1]
        moved = moved[::-1]
    steps = 0
    for base in ahead:
        if base != moved[steps % length]:
            break
        steps += 1
    return steps


def _insertion(slid: Variant, alt: str, view: Strand) -> str:
    length = len(slid.alt)
    first = slid.position - length if view.is_forward else slid.position
    if view.covers(first, first + length - 1) and view.genomic(first, length) == slid.alt:
        place = _range(first, first + length - 1, view)
        return place and f"{place}dup"
    place = _range(slid.end, slid.position, view)
    return place and f"{place}ins{alt}"


def _range(first: int, last: int, view: Strand) -> str:
    if first == last:
        return view.coordinate(first)
    start, end = view.coordinate(first), view.coordinate(last)
    if not start or not end:
        return ""
    return f"{start}_{end}" if view.is_forward else f"{end}_{start}"
