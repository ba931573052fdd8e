"""Strings that repeat, as numbers into a list: what the columns of a chunk are made of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_FEW = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """`codes` are positions in `values`, which are all different; -1 stands for none. Values may go unused."""

    codes: NDArray[np.int32]
    values: Sequence[str | bytes]

    def __len__(self) -> int:
        return len(self.codes)

    def in_order_of_use(self) -> "Coded":
        """The same strings, numbered in order of first use; those that are not used are dropped.

        When such lists of consecutive chunks are joined, the order is kept: however the rows were cut, it is the same.
        """
        order = _by_first_use(self.codes, used=np.flatnonzero(self._totals()))
        renumbered = np.full(len(self.values) + 1, -1, np.int32)  # the last entry is that of code -1
        renumbered[order] = np.arange(len(order))
        return Coded(codes=renumbered[self.codes], values=[self.values[index] for index in order.tolist()])

    def counts(self) -> dict[str, int]:
        """How often each string stands there, in order of first use; those that do not are left out."""
        totals = self._totals()
        order = _by_first_use(self.codes, used=np.flatnonzero(totals))
        return {
            decoded(self.values[code]): total
            for code, total in zip(order.tolist(), totals[order].tolist(), strict=True)
        }

    def where(self, chosen: NDArray[np.bool_]) -> "Coded":
        """Some of the rows."""
        return Coded(codes=self.codes[chosen], values=self.values)

    def _totals(self) -> NDArray[np.int64]:
        return np.bincount(self.codes + np.int32(1), minlength=len(self.values) + 1)[1:]


def _by_first_use(codes: NDArray[np.int32], *, used: NDArray[np.int64]) -> NDArray[np.int64]:
    if len(used) <= _FEW:
        first_use = np.array([(codes == code).argmax() for code in used.tolist()], np.int64)
    else:
        by_code = np.empty(int(codes.max()) + 2, np.int64)  # the last entry is that of code -1
        by_code[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
        first_use = by_code[used]
    return used[np.argsort(first_use)]


def decoded(value: str | bytes) -> str:
    """This function will make a string that UTF-8 can write; what is no UTF-8 becomes the replacement character."""
    text = value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape")
    return text.decode("utf-8", "replace")
