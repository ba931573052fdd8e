"""Write the site store of one contig, of any size: rows go to disk as soon as nothing can come before them."""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from annotator.array_stream import ArrayStream
from annotator.arrays import open_arrays, write_archive
from annotator.sites import Site, is_long, site_key

ARCHIVE_BYTES = 256 << 10  # a smaller store becomes one compressed archive, which takes 10 ms to open
MEMO_TEXTS = 1 << 19  # texts that are remembered, to be kept once
_BATCH_ROWS = 1 << 16

_Row = tuple[int, bytes, bytes, int, bytes]  # key, REF, ALT, dbSNP number, INFO text


class SiteWriter:
    """Collects sites that come nearly sorted; `flush` says how far they are complete.

    `identifier_field` names an INFO field that repeats the identifier; it costs nothing. A store that is large, and
    not `archived`, becomes a folder to be mapped.
    """

    def __init__(self, stem: Path, *, identifier_field: str = "", archived: bool = False) -> None:
        self.count = 0
        self._archived = archived
        self._stem = stem
        self._parts = stem.with_name(f"{stem.name}.parts")
        shutil.rmtree(self._parts, ignore_errors=True)
        self._parts.mkdir(parents=True)
        self._identifier_field = identifier_field.encode()
        self._waiting: list[_Row] = []
        self._columns = _Columns(self._parts)

    def __enter__(self) -> "SiteWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self._columns.close()
            shutil.rmtree(self._parts, ignore_errors=True)

    def add(self, site: Site) -> None:
        """Take a site; it must not lie before what has been flushed. Raises ValueError for an odd identifier."""
        key = site_key(site.position, site.ref, site.alt)
        self._waiting.append((key, site.ref, site.alt, _rs_number(site.identifier), site.text))
        self.count += 1

    def flush(self, *, before: int) -> None:
        """Write the sites that lie before this position; all that follow lie there or behind."""
        if len(self._waiting) < _BATCH_ROWS:
            return
        limit = before << 35
        self._waiting.sort()
        ready = [row for row in self._waiting if row[0] < limit]
        self._waiting = self._waiting[len(ready) :]
        self._columns.append(ready)

    def close(self) -> None:
        """Write the rest, and put the store in its place."""
        self._waiting.sort()
        self._columns.append(self._waiting)
        self._waiting = []
        self._columns.close()
        if self._identifier_field:
            np.save(self._parts / "identifier_field.npy", np.frombuffer(self._identifier_field, dtype=np.uint8))
        for name in self._columns.unused:
            (self._parts / f"{name}.npy").unlink()
        if self._archived or sum(path.stat().st_size for path in self._parts.iterdir()) < ARCHIVE_BYTES:
            write_archive(self._stem.with_name(f"{self._stem.name}.npz"), arrays=open_arrays(self._parts))
            shutil.rmtree(self._parts)
        else:
            self._parts.replace(self._stem)


def write_sites(path: Path, *, sites: Iterable[Site]) -> int:
    """Write the sites of one contig, in any order, as an archive; give their number."""
    with SiteWriter(path.with_suffix(""), archived=True) as writer:
        for site in sites:
            writer.add(site)
    return writer.count


class _Columns:
    """The arrays of a store, growing on disk."""

    def __init__(self, folder: Path) -> None:
        def stream(name: str, dtype: DTypeLike) -> ArrayStream:
            return ArrayStream(folder / f"{name}.npy", dtype=dtype)

        self._keys = stream("key", np.uint64)
        self._rs_numbers = stream("rs", np.uint32)
        self._text_of = stream("text", np.uint32)
        self._long_rows = stream("long", np.uint32)
        self._texts = _Texts(stream, offset="offset", blob="blob")
        self._alleles = _Texts(stream, offset="allele_offset", blob="allele")
        self._memo: dict[bytes, int] = {}
        self._has_rs_numbers = False
        self._has_texts = False

    @property
    def unused(self) -> list[str]:
        """Names of arrays that no row needs."""
        names = [] if self._has_rs_numbers else ["rs"]
        names += [] if self._has_texts else ["text", "offset", "blob"]
        return names + ([] if self._long_rows.length else ["long", "allele_offset", "allele"])

    def append(self, rows: list[_Row]) -> None:
        first = self._keys.length
        self._keys.append(np.array([row[0] for row in rows], dtype=np.uint64))
        numbers = np.array([row[3] for row in rows], dtype=np.uint32)
        self._rs_numbers.append(numbers)
        self._has_rs_numbers = self._has_rs_numbers or bool(numbers.any())
        self._text_of.append(np.array([self._number_of(row[4]) for row in rows], dtype=np.uint32))
        self._has_texts = self._has_texts or any(row[4] for row in rows)
        long_rows = [index for index, row in enumerate(rows) if is_long(row[0])]
        self._long_rows.append(np.array(long_rows, dtype=np.uint32) + np.uint32(first))
        for index in long_rows:
            self._alleles.add(rows[index][1] + b"\t" + rows[index][2])

    def close(self) -> None:
        for texts in (self._texts, self._alleles):
            texts.close()
        for column in (self._keys, self._rs_numbers, self._text_of, self._long_rows):
            column.close()

    def _number_of(self, text: bytes) -> int:
        number = self._memo.get(text)
        if number is None:
            if len(self._memo) >= MEMO_TEXTS:
                self._memo.clear()
            number = self._memo[text] = self._texts.add(text)
        return number


class _Texts:
    """Texts in one blob, with an offset for each and one behind the last."""

    def __init__(self, stream: Callable[[str, DTypeLike], ArrayStream], *, offset: str, blob: str) -> None:
        self._offsets = stream(offset, np.uint64)
        self._blob = stream(blob, np.uint8)
        self._offsets.append(np.zeros(1, dtype=np.uint64))
        self._waiting: list[bytes] = []
        self._count = 0

    def add(self, text: bytes) -> int:
        """Add a text and give its number."""
        self._waiting.append(text)
        if len(self._waiting) >= _BATCH_ROWS:
            self._write()
        self._count += 1
        return self._count - 1

    def close(self) -> None:
        self._write()
        self._offsets.close()
        self._blob.close()

    def _write(self) -> None:
        lengths: NDArray[Any] = np.array([len(text) for text in self._waiting], dtype=np.uint64)
        self._offsets.append(np.cumsum(lengths, dtype=np.uint64) + np.uint64(self._blob.length))
        self._blob.append(np.frombuffer(b"".join(self._waiting), dtype=np.uint8))
        self._waiting = []


def _rs_number(identifier: bytes) -> int:
    if not identifier:
        return 0
    if identifier[:2] != b"rs" or not identifier[2:].isdigit():
        raise ValueError(f"{identifier!r} is no dbSNP number")
    return int(identifier[2:])
