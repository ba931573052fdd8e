"""What is added to the records of a block, and the text of the block with it."""

import numpy as np
from numpy.typing import NDArray

from annotator.columns import ID, INFO, Columns

_DOT = ord(".")


class Additions:
    """INFO text and identifiers to add, by record of the block."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self.info: list[bytes] = [b""] * len(columns)  # each begins with a semicolon, or is empty
        self.identifiers: dict[int, bytes] = {}

    def identify(self, record: int, identifier: bytes) -> None:
        """Fill an empty ID column; an ID that is there is kept, and of several the first counts."""
        if record not in self.identifiers and self._columns.field(record, ID) == b".":
            self.identifiers[record] = identifier

    def assemble(self) -> tuple[bytes, NDArray[np.int64]]:
        """The block's text with all additions, and where in it each record begins; the last offset is its end."""
        columns = self._columns
        text = columns.text
        begins, ends = columns.span(INFO)
        is_empty = (ends - begins == 1) & (columns.codes[np.minimum(begins, len(text) - 1)] == _DOT) | (ends == begins)
        info = self.info
        for record in np.flatnonzero(is_empty).tolist():
            info[record] = info[record][1:]
        has_info = np.array(list(map(len, info)), dtype=np.int64)
        cuts = np.where(is_empty & (has_info > 0), begins, ends)
        growth = has_info - (ends - cuts)
        pieces: list[bytes] = []
        done = 0
        identifiers = self.identifiers
        rows = zip(cuts.tolist(), ends.tolist(), info, strict=True)
        for record, (cut, end, addition) in enumerate(rows):
            if record in identifiers:
                begin = int(columns.tabs[record, ID - 1]) + 1
                pieces += (text[done:begin], identifiers[record])
                growth[record] += len(identifiers[record]) - 1
                done = begin + 1
            if addition:
                pieces += (text[done:cut], addition)
                done = end
        pieces.append(text[done:])
        offsets = np.zeros(len(columns) + 1, dtype=np.int64)
        offsets[1:] = np.cumsum(growth)
        offsets[:-1] += columns.starts
        offsets[-1] += len(text)
        return b"".join(pieces), offsets
