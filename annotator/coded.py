"""Strings that repeat, as numbers into a list: what the columns of a chunk are made of."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.numbering import renumber


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """`codes` are positions in `values`, which are all different; -1 stands for none. Values may go unused."""

    codes: NDArray[np.int32]
    values: Sequence[str | bytes]

    @classmethod
    def of(cls, strings: Iterable[str | bytes | None]) -> "Coded":
        """Code strings one by one; None for none."""
        numbers: dict[str | bytes, int] = {}
        codes = [-1 if string is None else numbers.setdefault(string, len(numbers)) for string in strings]
        return cls(codes=np.array(codes, np.int32), values=list(numbers))

    @classmethod
    def nothing(cls, rows: int) -> "Coded":
        return cls(codes=np.full(rows, -1, np.int32), values=[])

    @classmethod
    def concatenated(cls, parts: Sequence["Coded"]) -> "Coded":
        """The rows of all parts, one after the other."""
        if len(parts) == 1:
            return parts[0]
        numbers: dict[str | bytes, int] = {}
        codes = []
        for part in parts:
            renumbered = [numbers.setdefault(value, len(numbers)) for value in part.values]
            codes.append(np.array([*renumbered, -1], np.int32)[part.codes])
        return cls(codes=np.concatenate(codes), values=list(numbers))

    def with_values(self, texts: Mapping[int, str] | Mapping[int, bytes]) -> "Coded":
        """The same with other strings in some rows; an empty one stands for none."""
        if not texts:
            return self
        numbers: dict[str | bytes, int] = {value: number for number, value in enumerate(self.values)}
        codes = self.codes.copy()
        codes[list(texts)] = [numbers.setdefault(text, len(numbers)) if text else -1 for text in texts.values()]
        return Coded(codes=codes, values=list(numbers))

    def __len__(self) -> int:
        return len(self.codes)

    def in_order_of_use(self) -> "Coded":
        """The same strings, numbered in order of first use; those that are not used are dropped.

        When such lists of consecutive chunks are joined, the order is kept: however the rows were cut, it is the same.
        """
        codes, order = renumber(self.codes, below=len(self.values))
        return Coded(codes=codes, values=[self.values[code] for code in order.tolist()])

    def counts(self) -> dict[str, int]:
        """How often each string stands there, in order of first use; those that do not are left out."""
        used = self.in_order_of_use()
        totals = np.bincount(used.codes + 1, minlength=len(used.values) + 1)[1:]
        counts: dict[str, int] = {}
        for value, total in zip(used.values, totals.tolist(), strict=True):
            text = decoded(value)  # different bytes that are no UTF-8 may read the same
            counts[text] = counts.get(text, 0) + total
        return counts

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.integer] | slice) -> "Coded":
        """Some of the rows: those that a mask chooses, or those of these numbers."""
        return Coded(codes=self.codes[chosen], values=self.values)


def distinct(keys: NDArray[np.int64], *, below: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The different keys, ascending, and which of them each one is; all are from 0 to `below`, which is not much."""
    marks = np.zeros(below, dtype=np.int64)
    marks[keys] = 1
    different = np.flatnonzero(marks)
    marks[different] = np.arange(len(different))
    return different, marks[keys]


def decoded(value: str | bytes) -> str:
    """This function will make a string that UTF-8 can write; what is no UTF-8 becomes the replacement character."""
    text = value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape")
    return text.decode("utf-8", "replace")
