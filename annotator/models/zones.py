"""Zones of a transcript: stretches in which every single-base change is described alike.

In a *plain* zone (deep in an intron, in an untranslated or non-coding exon away from its ends, beside the transcript)
all such changes have the same consequence, and the numbers in their names grow or fall by one with each base. What is
said of them is worked out when a reference is built (`annotator.zoning`). In the other zones (coding sequence, splice
sites and their surroundings) the bases themselves decide. A zone ends where the next one of the same transcript begins.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.errors import InvalidReferenceError
from annotator.ontology import TERMS

# What is known of a plain zone, one column each; numbers are those of its first base.
ABOUT = (
    "exon",  # its number in the transcript's direction, 0: none
    "intron",
    "cdna",  # offset in the spliced transcript, 0: in no exon
    "is_flank",  # beside the transcript: `number` is the distance to it, and changes have no name
    "region",  # what stands before the number in a change's HGVS name: one of _NAMES,
    "before",  # filled with this number, as in `331+`
    "number",
    "sign",  # whether that number grows (1) or falls (-1) along the genome
)
EXON, INTRON, CDNA, IS_FLANK, REGION, BEFORE, NUMBER, SIGN = range(len(ABOUT))
_NAMES = ("", "-", "*", "{}+", "{}-", "-{}+", "-{}-", "*{}+", "*{}-")
# By region: the characters before and behind the number of the exon's base, 0 where there is none.
NAME_SIGNS = np.array([ord(name[0]) if name[:1] in ("-", "*") else 0 for name in _NAMES], dtype=np.int64)
NAME_STEPS = np.array([ord(name[-1]) if "{}" in name else 0 for name in _NAMES], dtype=np.int64)

_TRANSCRIPT_SHIFT = np.uint64(32)
_START_MASK = np.uint64((1 << 32) - 1)
_TYPES = ["uint64", "uint8", "int32"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneTable:
    """All zones of a contig as compiled loops read them, one row each."""

    keys: NDArray[np.uint64]  # ascending: the transcript in the upper 32 bits, the first base in the lower ones
    kinds: NDArray[np.uint8]
    about: NDArray[np.int32]  # columns as ABOUT lists them

    def __post_init__(self) -> None:
        lengths = {len(column) for column in (self.keys, self.kinds, self.about)}
        types = [column.dtype.name for column in (self.keys, self.kinds, self.about)]
        if len(lengths) > 1 or self.about.shape[1:] != (len(ABOUT),) or types != _TYPES:
            raise InvalidReferenceError("The zones of the gene models are not columns of one table.")

    def start(self, zone: int) -> int:
        """The first base of a zone."""
        return int(self.keys[zone]) & int(_START_MASK)


class Zones:
    """The zones of all transcripts of one contig; a zone is named by its number, 0-based."""

    def __init__(self, arrays: dict[str, NDArray[Any]]) -> None:
        self._keys: NDArray[np.uint64] = arrays.get("zone", np.zeros(0, dtype=np.uint64))
        self._kinds: NDArray[np.uint8] = arrays.get("zone_kind", np.zeros(0, dtype=np.uint8))
        self._about: NDArray[np.int32] = arrays.get("zone_about", np.zeros((0, len(ABOUT)), dtype=np.int32))
        self.table = ZoneTable(keys=self._keys, kinds=self._kinds, about=self._about)
        rows = bytes(arrays.get("zone_kind_terms", np.zeros(0, dtype=np.uint8))).decode().split("\n")
        # The consequence terms of plain zones by kind, the most severe first; kind 0 is that of all other zones.
        self.terms = [tuple(TERMS[name] for name in row.split("&") if name) for row in rows]

    def find(self, transcripts: NDArray[Any], positions: NDArray[Any]) -> NDArray[np.int64]:
        """The zones in which the positions lie in the transcripts (their numbers in the store), pair by pair.

        Each position lies within the transcript or its flanks.
        """
        keys = transcripts.astype(np.uint64) << _TRANSCRIPT_SHIFT | positions.astype(np.uint64)
        return np.searchsorted(self._keys, keys, side="right") - 1

    def __len__(self) -> int:
        return len(self._keys)

    def kinds(self, zones: NDArray[np.int64]) -> NDArray[np.uint8]:
        """The kinds of these zones: numbers in `terms`, 0 where a zone is not plain."""
        return self._kinds[zones]

    def starts(self, zones: NDArray[np.int64]) -> NDArray[np.int64]:
        """The first bases of these zones."""
        return (self._keys[zones] & _START_MASK).astype(np.int64)

    def last_bases(self, zones: NDArray[np.int64]) -> NDArray[np.int64]:
        """The last bases of zones that are followed by another one of their transcripts."""
        return self.starts(zones + 1) - 1

    def about(self, zones: NDArray[np.int64]) -> NDArray[np.int32]:
        """What is known of these zones: columns as ABOUT lists them."""
        return self._about[zones]


def region_of(name: str) -> tuple[int, int]:
    """Take the part of a name before its number apart, into `region` and the number of the exon's base (0: none)."""
    digits = name.strip("-*+")
    return _NAMES.index(name.replace(digits, "{}") if digits else name), int(digits or 0)
