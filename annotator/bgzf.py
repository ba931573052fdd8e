"""Write BGZF (blocked gzip, as `bgzip` does) on a thread of its own: deflate releases the interpreter lock."""

import contextlib
import queue
import struct
import threading
import zlib
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from isal import isal_zlib

from annotator.errors import InvalidVcfError
from annotator.sniffing import BGZF_EOF
from annotator.wording import counted

BLOCK_BYTES = 65_280  # what bgzip puts into one block

_LEVEL = 2
_RAW_DEFLATE = -15
_HEADER = struct.Struct("<4BI2BH2BHH")
_TRAILER = struct.Struct("<II")
_QUEUED_WRITES = 16
_HEADER_AND_TRAILER_BYTES = 26


class BgzfWriter:
    """A BGZF file that grows; bounded by `max_bytes`."""

    def __init__(self, path: Path, *, max_bytes: int) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._queue: queue.Queue[bytes | None] = queue.Queue(_QUEUED_WRITES)
        self._closed = threading.Event()
        self._written_bytes = 0
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="bgzf", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed.set()
        self._queue.put(None)
        self._thread.join()
        if kind is None:
            self._raise_failure()

    def write(self, data: bytes) -> None:
        """Append; a failure of the writing thread comes up here or when the file is closed."""
        self._raise_failure()
        self._queue.put(data)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            self._write_all()
        except BaseException as error:
            self._failure = error
            self._drain()

    def _drain(self) -> None:
        while not self._closed.is_set() or not self._queue.empty():  # let the producer go on until it notices
            with contextlib.suppress(queue.Empty):
                self._queue.get(timeout=0.05)

    def _write_all(self) -> None:
        rest = b""
        with self._path.open("wb") as stream:
            while (data := self._queue.get()) is not None:
                rest += data
                whole = len(rest) // BLOCK_BYTES * BLOCK_BYTES
                for start in range(0, whole, BLOCK_BYTES):
                    self._put(stream, _block(rest[start : start + BLOCK_BYTES]))
                rest = rest[whole:]
            if rest:
                self._put(stream, _block(rest))
            self._put(stream, BGZF_EOF)

    def _put(self, stream: BinaryIO, data: bytes) -> None:
        self._written_bytes += stream.write(data)
        if self._written_bytes > self._max_bytes:
            raise _output_too_large(self._max_bytes)


def _block(data: bytes) -> bytes:
    deflate = isal_zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW_DEFLATE)
    body = deflate.compress(data) + deflate.flush()
    size = len(body) + _HEADER_AND_TRAILER_BYTES - 1
    header = _HEADER.pack(31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, size)
    return bytes(header + body + _TRAILER.pack(isal_zlib.crc32(data), len(data)))


def _output_too_large(limit: int) -> InvalidVcfError:
    return InvalidVcfError(
        "OUTPUT_TOO_LARGE",
        message=f"The annotated file would be larger than {counted(limit, 'byte')}.",
        advice="Split the file by chromosome and send the parts.",
    )
