"""Region tracks of one contig: which regions touch a span, and the INFO text that they make together.

The contig is cut into *segments*, the stretches between neighbouring borders on which the same regions lie. A region
is kept once, as the range of segments that it covers and the number of its text; the regions that are already open at
every 64th segment are listed, so those of any segment are found without walking. Nothing grows with the depth of
overlap, as it would if every segment had a text of its own.
"""

import itertools
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.arrays import Arrays, open_arrays, pack_texts, write_archive

BLOCK_SEGMENTS = 64
_CACHED_SPANS = 1 << 16

Numbers = NDArray[np.uint32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One interval of a track: 1-based, both ends included; `values` are (INFO field, encoded text)."""

    start: int
    end: int
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionText:
    """The INFO text of some regions together, and its keys."""

    text: bytes
    keys: tuple[bytes, ...]


class RegionStore:
    """The regions of one contig; coordinates are 1-based and include both ends."""

    def __init__(self, arrays: Arrays) -> None:
        none: Numbers = np.zeros(0, dtype=np.uint32)
        self._starts = arrays.get("start", none)
        self._ends = arrays.get("end", none)
        self._opened = arrays.get("opened", none)
        self._closed = arrays.get("closed", none)
        self._text_of = arrays.get("text", none)
        self._carried = arrays.get("carried", none)
        self._carried_offsets = arrays.get("carried_offset", none)
        self._offsets = arrays.get("offset", none)
        self._blob = arrays.get("blob", np.zeros(0, dtype=np.uint8))
        self._texts: dict[int, list[tuple[bytes, dict[bytes, None]]]] = {}
        self._joined: dict[tuple[int, ...], RegionText] = {}
        self._spans: dict[tuple[int, int], RegionText] = {}

    @classmethod
    def open(cls, stem: Path) -> "RegionStore":
        """Open the store at `stem`; a contig without a store has no regions."""
        return cls(open_arrays(stem))

    def locate(
        self, *, starts: Sequence[int] | NDArray[Any], ends: Sequence[int] | NDArray[Any]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """For spans [start, end], give the half-open range of segments that each one touches."""
        first = np.searchsorted(self._ends, np.asarray(starts, dtype=np.uint32), side="left")
        last = np.searchsorted(self._starts, np.asarray(ends, dtype=np.uint32), side="right")
        return first.astype(np.int64), last.astype(np.int64)

    def text(self, first: int, last: int) -> bytes:
        """The INFO text of the segments [first, last), every value once, by track; empty when there are none."""
        return self.texts([(first, last)])[0].text if last > first else b""

    def texts(self, spans: Sequence[tuple[int, int]]) -> list["RegionText"]:
        """The texts of many ranges of segments, none of which is empty."""
        if len(self._spans) + len(spans) > _CACHED_SPANS:
            self._spans.clear()
            self._joined.clear()
        missing = [span for span in spans if span not in self._spans]
        for span, numbers in zip(missing, self._touching(missing), strict=True):
            self._spans[span] = self._join(numbers)
        return [self._spans[span] for span in spans]

    def _touching(self, spans: Sequence[tuple[int, int]]) -> list[tuple[int, ...]]:
        """For each range, the numbers of the texts of all regions that lie on any of its segments, ascending."""
        if not spans:
            return []
        first, last = np.array(spans, dtype=np.int64).T
        block = first // BLOCK_SEGMENTS
        carried_from, carried_to = self._carried_offsets[block], self._carried_offsets[block + 1]
        opened_from = self._opened.searchsorted((block * BLOCK_SEGMENTS).astype(np.uint32))
        opened_to = self._opened.searchsorted(last.astype(np.uint32))
        carried, carried_owner = _ranges(carried_from.astype(np.int64), carried_to.astype(np.int64))
        opened, opened_owner = _ranges(opened_from, opened_to)
        region = np.concatenate((self._carried[carried], opened))
        owner = np.concatenate((carried_owner, opened_owner))
        is_open = self._closed[region] > first[owner]
        found = np.unique(owner[is_open] << 32 | self._text_of[region[is_open]])
        numbers = (found & 0xFFFFFFFF).tolist()
        offsets = np.searchsorted(found, np.arange(len(spans) + 1) << 32).tolist()
        return [tuple(numbers[begin:end]) for begin, end in itertools.pairwise(offsets)]

    def _join(self, numbers: tuple[int, ...]) -> "RegionText":
        joined = self._joined.get(numbers)
        if joined is None:
            values_of: dict[bytes, dict[bytes, None]] = {}
            for number in numbers:
                for key, values in self._text(number):
                    values_of.setdefault(key, {}).update(values)
            text = b";".join([key + b"=" + b",".join(values) if values else key for key, values in values_of.items()])
            joined = self._joined[numbers] = RegionText(text=text, keys=tuple(values_of))
        return joined

    def _text(self, number: int) -> list[tuple[bytes, dict[bytes, None]]]:
        """One text, taken apart: its keys, each with its values."""
        text = self._texts.get(number)
        if text is None:
            whole = self._blob[int(self._offsets[number]) : int(self._offsets[number + 1])].tobytes()
            items = (item.partition(b"=") for item in whole.split(b";"))
            text = [(key, dict.fromkeys(value.split(b",")) if value else {}) for key, _, value in items]
            self._texts[number] = text
        return text


class RegionCollector:
    """Regions of one contig on their way into a store: 12 bytes each, and every text once."""

    def __init__(self) -> None:
        self._starts = array("I")
        self._ends = array("I")
        self._text_of = array("I")
        self._texts: dict[bytes, int] = {}

    def __len__(self) -> int:
        return len(self._starts)

    def add(self, *, start: int, end: int, text: bytes) -> None:
        """Take a region: 1-based, both ends included; `text` is finished INFO text."""
        self._starts.append(start)
        self._ends.append(end)
        self._text_of.append(self._texts.setdefault(text, len(self._texts)))

    def extend(self, other: "RegionCollector") -> None:
        """Take the regions of another collector, behind those that are here."""
        numbers = np.array([self._texts.setdefault(text, len(self._texts)) for text in other._texts], dtype=np.uint32)
        self._starts.extend(other._starts)
        self._ends.extend(other._ends)
        if len(other):
            self._text_of.frombytes(numbers[np.frombuffer(other._text_of, dtype=np.uint32)].tobytes())

    def spans(self) -> list[tuple[int, int]]:
        """First and last bases of the regions, ordered."""
        return sorted(zip(self._starts, self._ends, strict=True))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Give the arrays of the store."""
        if not self._starts:
            return {}
        columns = (np.frombuffer(column, dtype=np.uint32) for column in (self._starts, self._ends, self._text_of))
        starts, ends, text_of = _united(*columns)
        segment_starts, segment_ends = _segments(starts, ends)
        opened = np.searchsorted(segment_starts, starts).astype(np.uint32)
        closed = np.searchsorted(segment_starts, ends, side="right").astype(np.uint32)
        order = np.lexsort((text_of, opened))
        opened, closed, text_of = opened[order], closed[order], text_of[order]
        carried_offset, carried = _carried(opened, closed, segment_count=len(segment_starts))
        offset, blob = pack_texts(list(self._texts))
        return {
            "start": segment_starts,
            "end": segment_ends,
            "opened": opened,
            "closed": closed,
            "text": text_of,
            "carried_offset": carried_offset,
            "carried": carried,
            "offset": offset,
            "blob": blob,
        }


def write_regions(path: Path, *, regions: Iterable[Region]) -> int:
    """Write the store of one contig as an archive; give the number of its segments.

    Where regions overlap, their values stand in the order in which the texts come first in what is given.
    """
    collector = RegionCollector()
    for region in regions:
        text = ";".join(f"{key}={value}" for key, value in region.values).encode()
        collector.add(start=region.start, end=region.end, text=text)
    arrays = collector.arrays()
    write_archive(path, arrays=arrays)
    return len(arrays.get("start", ()))


def _united(starts: Numbers, ends: Numbers, text_of: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Join regions of the same text that overlap or touch."""
    order = np.lexsort((starts, text_of))
    starts, ends, text_of = starts[order], ends[order], text_of[order]
    wide = np.uint64(32)
    reach = np.maximum.accumulate(text_of.astype(np.uint64) << wide | ends) & np.uint64(0xFFFFFFFF)
    begins = np.ones(len(starts), dtype=bool)
    begins[1:] = (text_of[1:] != text_of[:-1]) | (starts[1:] > reach[:-1] + np.uint64(1))
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(starts)) - 1
    return starts[first], reach[last].astype(np.uint32), text_of[first]


def _segments(starts: Numbers, ends: Numbers) -> tuple[Numbers, Numbers]:
    """Give the first and last base of every stretch between neighbouring borders that a region covers."""
    behind = np.sort(ends) + np.uint32(1)
    borders = np.unique(np.concatenate((starts, behind)))
    depth = np.searchsorted(np.sort(starts), borders, side="right") - np.searchsorted(behind, borders, side="right")
    covered = np.flatnonzero(depth > 0)
    return borders[covered], borders[covered + 1] - np.uint32(1)


def _carried(opened: Numbers, closed: Numbers, *, segment_count: int) -> tuple[Numbers, Numbers]:
    """List for every block of segments the regions that cover its first one and began before it."""
    first = opened.astype(np.int64) // BLOCK_SEGMENTS + 1
    last = (closed.astype(np.int64) - 1) // BLOCK_SEGMENTS
    counts = np.maximum(last - first + 1, 0)
    regions = np.repeat(np.arange(len(opened), dtype=np.uint32), counts)
    before = np.cumsum(counts) - counts
    blocks = np.repeat(first - before, counts) + np.arange(len(regions))
    block_count = -(-segment_count // BLOCK_SEGMENTS)
    offset = np.zeros(block_count + 1, dtype=np.uint32)
    np.cumsum(np.bincount(blocks, minlength=block_count), out=offset[1:])
    return offset, regions[np.argsort(blocks, kind="stable")]


def _ranges(begins: NDArray[np.int64], ends: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All numbers of the ranges [begin, end), one after the other, and of which range each one is."""
    counts = ends - begins
    stops = np.cumsum(counts)
    owner = np.repeat(np.arange(len(counts)), counts)
    return np.arange(len(owner)) + np.repeat(begins - (stops - counts), counts), owner
