"""Region tracks of one contig, flattened to disjoint segments that carry their finished INFO text.

The work of overlapping, encoding and joining is done once, when a reference is built; an annotation only has to find
the segments that a record touches.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.arrays import open_arrays, pack_texts, write_archive
from annotator.info import join_entries


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One interval of a track: 1-based, both ends included; `values` are (INFO field, encoded text)."""

    start: int
    end: int
    values: tuple[tuple[str, str], ...]


class RegionStore:
    """The segments of one contig, in order; coordinates are 1-based and both ends belong to the segment."""

    def __init__(self, arrays: dict[str, NDArray[Any]]) -> None:
        self._starts = arrays.get("start", np.zeros(0, dtype=np.uint32))
        self._ends = arrays.get("end", np.zeros(0, dtype=np.uint32))
        self._text_of = arrays.get("text", np.zeros(0, dtype=np.uint32))
        self._offsets = arrays.get("offset", np.zeros(1, dtype=np.uint32))
        self._blob = arrays.get("blob", np.zeros(0, dtype=np.uint8))
        self._texts: dict[int, bytes] = {}
        self._joined: dict[tuple[int, ...], bytes] = {}

    @classmethod
    def open(cls, stem: Path) -> "RegionStore":
        """Open the store at `stem`; a contig without a store has no segments."""
        return cls(open_arrays(stem))

    def locate(self, *, starts: Sequence[int], ends: Sequence[int]) -> tuple[list[int], list[int]]:
        """For spans [start, end], give the half-open range of segments that each one touches."""
        first = np.searchsorted(self._ends, np.array(starts, dtype=np.uint32), side="left")
        last = np.searchsorted(self._starts, np.array(ends, dtype=np.uint32), side="right")
        return first.tolist(), last.tolist()

    def text(self, first: int, last: int) -> bytes:
        """The INFO text of the segments [first, last); empty when there are none."""
        if last <= first:
            return b""
        if last - first == 1:
            return self._text(int(self._text_of[first]))
        key = tuple(self._text_of[first:last].tolist())
        joined = self._joined.get(key)
        if joined is None:
            joined = self._joined[key] = join_entries(self._text(index) for index in key)
        return joined

    def _text(self, index: int) -> bytes:
        text = self._texts.get(index)
        if text is None:
            text = self._blob[int(self._offsets[index]) : int(self._offsets[index + 1])].tobytes()
            self._texts[index] = text
        return text


def write_regions(path: Path, *, regions: Sequence[Region]) -> int:
    """Flatten the regions of one contig and write its store; give the number of segments.

    Where regions overlap, their values stand in the order of the sequence given.
    """
    segments = flatten(regions)
    texts: dict[bytes, int] = {}
    numbers = [texts.setdefault(text, len(texts)) for _, _, text in segments]
    offset, blob = pack_texts(list(texts))
    write_archive(
        path,
        arrays={
            "start": np.array([start for start, _, _ in segments], dtype=np.uint32),
            "end": np.array([end for _, end, _ in segments], dtype=np.uint32),
            "text": np.array(numbers, dtype=np.uint32),
            "offset": offset,
            "blob": blob,
        },
    )
    return len(segments)


def flatten(regions: Sequence[Region]) -> list[tuple[int, int, bytes]]:
    """Cut overlapping regions into disjoint segments (start, end, INFO text), ordered, 1-based, ends included."""
    opening: dict[int, list[int]] = {}
    closing: dict[int, list[int]] = {}
    for index, region in enumerate(regions):
        opening.setdefault(region.start, []).append(index)
        closing.setdefault(region.end + 1, []).append(index)
    borders = sorted(opening.keys() | closing.keys())
    active: set[int] = set()
    segments: list[tuple[int, int, bytes]] = []
    for border, next_border in itertools.pairwise(borders):
        active.difference_update(closing.get(border, ()))
        active.update(opening.get(border, ()))
        if active:
            text = join_entries(_render(regions[index]) for index in sorted(active))
            segments.append((border, next_border - 1, text))
    return segments


def _render(region: Region) -> bytes:
    return ";".join(f"{key}={value}" for key, value in region.values).encode()
