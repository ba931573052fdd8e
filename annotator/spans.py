"""Pieces of a text, many at once: what stands where in it, and values as numbers."""

import ctypes
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.native import load, pointer

_LIBRARY = load()
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

    def followed_by(self, others: "Spans") -> "Spans":
        """These pieces, and then the others."""
        size = len(self.text)
        return Spans(
            text=np.concatenate((self.text, others.text)),
            begins=np.concatenate((self.begins, others.begins + size)),
            ends=np.concatenate((self.ends, others.ends + size)),
        )

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
