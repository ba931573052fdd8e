"""Strings that repeat, as numbers into a list: what the columns of a chunk are made of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


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
        count, length = len(self.values), len(self.codes)
        first_use = np.full(count + 1, length, np.int32)  # the last entry is that of code -1
        first_use[self.codes[::-1]] = np.arange(length - 1, -1, -1, dtype=np.int32)
        used = np.flatnonzero(first_use[:count] < length)
        order = used[np.argsort(first_use[used])]
        renumbered = np.full(count + 1, -1, np.int32)
        renumbered[order] = np.arange(len(order))
        return Coded(codes=renumbered[self.codes], values=[self.values[index] for index in order.tolist()])

    def counts(self) -> dict[str, int]:
        """How often each string stands there, in order of first use; those that do not are left out."""
        used = self.in_order_of_use()
        totals = np.bincount(used.codes + 1, minlength=len(used.values) + 1)[1:]
        return {decoded(value): total for value, total in zip(used.values, totals.tolist(), strict=True)}

    def where(self, chosen: NDArray[np.bool_]) -> "Coded":
        """Some of the rows."""
        return Coded(codes=self.codes[chosen], values=self.values)


def decoded(value: str | bytes) -> str:
    """This function will make a string that UTF-8 can write; what is no UTF-8 becomes the replacement character."""
    text = value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape")
    return text.decode("utf-8", "replace")
