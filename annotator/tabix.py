"""Write the index of a BGZF-compressed VCF, so that programs can read a region of it: tabix's `.tbi`, or `.csi`.

The input is one call of `TabixWriter.add` per run of records of one contig, in the order of the file:

    begins   int64, 0-based first base of each record (POS - 1), ascending
    ends     int64, exclusive end of each record: what REF, INFO/END and SVLEN reach to, whichever is furthest
    offsets  int64, virtual offset of each record's first byte, and behind them that of the end of the last record

The index has two parts per contig. Bins: each record lies in the smallest bin of a tree of intervals (16 kb, 128 kb,
1 Mb, …) that holds all of it; a bin lists the pieces of the file that hold its records. Linear index (`.tbi`): for
each 16 kb, the offset of the first record that reaches into it. `.csi` keeps that offset per bin instead, and its tree
may be deeper than tabix's five levels, which end at 2^29.
Formats: the specifications "Tabix index file format" and "CSI index file format" of hts-specs.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotator.bgzf import compress_chunk
from annotator.errors import EngineError
from annotator.sniffing import BGZF_EOF

Integers = NDArray[np.int64]

_SHIFT = 14  # the smallest bins and the windows of the linear index are 2^14 bases
_TABIX_DEPTH = 5
_LONGEST_FOR_TABIX = 2 ** (_SHIFT + 3 * _TABIX_DEPTH) - 1

# Format 2 is VCF: CHROM in column 1, POS in column 2, no end column, header lines begin with #, none is skipped.
_COLUMNS = (2, 1, 2, 0, ord("#"), 0)
_UNSET = -1
_COMPACT_FROM = 1 << 18  # pieces; about 6 MB


class TabixWriter:
    """The index of one file while it is written; memory grows with the genome that is covered, not with records."""

    def __init__(self, *, longest_contig: int = 0) -> None:
        """`longest_contig`: length in bases of the longest contig, as far as known; decides between .tbi and .csi."""
        self.suffix = ".csi" if longest_contig > _LONGEST_FOR_TABIX else ".tbi"
        self._depth = _depth_for(longest_contig)
        self._names: dict[bytes, None] = {}
        self._name = b""
        self._written: list[bytes] = []
        self._current: _ContigIndex | None = None  # None: no record yet

    def add(self, contig: str | bytes, *, begins: Integers, ends: Integers, offsets: Integers) -> None:
        """Add records of one contig that follow each other in the file and follow what was added before."""
        if not len(begins):
            return
        name = contig if isinstance(contig, bytes) else contig.encode("utf-8", "surrogateescape")
        if self._current is None or name != self._name:
            self._begin(name)
        assert self._current is not None
        self._current.add(begins=begins, ends=ends, offsets=offsets)

    def finish(self) -> bytes:
        """The index file: the same records give the same bytes."""
        self._end()
        names = b"".join(name + b"\0" for name in self._names)
        about = struct.pack("<7i", *_COLUMNS, len(names)) + names
        if self.suffix == ".csi":
            head = b"CSI\1" + struct.pack("<3i", _SHIFT, self._depth, len(about)) + about
            head += struct.pack("<i", len(self._names))
        else:
            head = b"TBI\1" + struct.pack("<i", len(self._names)) + about
        no_place = struct.pack("<Q", 0)
        return compress_chunk(b"".join((head, *self._written, no_place))).data + BGZF_EOF

    def write(self, path: Path) -> Path:
        """Write the index beside the file that it belongs to, and give its path: `path` and the suffix."""
        index = path.with_name(path.name + self.suffix)
        index.write_bytes(self.finish())
        return index

    def _begin(self, name: bytes) -> None:
        self._end()
        if name in self._names:
            raise EngineError(f"The records of contig {name!r} do not stand together.")
        self._names[name] = None
        self._name = name
        self._current = _ContigIndex(self._depth)

    def _end(self) -> None:
        if self._current is not None:
            self._written.append(self._current.as_csi() if self.suffix == ".csi" else self._current.as_tbi())
            self._current = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pieces:
    """Pieces of the file, ascending: the bin whose records they hold, where they begin and end."""

    bins: Integers
    begins: Integers
    ends: Integers

    def __len__(self) -> int:
        return len(self.bins)


class _ContigIndex:
    """Bins and linear index of one contig."""

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self._pieces: list[_Pieces] = []
        self._waiting = 0  # pieces since they were last compacted
        self._windows = np.full(64, _UNSET, np.int64)
        self._reached = 0  # windows below are set, or no record reaches into them
        self._records = 0
        self._first_offset = 0
        self._last_offset = 0
        self._last_begin = 0

    def add(self, *, begins: Integers, ends: Integers, offsets: Integers) -> None:
        self._check(begins, ends)
        if not self._records:
            self._first_offset = int(offsets[0])
        self._records += len(begins)
        self._last_offset = int(offsets[-1])
        pieces = _pieces_of(_bins_of(begins, ends, depth=self._depth), offsets)
        self._pieces.append(pieces)
        self._waiting += len(pieces)
        if self._waiting > _COMPACT_FROM:
            self._pieces, self._waiting = [_compact(self._pieces)], 0
        self._reach(begins >> _SHIFT, (ends - 1) >> _SHIFT, offsets[:-1])

    def as_tbi(self) -> bytes:
        windows = self._filled_windows()
        bins = [head + body for head, _, body in self._bins(windows)]
        linear = struct.pack("<i", len(windows)) + windows.astype("<u8").tobytes()
        return struct.pack("<i", len(bins)) + b"".join(bins) + linear

    def as_csi(self) -> bytes:
        bins = [head + struct.pack("<Q", first) + body for head, first, body in self._bins(self._filled_windows())]
        return struct.pack("<i", len(bins)) + b"".join(bins)

    def _check(self, begins: Integers, ends: Integers) -> None:
        if begins[0] < self._last_begin or (np.diff(begins) < 0).any():
            raise EngineError("The records to be indexed are not sorted by position.")
        if (ends <= begins).any() or ends.max() > 1 << (_SHIFT + 3 * self._depth):
            raise EngineError("A record to be indexed ends before it begins, or past what the index can hold.")
        self._last_begin = int(begins[-1])

    def _reach(self, first: Integers, last: Integers, offsets: Integers) -> None:
        """Set the windows that a record is the first to reach into.

        As begins ascend, an earlier record that reaches beyond a later one's begin covers all windows between.
        """
        reached_before = np.maximum.accumulate(np.concatenate(([self._reached - 1], last[:-1])))
        first_new = np.maximum(first, reached_before + 1)
        owners = np.flatnonzero(last >= first_new)
        counts = last[owners] - first_new[owners] + 1
        total = int(counts.sum())
        within = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
        windows = np.repeat(first_new[owners], counts) + within
        self._reached = max(self._reached, int(last.max()) + 1)
        while len(self._windows) < self._reached:
            self._windows = np.concatenate((self._windows, np.full(len(self._windows), _UNSET, np.int64)))
        self._windows[windows] = np.repeat(offsets[owners], counts)

    def _filled_windows(self) -> Integers:
        """The linear index; a window that no record reaches into has the offset of the next one that has."""
        windows = self._windows[: self._reached]
        known = np.flatnonzero(windows != _UNSET)
        return windows[known[np.searchsorted(known, np.arange(len(windows)))]]

    def _bins(self, windows: Integers) -> Iterator[tuple[bytes, int, bytes]]:
        """Number, first offset and pieces of each bin; at the end the one with statistics, as htslib writes it."""
        pieces = _compact(self._pieces)
        order = np.argsort(pieces.bins, kind="stable")
        ranges = np.stack((pieces.begins[order], pieces.ends[order]), axis=1).astype("<u8")
        numbers, starts = np.unique(pieces.bins[order], return_index=True)
        firsts = windows[_first_windows(numbers, depth=self._depth)].tolist()
        bounds = [*starts.tolist(), len(ranges)]
        for number, first, start, end in zip(numbers.tolist(), firsts, bounds, bounds[1:], strict=False):
            yield struct.pack("<I", number), first, struct.pack("<i", end - start) + ranges[start:end].tobytes()
        statistics = struct.pack("<i4Q", 2, self._first_offset, self._last_offset, self._records, 0)
        yield struct.pack("<I", _level_start(self._depth + 1) + 1), 0, statistics


def _depth_for(longest_contig: int) -> int:
    depth = _TABIX_DEPTH
    while longest_contig > 1 << (_SHIFT + 3 * depth):
        depth += 1
    return depth


def _level_start(level: int) -> int:
    """The number of the first bin of a level; level 0 is the one bin that holds everything."""
    return ((1 << (3 * level)) - 1) // 7


def _bins_of(begins: Integers, ends: Integers, *, depth: int) -> Integers:
    bins = np.zeros(len(begins), np.int64)
    last = ends - 1
    for level in range(1, depth + 1):
        shift = _SHIFT + 3 * (depth - level)
        first = begins >> shift
        np.copyto(bins, _level_start(level) + first, where=first == last >> shift)
    return bins


def _first_windows(bins: Integers, *, depth: int) -> Integers:
    """The first window of the linear index in each bin."""
    windows = np.zeros(len(bins), np.int64)
    for level in range(1, depth + 1):
        start = _level_start(level)
        inside = (bins >= start) & (bins < _level_start(level + 1))
        windows[inside] = (bins[inside] - start) << (3 * (depth - level))
    return windows


def _pieces_of(bins: Integers, offsets: Integers) -> _Pieces:
    """Records of the same bin that follow each other are one piece."""
    starts = np.flatnonzero(np.concatenate(([True], bins[1:] != bins[:-1])))
    return _Pieces(bins=bins[starts], begins=offsets[starts], ends=offsets[np.append(starts[1:], len(bins))])


def _compact(pieces: list[_Pieces]) -> _Pieces:
    """This function will join pieces of a bin that end and begin in the same block, which is unpacked as a whole."""
    bins = np.concatenate([piece.bins for piece in pieces])
    begins = np.concatenate([piece.begins for piece in pieces])
    ends = np.concatenate([piece.ends for piece in pieces])
    order = np.lexsort((begins, bins))
    bins, begins, ends = bins[order], begins[order], ends[order]
    new = np.concatenate(([True], (bins[1:] != bins[:-1]) | (ends[:-1] >> 16 < begins[1:] >> 16)))
    starts = np.flatnonzero(new)
    bins, begins, ends = bins[starts], begins[starts], ends[np.append(starts[1:], len(new)) - 1]
    order = np.argsort(begins, kind="stable")
    return _Pieces(bins=bins[order], begins=begins[order], ends=ends[order])
