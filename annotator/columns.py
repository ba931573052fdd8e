"""Where the columns of many lines begin and end: all tabs and line ends of a block of text, found at once.

Offsets are bytes from the beginning of the text; lines are numbered from 0 here.
"""

import ctypes
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.native import load, pointer, pointers
from annotator.numbering import number_texts

CHROM, POS, ID, REF, ALT, QUAL, FILTER, INFO = range(8)

_TAB, _NEWLINE, _ZERO, _EQUALS = b"\t\n0="
MOST_DIGITS = 10  # of a position

_LIBRARY = load()

UPPER = np.frombuffer(bytes(range(256)).upper(), dtype=np.uint8)  # the upper-case code of each code

Offsets = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Lines of equally many columns; `text` ends with a line end."""

    text: bytes
    codes: NDArray[np.uint8]  # the same text
    starts: Offsets  # of each line
    ends: Offsets  # of each line: where its `\n` (or `\r\n`) stands
    tabs: Offsets  # one row a line, one column a tab
    before_equals: NDArray[np.bool_] | None = None  # which two bytes, first | second << 8; None: that is not known
    _equals: list[Offsets] = field(default_factory=list)  # where equals signs stand, once that was asked

    def __len__(self) -> int:
        return len(self.starts)

    def span(self, column: int) -> tuple[Offsets, Offsets]:
        """Begin and end of one column (0-based) in every line."""
        begins = self.tabs[:, column - 1] + 1 if column else self.starts
        return begins, self.tabs[:, column] if column < self.tabs.shape[1] else self.ends

    def field(self, line: int, column: int) -> bytes:
        """One column of one line."""
        begin = int(self.tabs[line, column - 1]) + 1 if column else int(self.starts[line])
        end = self.tabs[line, column] if column < self.tabs.shape[1] else self.ends[line]
        return self.text[begin : int(end)]

    def has_key(self, key: bytes) -> bool:
        """Whether any `key=` stands in the text, perhaps as the end of a longer key."""
        if self.before_equals is not None and not self.before_equals[key[-2] | key[-1] << 8]:
            return False
        if not self._equals:
            self._equals.append(np.flatnonzero(self.codes == _EQUALS))
        places = self._equals[0]
        places = places[np.searchsorted(places, len(key)) :]
        for back, code in enumerate(reversed(key), start=1):
            places = places[self.codes[places - back] == code]
        return len(places) > 0

    def line(self, number: int) -> bytes:
        return self.text[int(self.starts[number]) : int(self.ends[number])]


def find_columns(text: bytes, *, tab_count: int) -> Columns | None:
    """Find the columns of all lines; None when a line has not that many tabs, or holds a stray carriage return."""
    codes = np.frombuffer(text, dtype=np.uint8)
    if _LIBRARY is None:
        return _find_columns(text, codes, tab_count)
    lines = count_lines(text)
    starts, ends = np.empty((2, lines), dtype=np.int64)
    tabs = np.empty((lines, tab_count), dtype=np.int64, order="F")  # columns are read more often than lines
    before_equals = np.zeros(1 << 16, dtype=np.bool_)
    are_straight = _LIBRARY.find_columns(
        pointer(codes),
        *map(ctypes.c_int64, (len(text), lines, tab_count)),
        *pointers(starts, ends, tabs.T, before_equals),
    )
    if not are_straight:
        return None
    return Columns(text=text, codes=codes, starts=starts, ends=ends, tabs=tabs, before_equals=before_equals)


def _find_columns(text: bytes, codes: NDArray[np.uint8], tab_count: int) -> Columns | None:
    newlines = np.flatnonzero(codes == _NEWLINE)
    all_tabs = np.flatnonzero(codes == _TAB)
    if len(all_tabs) != len(newlines) * tab_count:
        return None
    tabs = np.asfortranarray(all_tabs.reshape(len(newlines), tab_count))
    starts = np.zeros_like(newlines)
    starts[1:] = newlines[:-1] + 1
    if not (np.all(tabs[:, 0] >= starts) and np.all(tabs[:, -1] < newlines)):
        return None
    ends = newlines
    if b"\r" in text:
        before_newline = codes[newlines - 1] == ord("\r")
        if text.count(b"\r") != np.count_nonzero(before_newline):
            return None
        ends = newlines - before_newline
    return Columns(text=text, codes=codes, starts=starts, ends=ends, tabs=tabs)


def count_lines(text: bytes) -> int:
    """How many lines end in a text; ten times as quick as to count bytes of a text one by one."""
    return int(np.count_nonzero(np.frombuffer(text, dtype=np.uint8) == _NEWLINE))


def read_positions(columns: Columns) -> NDArray[np.int64] | None:
    """The POS column as numbers; None when one of them is not a whole number from 1 on of at most ten digits."""
    begins, ends = columns.span(POS)
    if _LIBRARY is None:
        return _read_positions(columns.codes, begins, ends)
    begins, positions = np.ascontiguousarray(begins), np.empty(len(columns), dtype=np.int64)
    are_sound = _LIBRARY.read_positions(
        ctypes.c_int64(len(columns)),
        *pointers(columns.codes, begins, ends),
        ctypes.c_int64(MOST_DIGITS),
        pointer(positions),
    )
    return positions if are_sound else None


def _read_positions(codes: NDArray[np.uint8], begins: Offsets, ends: Offsets) -> NDArray[np.int64] | None:
    lengths = ends - begins
    longest = int(lengths.max(initial=0))
    if longest > MOST_DIGITS or lengths.min(initial=1) < 1:
        return None
    positions = np.zeros(len(begins), dtype=np.int64)
    for place in range(longest):
        inside = place < lengths
        digits = codes[np.where(inside, begins + place, begins)] - np.uint8(_ZERO)  # below `0` wraps around
        if np.any(digits > 9):
            return None
        positions = np.where(inside, positions * 10 + digits, positions)
    return positions if positions.min(initial=1) > 0 else None


def starts_of_runs(columns: Columns, column: int) -> list[int]:
    """The lines whose text in this column differs from that of the line before; the first line is one of them."""
    codes, _ = number_texts(columns.codes, *columns.span(column))
    found: list[int] = np.flatnonzero(np.diff(codes, prepend=np.int32(-1))).tolist()
    return found


def gather(codes: NDArray[np.uint8], begins: NDArray[Any], lengths: NDArray[Any]) -> NDArray[np.uint8]:
    """The texts that begin at these offsets and have these lengths, one after the other."""
    total = int(lengths.sum())
    found: NDArray[np.uint8]
    if _LIBRARY is not None:
        found = np.empty(total, dtype=np.uint8)
        places = [np.ascontiguousarray(column, dtype=np.int64) for column in (begins, lengths)]
        _LIBRARY.gather(ctypes.c_int64(len(begins)), pointer(codes), *map(pointer, places), pointer(found))
        return found
    ends = np.cumsum(lengths)
    indexes = np.repeat(begins - (ends - lengths), lengths) + np.arange(total)
    found = codes[indexes]
    return found


def first_of(codes: NDArray[np.uint8], begins: Offsets, ends: Offsets, *, code: int) -> Offsets:
    """Where a code first stands in each piece; the end of the piece where it does not."""
    found: Offsets
    if _LIBRARY is None:
        places = np.flatnonzero(codes == code)
        found = np.minimum(ends, np.append(places, len(codes))[np.searchsorted(places, begins)])
        return found
    begins, ends = np.ascontiguousarray(begins), np.ascontiguousarray(ends)
    found = np.empty_like(begins)
    _LIBRARY.find_first(
        ctypes.c_int64(len(begins)), *pointers(codes, begins, ends), ctypes.c_uint8(code), pointer(found)
    )
    return found
