"""Site annotations of one contig, found by exact allele: position, REF and ALT, all normalised.

Sorted 64-bit keys: 29 bits position, 1 bit kind, 34 bits allele. The key of a single-base change is the allele itself;
anything else is keyed by a checksum, so such a hit is compared with the stored allele text before it counts.

Beside the keys stand, row by row, the dbSNP number (0: none) and the number of the INFO text; texts are kept once
where they repeat. Only rows of longer alleles have an allele text. What no row needs is not there.
"""

import ctypes
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotator.arrays import Arrays, open_arrays
from annotator.native import load, pointers
from annotator.site_texts import SiteValues, named
from annotator.spans import Spans

_LIBRARY = load()

MAX_POSITION = 2**29 - 1  # what a key, and a tabix index, can hold

_SINGLE_BASE = {
    (ref, alt): number for number, (ref, alt) in enumerate((bytes([r]), bytes([a])) for r in b"ACGT" for a in b"ACGT")
}
_ALLELE_OF = list(_SINGLE_BASE)
_LONG_ALLELE = 1 << 34
_BASE_NUMBER = np.full(256, 255, dtype=np.uint8)
_BASE_NUMBER[np.frombuffer(b"ACGT", dtype=np.uint8)] = np.arange(4, dtype=np.uint8)
_NO_KEY = np.uint64(2**64 - 1)  # lies behind every position that a file may hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One annotated allele: 1-based position; `identifier` (`rs…`) may fill an empty ID column, `text` is INFO text."""

    position: int
    ref: bytes
    alt: bytes
    identifier: bytes
    text: bytes


def site_key(position: int, ref: bytes, alt: bytes) -> int:
    """The key of a normalised, upper-case allele."""
    number = _SINGLE_BASE.get((ref, alt))
    if number is not None:
        return position << 35 | number
    return position << 35 | _LONG_ALLELE | zlib.crc32(ref + b">" + alt)


def long_keys(positions: NDArray[np.int64], checksums: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """The keys of longer alleles, all at once: 1-based positions, and CRC-32 of `REF>ALT`."""
    return positions.astype(np.uint64) << np.uint64(35) | np.uint64(_LONG_ALLELE) | checksums


def is_long(key: int) -> bool:
    """Whether a key belongs to an allele that is no single-base change."""
    return bool(key & _LONG_ALLELE)


def snv_keys(positions: NDArray[np.int64], refs: NDArray[np.uint8], alts: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """The keys of single-base changes, all at once: 1-based positions, and bases as upper-case ASCII codes.

    Where either base is none of A, C, G and T, the key is one that no store holds.
    """
    ref_numbers, alt_numbers = _BASE_NUMBER[refs], _BASE_NUMBER[alts]
    keys = positions.astype(np.uint64) << np.uint64(35) | (ref_numbers << 2 | alt_numbers).astype(np.uint64)
    keys[(ref_numbers | alt_numbers) > 3] = _NO_KEY
    return keys


class SiteStore:
    """The sites of one contig."""

    def __init__(self, arrays: Arrays) -> None:
        self._keys: NDArray[np.uint64] = arrays.get("key", np.zeros(0, dtype=np.uint64))
        self._rs_numbers = arrays.get("rs")
        self._text_of = arrays.get("text")
        self._offsets = arrays.get("offset", np.zeros(1, dtype=np.uint32))
        self._blob = arrays.get("blob", np.zeros(0, dtype=np.uint8))
        self._long_rows = arrays.get("long", np.zeros(0, dtype=np.uint32))
        self._allele_offsets: NDArray[np.uint64] = arrays.get("allele_offset", np.zeros(1, dtype=np.uint64))
        self._alleles = arrays.get("allele", np.zeros(0, dtype=np.uint8))
        self._identifier_field = arrays.get("identifier_field", np.zeros(0, dtype=np.uint8)).tobytes()

    @classmethod
    def open(cls, stem: Path) -> "SiteStore":
        """Open the store at `stem`; a contig without a store has no sites."""
        return cls(open_arrays(stem))

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[Site]:
        """All sites, by position."""
        for row, key in enumerate(self._keys.tolist()):
            ref, alt = self._allele(row, key=key)
            identifier, text = self._values(row)
            yield Site(position=key >> 35, ref=ref, alt=alt, identifier=identifier, text=text)

    def matches(self, keys: NDArray[np.uint64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Indexes in `keys` of those that occur in the store, ascending, and the first row of each."""
        if not len(keys) or not len(self._keys):
            return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
        rows = np.searchsorted(self._keys, keys)
        hits = np.flatnonzero(self._keys[np.minimum(rows, len(self._keys) - 1)] == keys)
        return hits, rows[hits]

    def values(self, rows: NDArray[np.intp]) -> SiteValues:
        """What is known of rows whose keys are proof enough: those of single-base changes."""
        begins = ends = np.zeros(len(rows), dtype=np.int64)
        if self._text_of is not None:
            numbers = self._text_of[rows]
            begins, ends = self._offsets[numbers].astype(np.int64), self._offsets[numbers + 1].astype(np.int64)
        texts = Spans(text=self._blob, begins=begins, ends=ends)
        return named(None if self._rs_numbers is None else self._rs_numbers[rows], texts, field=self._identifier_field)

    def proved(self, keys: NDArray[np.uint64], rows: NDArray[np.intp], alleles: Spans) -> NDArray[np.intp]:
        """For keys of longer alleles, whose first rows are given, the rows that really hold these alleles; -1: none.

        An allele is written `REF` tab `ALT`.
        """
        if _LIBRARY is None:
            wanted = (allele.partition(b"\t") for allele in alleles.list())
            found = [self._row(row, ref=ref, alt=alt) for row, (ref, _, alt) in zip(rows.tolist(), wanted, strict=True)]
            return np.array([-1 if row is None else row for row in found], dtype=np.intp)
        result = np.empty(len(rows), dtype=np.intp)
        _LIBRARY.prove_alleles(
            ctypes.c_int64(len(rows)),
            *pointers(keys, rows, alleles.text, alleles.begins, alleles.ends, self._keys),
            ctypes.c_int64(len(self._keys)),
            *pointers(self._long_rows),
            ctypes.c_int64(len(self._long_rows)),
            *pointers(self._alleles, self._allele_offsets, result),
        )
        return result

    def _row(self, row: int, *, ref: bytes, alt: bytes) -> int | None:
        key = int(self._keys[row])
        while row < len(self._keys) and int(self._keys[row]) == key:
            if self._allele(row, key=key) == (ref, alt):
                return row
            row += 1
        return None

    def _allele(self, row: int, *, key: int) -> tuple[bytes, bytes]:
        if not is_long(key):
            return _ALLELE_OF[key & 15]
        number = int(np.searchsorted(self._long_rows, self._long_rows.dtype.type(row)))
        found = self._alleles[int(self._allele_offsets[number]) : int(self._allele_offsets[number + 1])].tobytes()
        ref, _, alt = found.partition(b"\t")
        return ref, alt

    def _values(self, row: int) -> tuple[bytes, bytes]:
        number = 0 if self._rs_numbers is None else int(self._rs_numbers[row])
        return self._named(number, b"" if self._text_of is None else self._text(int(self._text_of[row])))

    def _named(self, rs_number: int, text: bytes) -> tuple[bytes, bytes]:
        if not rs_number:
            return b"", text
        identifier = b"rs%d" % rs_number
        if not self._identifier_field:
            return identifier, text
        named = self._identifier_field + b"=" + identifier
        return identifier, named + b";" + text if text else named

    def _text(self, number: int) -> bytes:
        return self._blob[int(self._offsets[number]) : int(self._offsets[number + 1])].tobytes()
