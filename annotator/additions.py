"""What is added to the records of a block, and the text of the block with it."""

from itertools import chain

import numpy as np
from numpy.typing import NDArray

from annotator.columns import ID, INFO, Columns

_DOT = ord(".")


class Additions:
    """INFO text and identifiers to add, by record of the block. Each text is empty or begins with a semicolon."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self.consequences: list[bytes] = [b""] * len(columns)
        self.tracks: list[bytes] = [b""] * len(columns)
        self.identifiers: dict[int, bytes] = {}

    def identify(self, record: int, identifier: bytes) -> None:
        """Fill an empty ID column; an ID that is there is kept, and of several the first counts."""
        if record not in self.identifiers and self._columns.field(record, ID) == b".":
            self.identifiers[record] = identifier

    def assemble(self) -> tuple[bytes, NDArray[np.int64]]:
        """The block's text with all additions, and where in it each record begins; the last offset is its end."""
        columns, text = self._columns, self._columns.text
        begins, ends = columns.span(INFO)
        is_empty = (ends == begins) | ((ends - begins == 1) & (columns.codes[begins] == _DOT))
        self._begin_info(np.flatnonzero(is_empty).tolist())
        added = np.fromiter(map(len, self.consequences), dtype=np.int64, count=len(columns))
        added += np.fromiter(map(len, self.tracks), dtype=np.int64, count=len(columns))
        cuts = np.where(is_empty & (added > 0), begins, ends)
        growth = added - (ends - cuts)
        cut_list, end_list = cuts.tolist(), ends.tolist()
        slices = list(map(text.__getitem__, map(slice, [0, *end_list[:-1]], cut_list)))
        for record, identifier in self.identifiers.items():
            begin = int(columns.tabs[record, ID - 1]) + 1
            before = end_list[record - 1] if record else 0
            slices[record] = b"".join((text[before:begin], identifier, text[begin + 1 : cut_list[record]]))
            growth[record] += len(identifier) - 1
        rest = text[end_list[-1] :] if end_list else text
        pieces = chain.from_iterable(zip(slices, self.consequences, self.tracks, strict=True))
        offsets = np.zeros(len(columns) + 1, dtype=np.int64)
        np.cumsum(growth, out=offsets[1:])
        offsets[:-1] += columns.starts
        offsets[-1] += len(text)
        return b"".join(chain(pieces, (rest,))), offsets

    def _begin_info(self, records: list[int]) -> None:
        """Take the semicolon away from what will stand first in an INFO column."""
        for record in records:
            if self.consequences[record]:
                self.consequences[record] = self.consequences[record][1:]
            else:
                self.tracks[record] = self.tracks[record][1:]
