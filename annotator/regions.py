"""Region tracks of one contig: which regions touch a span, and the INFO text that they make together.

The contig is cut into *segments*, the stretches between neighbouring borders on which the same regions lie. A region
is kept once, as the range of segments that it covers and the number of its text; the regions that are already open at
every 64th segment are listed, so those of any segment are found without walking. Nothing grows with the depth of
overlap, as it would if every segment had a text of its own.

A text is kept as *items*, each a key (an INFO field) and a value; both are numbered in the order in which they came
first, and in that order they are written.
"""

import ctypes
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.arrays import Arrays, open_arrays, pack_texts, write_archive
from annotator.native import load, pointer, pointers, table

BLOCK_SEGMENTS = 64

_LIBRARY = load()
_ROOM = 1 << 16  # items of one record, and bytes of text, to begin with
_BYTES_PER_SPAN = 256

Numbers = NDArray[np.uint32]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One interval of a track: 1-based, both ends included; `values` are (INFO field, encoded text)."""

    start: int
    end: int
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What the keys of a store are called in a file, and the number of the track that each belongs to."""

    names: tuple[bytes, ...]
    tracks: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """The INFO texts of spans: that of span i is `text[begins[i]:ends[i]]`; spans may share one."""

    text: bytes
    begins: Integers
    ends: Integers
    hits: Integers  # spans that a track says anything of, by number of the track


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
        self._opened_offsets = arrays.get("opened_offset", none)
        self._items = arrays.get("item", np.zeros((0, 2), dtype=np.uint32))
        self._item_offsets = arrays.get("item_offset", none)
        self._values = arrays.get("value", np.zeros(0, dtype=np.uint8))
        self._value_offsets = arrays.get("value_offset", none)
        self.keys = tuple(arrays.get("key", np.zeros(0, dtype=np.uint8)).tobytes().split())  # INFO fields, by number

    @classmethod
    def open(cls, stem: Path) -> "RegionStore":
        """Open the store at `stem`; a contig without a store has no regions."""
        return cls(open_arrays(stem))

    def locate(
        self, *, starts: Sequence[int] | NDArray[Any], ends: Sequence[int] | NDArray[Any]
    ) -> tuple[Numbers, Numbers]:
        """For spans [start, end], give the half-open range of segments that each one touches."""
        first = np.searchsorted(self._ends, np.asarray(starts, dtype=np.uint32), side="left")
        last = np.searchsorted(self._starts, np.asarray(ends, dtype=np.uint32), side="right")
        return first.astype(np.uint32), last.astype(np.uint32)

    def text_on(self, start: int, end: int) -> bytes:
        """The INFO text of what lies on the span [start, end]; empty when there is nothing."""
        first, last = self.locate(starts=[start], ends=[end])
        keys = Keys(names=self.keys, tracks=(0,) * len(self.keys))
        return self.describe(first, last, keys=keys).text if last[0] > first[0] else b""

    def describe(self, first: Numbers, last: Numbers, *, keys: Keys) -> Described:
        """Describe what lies on ranges of segments, none of which is empty: every value once, by key."""
        if not len(first):
            return Described(text=b"", begins=_integers(0), ends=_integers(0), hits=_integers(len(keys.tracks)))
        return (self._describe if _LIBRARY is None else self._describe_natively)(first, last, keys)

    def _describe_natively(self, first: Numbers, last: Numbers, keys: Keys) -> Described:
        assert _LIBRARY is not None
        first, last = np.ascontiguousarray(first), np.ascontiguousarray(last)
        store = (
            *(self._opened, self._closed, self._text_of, self._carried, self._carried_offsets, self._opened_offsets),
            *(self._items, self._item_offsets, self._values, self._value_offsets),
        )
        arrays = table(*store)
        key_text = np.frombuffer(b"".join(keys.names), dtype=np.uint8)
        key_offsets = np.cumsum([0, *map(len, keys.names)], dtype=np.int64)
        tracks = np.array(keys.tracks, dtype=np.int64)
        hits = _integers(len(tracks))
        begins, ends = _integers(len(first)), _integers(len(first))
        items, out = np.empty(_ROOM, dtype=np.uint64), np.empty(_ROOM + _BYTES_PER_SPAN * len(first), dtype=np.uint8)
        texts: list[bytes] = []
        done = size = 0
        while done < len(first):
            found = _LIBRARY.describe_spans(
                ctypes.c_int64(len(first) - done),
                *pointers(first[done:], last[done:]),
                arrays,
                ctypes.c_int64(len(self._opened)),
                *pointers(key_text, key_offsets, tracks, items),
                ctypes.c_int64(len(items)),
                pointer(out),
                ctypes.c_int64(len(out)),
                *pointers(begins[done:], ends[done:], hits, _integers(len(tracks))),
            )
            if not found:  # one record of very many regions
                items, out = np.empty(2 * len(items), dtype=np.uint64), np.empty(2 * len(out), dtype=np.uint8)
                continue
            texts.append(out[: ends[done + found - 1]].tobytes())
            begins[done : done + found] += size
            ends[done : done + found] += size
            size += len(texts[-1])
            done += found
        return Described(text=b"".join(texts), begins=begins, ends=ends, hits=hits)

    def _describe(self, first: Numbers, last: Numbers, keys: Keys) -> Described:
        spans, which, counts = np.unique(first.astype(np.uint64) << 32 | last, return_inverse=True, return_counts=True)
        owners, numbers, values = self._items_on((spans >> 32).astype(np.int64), (spans & 0xFFFFFFFF).astype(np.int64))
        texts = [b""] * len(spans)
        last_key = -1, -1
        for owner, key, value in zip(owners.tolist(), numbers.tolist(), values.tolist(), strict=True):
            text = self._values[self._value_offsets[value] : self._value_offsets[value + 1]].tobytes()
            if (owner, key) == last_key:
                texts[owner] += b"," + text
            else:
                texts[owner] += (b";" if texts[owner] else b"") + keys.names[key] + b"=" + text
            last_key = owner, key
        offsets = np.cumsum([0, *map(len, texts)], dtype=np.int64)
        touched = np.unique(owners << 32 | np.array(keys.tracks, dtype=np.int64)[numbers])
        hits = np.bincount(touched & 0xFFFFFFFF, weights=counts[touched >> 32], minlength=len(keys.tracks))
        return Described(
            text=b"".join(texts), begins=offsets[which], ends=offsets[which + 1], hits=hits.astype(np.int64)
        )

    def _items_on(self, first: Integers, last: Integers) -> tuple[Integers, Integers, Integers]:
        """The items on ranges of segments: of which range, key and value; ascending, each once."""
        block = first // BLOCK_SEGMENTS
        carried, carried_owner = _ranges(self._carried_offsets[block], self._carried_offsets[block + 1])
        opened_to = self._opened.searchsorted(last.astype(np.uint32))
        opened, opened_owner = _ranges(self._opened_offsets[block], np.maximum(opened_to, self._opened_offsets[block]))
        region = np.concatenate((self._carried[carried].astype(np.int64), opened))
        owner = np.concatenate((carried_owner, opened_owner))
        is_open = self._closed[region] > first[owner]
        text = self._text_of[region[is_open]]
        item, place = _ranges(self._item_offsets[text], self._item_offsets[text + 1])
        owner = owner[is_open][place]
        key, value = self._items[item].astype(np.int64).T
        order = np.lexsort((value, key, owner))
        found = np.stack((owner[order], key[order], value[order]))
        is_new = np.ones(len(order), dtype=np.bool_)
        is_new[1:] = np.any(found[:, 1:] != found[:, :-1], axis=0)
        owners, keys, values = found[:, is_new]
        return owners, keys, values


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
        blocks = np.arange(len(carried_offset), dtype=np.uint32) * np.uint32(BLOCK_SEGMENTS)
        return {
            "start": segment_starts,
            "end": segment_ends,
            "opened": opened,
            "closed": closed,
            "text": text_of,
            "carried_offset": carried_offset,
            "carried": carried,
            "opened_offset": opened.searchsorted(blocks).astype(np.uint32),
            **_itemised(self._texts),
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


def _itemised(texts: Iterable[bytes]) -> dict[str, NDArray[Any]]:
    """Take texts apart: `KEY=value,value;…`."""
    keys: dict[bytes, int] = {}
    values: dict[bytes, int] = {}
    items: list[tuple[int, int]] = []
    offsets = [0]
    for text in texts:
        for part in text.split(b";"):
            key, _, listed = part.partition(b"=")
            number = keys.setdefault(key, len(keys))
            items += [(number, values.setdefault(value, len(values))) for value in listed.split(b",")]
        offsets.append(len(items))
    value_offset, value = pack_texts(list(values))
    return {
        "key": np.frombuffer(b"\n".join(keys), dtype=np.uint8),
        "item": np.array(items, dtype=np.uint32).reshape(-1, 2),
        "item_offset": np.array(offsets, dtype=np.uint32),
        "value": value,
        "value_offset": value_offset,
    }


def _ranges(begins: NDArray[Any], ends: NDArray[Any]) -> tuple[Integers, Integers]:
    """All numbers of the ranges [begin, end), one after the other, and of which range each one is."""
    begins = begins.astype(np.int64)
    counts = ends.astype(np.int64) - begins
    stops = np.cumsum(counts)
    owner = np.repeat(np.arange(len(counts)), counts)
    return np.arange(len(owner)) + np.repeat(begins - (stops - counts), counts), owner


def _integers(count: int) -> Integers:
    return np.zeros(count, dtype=np.int64)
