"""Zones of a transcript: stretches in which every single-base change is described alike.

In a *plain* zone (deep in an intron, in an untranslated or non-coding exon away from its ends, beside the transcript)
all such changes have the same consequence, and the numbers in their names grow or fall by one with each base. So what
is said of one of them serves all. In the other zones (coding sequence, splice sites and their surroundings) the bases
themselves decide. All coordinates are 1-based; a zone ends where the next one of the same transcript begins.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.models.transcript import Interval, Transcript

FLANK_BASES = 5_000  # how far up- and downstream reach

_EXON_EDGE = 3  # bases of an exon that belong to the splice region
_INTRON_EDGE = 17  # bases of an intron that do, or to the polypyrimidine tract
_TRANSCRIPT_SHIFT = np.uint64(32)


class Zones:
    """The zones of all transcripts of one contig; a zone is named by its number, 0-based."""

    def __init__(self, arrays: dict[str, NDArray[Any]]) -> None:
        self._keys: NDArray[np.uint64] = arrays.get("zone", np.zeros(0, dtype=np.uint64))
        self.plain: NDArray[np.bool_] = arrays.get("zone_is_plain", np.zeros(0, dtype=np.bool_))

    def find(self, transcripts: NDArray[Any], positions: NDArray[Any]) -> NDArray[np.int64]:
        """The zones in which the positions lie in the transcripts (their numbers in the store), pair by pair.

        Each position lies within the transcript or its flanks.
        """
        keys = transcripts.astype(np.uint64) << _TRANSCRIPT_SHIFT | positions.astype(np.uint64)
        return np.searchsorted(self._keys, keys, side="right") - 1

    def transcript_of(self, zone: int) -> int:
        """The number of the transcript to which a zone belongs."""
        return int(self._keys[zone] >> _TRANSCRIPT_SHIFT)


def zone_arrays(transcripts: Sequence[Transcript]) -> dict[str, NDArray[Any]]:
    """The zones of these transcripts as columns for the store that holds the transcripts in the same order."""
    keys: list[int] = []
    plain: list[bool] = []
    for number, transcript in enumerate(transcripts):
        for start, is_plain in _zones_of(transcript):
            keys.append(number << 32 | start)
            plain.append(is_plain)
    return {"zone": np.array(keys, dtype=np.uint64), "zone_is_plain": np.array(plain, dtype=np.bool_)}


def _zones_of(transcript: Transcript) -> Iterator[tuple[int, bool]]:
    """First base and plainness of each zone, in genomic order."""
    yield max(transcript.start - FLANK_BASES, 0), True
    last = len(transcript.exons) - 1
    for number, exon in enumerate(transcript.exons):
        yield from _zones_of_exon(exon, inner_start=number > 0, inner_end=number < last, transcript=transcript)
        if number < last:
            yield from _zones_of_intron(exon[1] + 1, transcript.exons[number + 1][0] - 1)
    yield transcript.end + 1, True


def _zones_of_exon(
    exon: Interval, *, inner_start: bool, inner_end: bool, transcript: Transcript
) -> Iterator[tuple[int, bool]]:
    start, end = exon
    plain_start = start + (_EXON_EDGE if inner_start else 0)
    plain_end = end - (_EXON_EDGE if inner_end else 0)
    borders = {start, plain_start, plain_end + 1}
    if transcript.is_coding:
        coding_start, coding_end = transcript.coding[0][0], transcript.coding[-1][1]
        borders |= {coding_start, coding_end + 1}
    for border in sorted(border for border in borders if start <= border <= end):
        in_middle = plain_start <= border <= plain_end
        is_coding = transcript.is_coding and coding_start <= border <= coding_end
        yield border, in_middle and not is_coding


def _zones_of_intron(start: int, end: int) -> Iterator[tuple[int, bool]]:
    """An intron's numbers count from its nearer end; a base in the very middle belongs to a zone of its own."""
    if start > end:
        return
    yield start, False
    plain_start, plain_end = start + _INTRON_EDGE, end - _INTRON_EDGE
    if plain_start > plain_end:
        return
    middle, is_odd = divmod(start + end, 2)
    borders = {plain_start, middle + 1} if is_odd else {plain_start, middle, middle + 1}
    yield from ((border, True) for border in sorted(border for border in borders if plain_start <= border <= plain_end))
    yield plain_end + 1, False
