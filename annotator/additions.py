"""What is added to the records of a block, and the text of the block with it."""

import ctypes

import numpy as np
from numpy.typing import NDArray

from annotator.columns import ID, INFO, Columns
from annotator.native import load, pointer

_LIBRARY = load()
_DOT = ord(".")


class Pieces:
    """One text, empty or beginning with a semicolon, for each record; many records may share one."""

    def __init__(self, records: int) -> None:
        self._blobs: list[bytes | memoryview] = []
        self._size = 0
        self.begins = np.zeros(records, dtype=np.int64)
        self.lengths = np.zeros(records, dtype=np.int64)

    def put(
        self,
        records: NDArray[np.int64],
        *,
        text: bytes | memoryview,
        begins: NDArray[np.int64],
        ends: NDArray[np.int64],
    ) -> None:
        """Give records the pieces of a text."""
        self.begins[records] = self._size + begins
        self.lengths[records] = ends - begins
        self._blobs.append(text)
        self._size += len(text)

    def put_one(self, record: int, text: bytes) -> None:
        self.begins[record], self.lengths[record] = self._size, len(text)
        self._blobs.append(text)
        self._size += len(text)

    def joined(self) -> bytes | memoryview:
        """The text in which `begins` and `lengths` tell where the pieces are."""
        if len(self._blobs) > 1:
            self._blobs = [b"".join(self._blobs)]
        return self._blobs[0] if self._blobs else b""

    def of(self, record: int) -> bytes:
        begin = int(self.begins[record])
        return bytes(self.joined()[begin : begin + int(self.lengths[record])])


class Additions:
    """INFO text and identifiers to add, by record of the block."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self.consequences = Pieces(len(columns))
        self.shared = Pieces(len(columns))  # consequences of several alleles of a record
        self.regions = Pieces(len(columns))
        self.sites: dict[int, bytes] = {}
        self.identifiers: dict[int, bytes] = {}
        self._lacks_id: list[bool] = []  # by record, once it was asked

    def identify(self, record: int, identifier: bytes) -> None:
        """Fill an empty ID column; an ID that is there is kept, and of several the first counts."""
        if not self._lacks_id:
            begins, ends = self._columns.span(ID)
            self._lacks_id = ((ends - begins == 1) & (self._columns.codes[begins] == _DOT)).tolist()
        if self._lacks_id[record] and record not in self.identifiers:
            self.identifiers[record] = identifier

    def assemble(self) -> tuple[bytes, NDArray[np.int64]]:
        """The block's text with all additions, and where in it each record begins; the last offset is its end."""
        columns = self._columns
        sites = Pieces(len(columns))
        for record, text in self.sites.items():
            sites.put_one(record, text)
        sources = (self.consequences, self.shared, self.regions, sites)
        begins, ends = columns.span(INFO)
        is_empty = (ends == begins) | ((ends - begins == 1) & (columns.codes[begins] == _DOT))
        added = sum((source.lengths for source in sources), np.zeros(len(columns), dtype=np.int64))
        opens = is_empty & (added > 0)  # the first addition stands first in INFO, without its semicolon
        for source in sources:
            first = opens & (source.lengths > 0)
            source.begins[first] += 1
            source.lengths[first] -= 1
            opens &= ~first
        added -= is_empty & (added > 0)
        cuts = np.where(is_empty & (added > 0), begins, ends)
        growth = added - (ends - cuts)
        return self._write(cuts, ends, sources, growth=growth)

    def _write(
        self,
        cuts: NDArray[np.int64],
        ends: NDArray[np.int64],
        sources: tuple[Pieces, ...],
        *,
        growth: NDArray[np.int64],
    ) -> tuple[bytes, NDArray[np.int64]]:
        columns = self._columns
        offsets = np.zeros(len(columns) + 1, dtype=np.int64)
        np.cumsum(growth, out=offsets[1:])
        offsets[:-1] += columns.starts
        offsets[-1] += len(columns.text)
        text = (_pieces if _LIBRARY is None else _pieces_natively)(columns.text, cuts, ends, sources, int(offsets[-1]))
        return self._identified(text, offsets) if self.identifiers else (text, offsets)

    def _identified(self, text: bytes, offsets: NDArray[np.int64]) -> tuple[bytes, NDArray[np.int64]]:
        """Put the identifiers in, each in place of a dot."""
        columns = self._columns
        pieces, done = [], 0
        growth = np.zeros(len(columns), dtype=np.int64)
        for record, identifier in sorted(self.identifiers.items()):
            begin = int(offsets[record] + columns.tabs[record, ID - 1] + 1 - columns.starts[record])
            pieces += [text[done:begin], identifier]
            done = begin + 1
            growth[record] = len(identifier) - 1
        pieces.append(text[done:])
        moved = offsets.copy()
        moved[1:] += np.cumsum(growth)
        return b"".join(pieces), moved


def _pieces(
    text: bytes, cuts: NDArray[np.int64], ends: NDArray[np.int64], sources: tuple[Pieces, ...], size: int
) -> bytes:
    del size
    found: list[bytes | memoryview] = []
    blobs = [source.joined() for source in sources]
    places = [list(zip(one.begins.tolist(), (one.begins + one.lengths).tolist(), strict=True)) for one in sources]
    done = 0
    for record, (cut, end) in enumerate(zip(cuts.tolist(), ends.tolist(), strict=True)):
        found.append(text[done:cut])
        for blob, place in zip(blobs, places, strict=True):
            begin, stop = place[record]
            found.append(blob[begin:stop])
        done = end
    found.append(text[done:])
    return b"".join(found)


def _pieces_natively(
    text: bytes, cuts: NDArray[np.int64], ends: NDArray[np.int64], sources: tuple[Pieces, ...], size: int
) -> bytes:
    assert _LIBRARY is not None
    out = np.empty(max(size, 1), dtype=np.uint8)
    blobs = [np.frombuffer(source.joined() or b"\0", dtype=np.uint8) for source in sources]
    pointers = ctypes.c_void_p * len(sources)
    kept = [np.ascontiguousarray(array) for array in (np.frombuffer(text, dtype=np.uint8), cuts, ends)]
    _LIBRARY.assemble(
        ctypes.c_int64(len(cuts)),
        pointer(kept[0]),
        ctypes.c_int64(len(text)),
        pointer(kept[1]),
        pointer(kept[2]),
        ctypes.c_int64(len(sources)),
        pointers(*(pointer(blob).value for blob in blobs)),
        pointers(*(pointer(source.begins).value for source in sources)),
        pointers(*(pointer(source.lengths).value for source in sources)),
        pointer(out),
    )
    return out[:size].tobytes()
