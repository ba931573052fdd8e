"""What is added to the records of a block, and the text of the block with it."""

import ctypes

import numpy as np
from numpy.typing import NDArray

from annotator.columns import ID, INFO, Columns
from annotator.native import load, pointer, pointers, table
from annotator.room import Room
from annotator.texts import Texts

_LIBRARY = load()
_DOT = ord(".")

Integers = NDArray[np.int64]


class Pieces:
    """A text, perhaps empty, for each record; many records may share one."""

    def __init__(self, records: int) -> None:
        self._blobs: list[bytes | memoryview] = []
        self._size = 0
        self.begins = np.zeros(records, dtype=np.int64)
        self.lengths = np.zeros(records, dtype=np.int64)

    def put(self, records: Integers, *, text: bytes | memoryview, begins: Integers, ends: Integers) -> None:
        """Give records the pieces of a text."""
        self.begins[records] = self._size + begins
        self.lengths[records] = ends - begins
        self._blobs.append(text)
        self._size += len(text)

    def put_texts(self, records: Integers, texts: Texts) -> None:
        """Give each of these records a text."""
        self.put(records, text=texts.text.data, begins=texts.offsets[:-1], ends=texts.offsets[1:])

    def put_one(self, record: int, text: bytes) -> None:
        self.begins[record], self.lengths[record] = self._size, len(text)
        self._blobs.append(text)
        self._size += len(text)

    @property
    def is_empty(self) -> bool:
        """Whether no record was given anything."""
        return not self._blobs

    def joined(self) -> bytes | memoryview:
        """The text in which `begins` and `lengths` tell where the pieces are."""
        if len(self._blobs) > 1:
            self._blobs = [b"".join(self._blobs)]
        return self._blobs[0] if self._blobs else b""

    def of(self, record: int) -> bytes:
        begin = int(self.begins[record])
        return bytes(self.joined()[begin : begin + int(self.lengths[record])])


class Additions:
    """INFO texts and identifiers to add, by record of the block."""

    def __init__(self, columns: Columns, *, site_tracks: int = 0) -> None:
        self._columns = columns
        self.consequences = Pieces(len(columns))
        self.shared = Pieces(len(columns))  # consequences of several alleles of a record
        self.names = Pieces(len(columns))  # on the genome
        self.haplotypes = Pieces(len(columns))  # what alleles of several records do together
        self.regions = Pieces(len(columns))
        self.sites = tuple(Pieces(len(columns)) for _ in range(site_tracks))
        self.identifiers = Pieces(len(columns))
        begins, ends = columns.span(ID)
        self._lacks_id = (ends - begins == 1) & (columns.codes[begins] == _DOT)

    @property
    def texts(self) -> tuple[Pieces, ...]:
        """All that goes into INFO, in order; what no record has, but for consequences, is left out."""
        others = (self.shared, self.haplotypes, self.names, self.regions, *self.sites)
        return (self.consequences, *(one for one in others if not one.is_empty))

    def identify(self, records: Integers, *, text: bytes | memoryview, begins: Integers, ends: Integers) -> None:
        """Fill empty ID columns; an ID that is there is kept, and of several for a record the first counts."""
        is_lacking = self._lacks_id[records] & (self.identifiers.lengths[records] == 0) & (ends > begins)
        lacking = np.flatnonzero(is_lacking)[::-1]  # where a record comes again, what is put last stays
        if len(lacking):
            self.identifiers.put(records[lacking], text=text, begins=begins[lacking], ends=ends[lacking])

    def assemble(self, room: Room) -> tuple[bytes | memoryview, Integers]:
        """The block's text with all additions, and where in it each record begins; the last offset is its end.

        The text may stand in the room, and is good until that is cleared.
        """
        columns, texts = self._columns, self.texts
        begins, ends = columns.span(INFO)
        counts = sum(((one.lengths > 0).astype(np.int64) for one in texts), np.zeros(len(columns), dtype=np.int64))
        is_empty = (ends == begins) | ((ends - begins == 1) & (columns.codes[begins] == _DOT))
        is_empty &= counts > 0  # the first addition stands first in INFO, without a semicolon before it
        cuts = np.where(is_empty, begins, ends)
        added = sum((one.lengths for one in texts), counts - is_empty - (ends - cuts))
        added += np.maximum(self.identifiers.lengths - 1, 0)
        offsets = np.zeros(len(columns) + 1, dtype=np.int64)
        np.cumsum(added, out=offsets[1:])
        offsets[:-1] += columns.starts
        offsets[-1] += len(columns.text)
        if _LIBRARY is None:
            return self._write(cuts, ends, is_empty), offsets
        return self._write_natively(cuts, ends, is_empty, out=room.take(int(offsets[-1]))), offsets

    def _write(self, cuts: Integers, ends: Integers, is_empty: NDArray[np.bool_]) -> bytes:
        text = self._columns.text
        found: list[bytes | memoryview] = []
        done = 0
        places = self._columns.span(ID)[0].tolist()
        rows = zip(cuts.tolist(), ends.tolist(), is_empty.tolist(), strict=True)
        for record, (cut, end, is_first) in enumerate(rows):
            if identifier := self.identifiers.of(record):
                found += [text[done : places[record]], identifier]
                done = places[record] + 1
            added = b";".join([piece for one in self.texts if (piece := one.of(record))])
            found += [text[done:cut], b";" if added and not is_first else b"", added]
            done = end
        found.append(text[done:])
        return b"".join(found)

    def _write_natively(
        self, cuts: Integers, ends: Integers, is_empty: NDArray[np.bool_], *, out: NDArray[np.uint8]
    ) -> memoryview:
        assert _LIBRARY is not None
        columns, texts, identifiers = self._columns, self.texts, self.identifiers
        blobs = [np.frombuffer(one.joined() or b"\0", dtype=np.uint8) for one in texts]
        id_text = np.frombuffer(identifiers.joined() or b"\0", dtype=np.uint8)
        places = np.ascontiguousarray(columns.span(ID)[0])
        ends = np.ascontiguousarray(ends)
        _LIBRARY.assemble(
            ctypes.c_int64(len(cuts)),
            pointer(columns.codes),
            ctypes.c_int64(len(columns.text)),
            *pointers(places, id_text, identifiers.begins, identifiers.lengths, cuts, ends, is_empty),
            ctypes.c_int64(len(texts)),
            table(*blobs),
            table(*(one.begins for one in texts)),
            table(*(one.lengths for one in texts)),
            pointer(out),
        )
        return out.data
