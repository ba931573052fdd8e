"""Site annotations of one contig, found by exact allele: position, REF and ALT, all normalised.

Sorted 64-bit keys: 29 bits position, 1 bit kind, 34 bits allele. A single-base change is its own key; anything else
is keyed by a checksum, so every hit is compared with the stored allele text before it counts.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.arrays import open_arrays, pack_texts, write_archive

MAX_POSITION = 2**29 - 1  # what a key, and a tabix index, can hold

_SINGLE_BASE = {
    (ref, alt): number for number, (ref, alt) in enumerate((bytes([r]), bytes([a])) for r in b"ACGT" for a in b"ACGT")
}
_LONG_ALLELE = 1 << 34
_BASE_NUMBER = np.full(256, 255, dtype=np.uint8)
_BASE_NUMBER[np.frombuffer(b"ACGT", dtype=np.uint8)] = np.arange(4, dtype=np.uint8)
_NO_KEY = np.uint64(2**64 - 1)  # lies behind every position that a file may hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One annotated allele: 1-based position; `identifier` may fill an empty ID column, `text` is INFO text."""

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

    def __init__(self, arrays: dict[str, NDArray[Any]]) -> None:
        self._keys = arrays.get("key", np.zeros(0, dtype=np.uint64))
        self._offsets = arrays.get("offset", np.zeros(1, dtype=np.uint32))
        self._blob = arrays.get("blob", np.zeros(0, dtype=np.uint8))

    @classmethod
    def open(cls, stem: Path) -> "SiteStore":
        """Open the store at `stem`; a contig without a store has no sites."""
        return cls(open_arrays(stem))

    def __iter__(self) -> Iterator[Site]:
        """All sites, by position."""
        for row, key in enumerate(self._keys.tolist()):
            found = self._blob[int(self._offsets[row]) : int(self._offsets[row + 1])].tobytes()
            ref, alt, identifier, text = found.split(b"\t", 3)
            yield Site(position=key >> 35, ref=ref, alt=alt, identifier=identifier, text=text)

    def candidates(self, keys: Sequence[int] | NDArray[np.uint64]) -> dict[int, int]:
        """For the keys that occur in the store, give index in `keys` -> first row; see `read` for the proof."""
        wanted = np.asarray(keys, dtype=np.uint64)
        if not len(wanted) or not len(self._keys):
            return {}
        rows = np.searchsorted(self._keys, wanted)
        rows_inside = np.minimum(rows, len(self._keys) - 1)
        hits = np.flatnonzero(self._keys[rows_inside] == wanted)
        return dict(zip(hits.tolist(), rows[hits].tolist(), strict=True))

    def read(self, row: int, *, ref: bytes, alt: bytes) -> tuple[bytes, bytes] | None:
        """Give (identifier, INFO text) of the first row from `row` on with the same key and really this allele."""
        key = self._keys[row]
        while row < len(self._keys) and self._keys[row] == key:
            found = self._blob[int(self._offsets[row]) : int(self._offsets[row + 1])].tobytes()
            stored_ref, stored_alt, identifier, text = found.split(b"\t", 3)
            if stored_ref == ref and stored_alt == alt:
                return identifier, text
            row += 1
        return None


def write_sites(path: Path, *, sites: Iterable[Site]) -> int:
    """Sort the sites of one contig by key and write its store; give their number."""
    keyed = sorted((site_key(site.position, site.ref, site.alt), _row(site)) for site in sites)
    offset, blob = pack_texts([row for _, row in keyed])
    keys = np.array([key for key, _ in keyed], dtype=np.uint64)
    write_archive(path, arrays={"key": keys, "offset": offset, "blob": blob})
    return len(keyed)


def _row(site: Site) -> bytes:
    return b"\t".join((site.ref, site.alt, site.identifier, site.text))
