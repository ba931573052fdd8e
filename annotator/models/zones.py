"""Zones of a transcript: stretches in which every single-base change is described alike.

In a *plain* zone (deep in an intron, in an untranslated or non-coding exon away from its ends, beside the transcript)
all such changes have the same consequence, and the numbers in their names grow or fall by one with each base. What is
said of them is worked out when a reference is built (`annotator.zoning`). In the other zones (coding sequence, splice
sites and their surroundings) the bases themselves decide. A zone ends where the next one of the same transcript begins.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from annotator.ontology import TERMS, Term

_TRANSCRIPT_SHIFT = 32
_START_MASK = (1 << _TRANSCRIPT_SHIFT) - 1


class Zone(NamedTuple):
    """One plain zone; coordinates are 1-based. Numbers are those of its first base."""

    transcript: int  # number in the store
    start: int
    terms: tuple[Term, ...]  # the most severe first
    exon: int  # its number in the transcript's direction, 0: none
    intron: int
    cdna: int  # offset in the spliced transcript, 0: in no exon
    is_flank: bool  # beside the transcript: `number` is the distance to it, and changes have no name
    name: str  # what stands before the number in a change's HGVS name, as in `-` or `331+`
    number: int
    sign: int  # whether that number grows (1) or falls (-1) along the genome


class Zones:
    """The zones of all transcripts of one contig; a zone is named by its number, 0-based."""

    def __init__(self, arrays: dict[str, NDArray[Any]]) -> None:
        self._arrays = arrays
        self._keys: NDArray[np.uint64] = arrays.get("zone", np.zeros(0, dtype=np.uint64))
        kinds = arrays.get("zone_kind", np.zeros(0, dtype=np.uint8))
        self.plain: NDArray[np.bool_] = kinds > 0
        self._kinds = kinds
        rows = bytes(arrays.get("zone_kind_terms", np.zeros(0, dtype=np.uint8))).decode().split("\n")
        self._terms = [tuple(TERMS[name] for name in row.split("&") if name) for row in rows]

    def find(self, transcripts: NDArray[Any], positions: NDArray[Any]) -> NDArray[np.int64]:
        """The zones in which the positions lie in the transcripts (their numbers in the store), pair by pair.

        Each position lies within the transcript or its flanks.
        """
        keys = transcripts.astype(np.uint64) << np.uint64(_TRANSCRIPT_SHIFT) | positions.astype(np.uint64)
        return np.searchsorted(self._keys, keys, side="right") - 1

    def plain_zones(self, numbers: list[int]) -> Iterator[Zone]:
        """What is known of these plain zones."""
        keys, kinds = self._keys[numbers].tolist(), self._kinds[numbers].tolist()
        for key, kind, about in zip(keys, kinds, self._arrays["zone_about"][numbers].tolist(), strict=True):
            exon, intron, cdna, is_flank, region, before, value, sign = about
            name = _NAMES[region].format(before) if region else ""
            transcript, start = key >> _TRANSCRIPT_SHIFT, key & _START_MASK
            yield Zone(transcript, start, self._terms[kind], exon, intron, cdna, is_flank, name, value, sign)


# How the part of a name before its number is made from the number of the exon's base, by `region`.
_NAMES = ("", "-", "*", "{}+", "{}-", "-{}+", "-{}-", "*{}+", "*{}-")


def region_of(name: str) -> tuple[int, int]:
    """Take the part of a name before its number apart, into `region` and the number of the exon's base (0: none)."""
    digits = name.strip("-*+")
    return _NAMES.index(name.replace(digits, "{}") if digits else name), int(digits or 0)
