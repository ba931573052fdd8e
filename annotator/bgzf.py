"""Write BGZF: gzip in blocks of at most 64 KiB, as `bgzip` does, so that an index can point into the file.

A worker calls `compress_chunk` on the text of its records; `BgzfFile` then only strings the chunks together. A chunk
is compressed without looking at its neighbours, so the bytes depend on where the text is cut, never on who did it.

A virtual offset is (where a block begins in the file) * 65,536 + (where the record begins in the block's text).
Format: SAM/BAM specification, section 4.1.
"""

import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from annotator.errors import InvalidVcfError
from annotator.sniffing import BGZF_EOF
from annotator.wording import counted

BLOCK_BYTES = 65_280  # what bgzip puts into one block

_LEVEL = 1
_RAW = -isal_zlib.MAX_WBITS  # without a header and a checksum of its own
_ZEROS = bytes(8)
_HEADER = struct.Struct("<4BI2BH2BHH")
_STORED = struct.Struct("<BHH")  # the last block of a stream, not compressed: RFC 1951, section 3.2.4
_TRAILER = struct.Struct("<II")
_HEADER_AND_TRAILER_BYTES = 26


@dataclass(frozen=True, slots=True, kw_only=True)
class CompressedChunk:
    """Whole BGZF blocks; `text_starts` and `block_starts` say where each begins, in the text and in `data`.

    Both have one entry more than there are blocks: the end.
    """

    data: bytes
    text_starts: NDArray[np.int64]
    block_starts: NDArray[np.int64]

    def virtual_offsets(self, offsets: NDArray[np.int64], *, at: int) -> NDArray[np.int64]:
        """This function will turn offsets in the text into virtual ones, for a chunk that begins at byte `at`.

        The offset behind the last byte of a block is the first of the next one.
        """
        block = np.searchsorted(self.text_starts, offsets, side="right") - 1
        return ((at + self.block_starts[block]) << 16) | (offsets - self.text_starts[block])


def compress_chunk(text: bytes | memoryview) -> CompressedChunk:
    """This function will compress a text into BGZF blocks of its own; the same text gives the same bytes."""
    starts = range(0, len(text), BLOCK_BYTES)
    view = memoryview(text)
    blocks = [_block(view[start : start + BLOCK_BYTES]) for start in starts]
    return CompressedChunk(
        data=b"".join(blocks),
        text_starts=np.array([*starts, len(text)], np.int64),
        block_starts=np.cumsum([0, *map(len, blocks)], dtype=np.int64),
    )


class BgzfFile:
    """A BGZF file that grows by compressed chunks; bounded by `max_bytes`.

    When it was closed without an error, `size_bytes` and `sha256` tell what is on the disk.
    """

    def __init__(self, path: Path, *, max_bytes: int) -> None:
        self._stream = path.open("wb")
        self._max_bytes = max_bytes
        self._hash = hashlib.sha256()
        self.size_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._stream:
            if kind is None:
                self._put(BGZF_EOF)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def append(self, chunk: CompressedChunk) -> int:
        """Write a chunk and give the byte of the file at which it begins; raise InvalidVcfError past `max_bytes`."""
        at = self.size_bytes
        self._put(chunk.data)
        return at

    def _put(self, data: bytes) -> None:
        self.size_bytes += len(data)
        if self.size_bytes > self._max_bytes:
            raise _output_too_large(self._max_bytes)
        self._hash.update(data)
        self._stream.write(data)


def _block(text: memoryview) -> bytes:
    body = _deflated(text)
    size = len(body) + _HEADER_AND_TRAILER_BYTES - 1
    header = _HEADER.pack(31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, size)
    return b"".join((header, body, _TRAILER.pack(isal_zlib.crc32(text), len(text))))


def _deflated(text: memoryview) -> bytes:
    """Compress a text so that the same text gives the same bytes, on all x86-64 processors that have SSE 4.2.

    Where a stream begins, levels 1 and 2 of ISA-L (2.32.1) look for the third byte under a key that they take from an
    address in memory: about once in 6,000 blocks that changes what is written. They do not when a dictionary comes
    before the text. Ours is of zeros, so a text without zeros never refers to it and is unpacked without it. A text
    with zeros (an index) gets level 0, which lacks that fault, but makes noise larger.
    """
    if np.frombuffer(text, np.uint8).min():
        return _pack(text, isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, _RAW, zdict=_ZEROS))
    body = _pack(text, isal_zlib.compressobj(0, isal_zlib.DEFLATED, _RAW))
    return body if len(body) < len(text) else b"".join((_STORED.pack(1, len(text), len(text) ^ 0xFFFF), text))


def _pack(text: memoryview, compressor: isal_zlib.Compress) -> bytes:
    return compressor.compress(text) + compressor.flush()


def _output_too_large(limit: int) -> InvalidVcfError:
    return InvalidVcfError(
        "OUTPUT_TOO_LARGE",
        message=f"The annotated file would be larger than {counted(limit, 'byte')}.",
        advice="Split the file by chromosome and send the parts.",
    )
