"""The reference sequence: a plain FASTA file, mapped into memory, of which only the touched pages are read.

Every line of a contig but its last has the same length, as the index (`.fai`) says; positions are 0-based here.
"""

import mmap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.columns import UPPER
from annotator.errors import InvalidReferenceError

_LINE_ENDS = b"\r\n"
_UPPER = UPPER.tobytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a contig lies in the file, in bytes; a line holds `line_bases` bases in `line_bytes` bytes."""

    length: int
    offset: int
    line_bases: int
    line_bytes: int


class Sequence:
    """A FASTA file with its index."""

    def __init__(self, path: Path) -> None:
        try:
            index = path.with_name(f"{path.name}.fai").read_text(encoding="utf-8")
            with path.open("rb") as stream:
                self._map = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
            self._places = dict(map(_read_row, index.splitlines()))
        except (OSError, ValueError) as error:
            raise InvalidReferenceError(f"The sequence {path} cannot be opened: {error}.") from error
        self.lengths: dict[str, int] = {name: place.length for name, place in self._places.items()}

    def contig(self, name: str) -> "ContigBases":
        """The bases of one contig; raises KeyError when the file does not hold it."""
        return ContigBases(self._map, self._places[name])


class ContigBases:
    """The bases of one contig, upper case."""

    def __init__(self, mapped: mmap.mmap, place: _Place) -> None:
        self._map = mapped
        self._bytes: NDArray[np.uint8] = np.frombuffer(mapped, dtype=np.uint8)
        self._place = place
        self.length = place.length

    def bases(self, *, start: int, end: int) -> bytes:
        """Bases of the 0-based half-open interval [start, end), cut to the contig."""
        start, end = max(start, 0), min(end, self.length)
        if start >= end:
            return b""
        return self._map[self._byte(start) : self._byte(end - 1) + 1].translate(_UPPER, _LINE_ENDS)

    def at(self, positions: NDArray[Any]) -> NDArray[np.uint8]:
        """The bases at these 0-based positions, all of which lie on the contig."""
        place = self._place
        line, column = np.divmod(positions.astype(np.int64, copy=False), place.line_bases)
        found: NDArray[np.uint8] = UPPER[self._bytes[place.offset + line * place.line_bytes + column]]
        return found

    @property
    def layout(self) -> tuple[NDArray[np.uint8], int, int, int]:
        """How compiled loops find the bases: the file, where the contig begins in it, bases and bytes of a line."""
        place = self._place
        return self._bytes, place.offset, place.line_bases, place.line_bytes

    def _byte(self, position: int) -> int:
        line, column = divmod(position, self._place.line_bases)
        return self._place.offset + line * self._place.line_bytes + column


def _read_row(row: str) -> tuple[str, _Place]:
    name, length, offset, line_bases, line_bytes = row.split("\t")
    place = _Place(length=int(length), offset=int(offset), line_bases=int(line_bases), line_bytes=int(line_bytes))
    return name, place
