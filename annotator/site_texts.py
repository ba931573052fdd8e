"""INFO texts of sites, many at once: where in them the values stand, and the values as numbers."""

import ctypes
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.native import load, pointer

_LIBRARY = load()
_NAME_BYTES = 16  # more than `=rs4294967295;`
_DECIMAL = re.compile(rb"[0-9+\-.eE]{1,40}")

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """Pieces of a text: number i is `text[begins[i]:ends[i]]`."""

    text: NDArray[np.uint8]
    begins: Integers
    ends: Integers

    def __len__(self) -> int:
        return len(self.begins)

    def list(self) -> list[bytes]:
        """The pieces, one by one."""
        text = self.text.tobytes()
        return [text[begin:end] for begin, end in zip(self.begins.tolist(), self.ends.tolist(), strict=True)]

    def where(self, chosen: NDArray[np.bool_] | Integers) -> "Spans":
        """Some of the pieces: those that a mask chooses, or those of these numbers."""
        return Spans(text=self.text, begins=self.begins[chosen], ends=self.ends[chosen])

    def values(self, key: bytes) -> "Spans":
        """The values of a key in pieces `KEY=value;KEY=value`; empty where there is none."""
        begins, ends = np.empty(len(self), dtype=np.int64), np.empty(len(self), dtype=np.int64)
        if _LIBRARY is not None:
            _LIBRARY.find_values(
                ctypes.c_int64(len(self)),
                *(pointer(array) for array in (self.text, self.begins, self.ends)),
                ctypes.c_char_p(key),
                ctypes.c_int64(len(key)),
                *(pointer(array) for array in (begins, ends)),
            )
        else:
            for number, piece in enumerate(self.list()):
                ends[number] = begins[number] = self.ends[number]
                at = int(self.begins[number])
                for item in piece.split(b";"):
                    name, equals, value = item.partition(b"=")
                    if equals and name == key:
                        ends[number] = at + len(item)
                        begins[number] = ends[number] - len(value)
                        break
                    at += len(item) + 1
        return Spans(text=self.text, begins=begins, ends=ends)

    def numbers(self) -> NDArray[np.float64]:
        """The pieces as decimal numbers; NaN for anything else."""
        if _LIBRARY is None:
            return np.array([decimal(piece) for piece in self.list()], dtype=np.float64)
        found = np.empty(len(self), dtype=np.float64)
        arrays = (self.text, self.begins, self.ends, found)
        _LIBRARY.read_numbers(ctypes.c_int64(len(self)), *(pointer(array) for array in arrays))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteValues:
    """What is known of sites, one entry each: dbSNP identifiers (`rs…`), and INFO texts; either may be empty."""

    identifiers: Spans
    texts: Spans


def named(numbers: NDArray[np.uint32] | None, texts: Spans, *, field: bytes) -> SiteValues:
    """Write dbSNP numbers (0: none) as identifiers, and before the texts as values of `field`, unless that is empty."""
    count = len(texts)
    room = int((texts.ends - texts.begins).sum()) + count * (len(field) + _NAME_BYTES) + 1
    if _LIBRARY is None:
        return _named(numbers, texts, field=field)
    out = np.empty(room, dtype=np.uint8)
    begins, ends, id_begins, id_ends = (np.empty(count, dtype=np.int64) for _ in range(4))
    _LIBRARY.write_sites(
        ctypes.c_int64(count),
        None if numbers is None else pointer(numbers),
        *(pointer(array) for array in (texts.text, texts.begins, texts.ends)),
        ctypes.c_char_p(field),
        ctypes.c_int64(len(field)),
        *(pointer(array) for array in (out, begins, ends, id_begins, id_ends)),
    )
    out = out[: max(ends.max(initial=0), id_ends.max(initial=0))]
    return SiteValues(
        identifiers=Spans(text=out, begins=id_begins, ends=id_ends), texts=Spans(text=out, begins=begins, ends=ends)
    )


def _named(numbers: NDArray[np.uint32] | None, texts: Spans, *, field: bytes) -> SiteValues:
    rows = [0] * len(texts) if numbers is None else numbers.tolist()
    identifiers = [b"rs%d" % number if number else b"" for number in rows]
    values = texts.list()
    if field:
        values = [
            b";".join(filter(None, (identifier and field + b"=" + identifier, value)))
            for identifier, value in zip(identifiers, values, strict=True)
        ]
    return SiteValues(identifiers=spans_of(identifiers), texts=spans_of(values))


def spans_of(pieces: list[bytes]) -> Spans:
    """Pieces that stand one by one."""
    offsets = np.cumsum([0, *map(len, pieces)], dtype=np.int64)
    return Spans(text=np.frombuffer(b"".join(pieces), dtype=np.uint8), begins=offsets[:-1], ends=offsets[1:])


def decimal(text: bytes) -> float:
    """A decimal number; NaN for anything else."""
    try:
        return float(text) if _DECIMAL.fullmatch(text) else np.nan
    except ValueError:
        return np.nan
