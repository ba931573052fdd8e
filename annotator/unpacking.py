"""Gzip and BGZF, decompressed; a broken stream is the file's fault, told in words a person knows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from gzip import BadGzipFile
from typing import BinaryIO, Protocol, cast

from isal import igzip, isal_zlib

from annotator.errors import InvalidVcfError

TRUNCATED = "TRUNCATED_GZIP"

_PIECE_BYTES = 1 << 20


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...

    def read1(self, size: int, /) -> bytes: ...


_open: Callable[[BinaryIO], _Stream] = igzip.open
_DeflateError = cast(type[Exception], isal_zlib.error)  # its stub takes the class for an instance


class Unpacked:
    """The text inside a gzip stream, all of its members; raises InvalidVcfError where it is cut off or damaged."""

    def __init__(self, raw: BinaryIO) -> None:
        self._stream = _open(raw)
        self._fault: InvalidVcfError | None = None  # None: none was met so far

    def read(self, size: int, /) -> bytes:
        """Give `size` bytes; fewer only at the end."""
        with self._faults_named():
            return self._stream.read(size)

    def read_some(self, size: int, /) -> bytes:
        """Give 1 to `size` bytes, so that a fault further on hides little of what comes before; none at the end."""
        with self._faults_named():
            return self._stream.read1(size)

    def damage(self, max_bytes: int, /) -> InvalidVcfError | None:
        """Give the fault of the stream, if there is one in what has been read or in the next `max_bytes` of text.

        A damaged stream yields garbage long before its checksum tells: its lines then look wrong in any way.
        """
        try:
            while self._fault is None and max_bytes > 0 and (piece := self.read(_PIECE_BYTES)):
                max_bytes -= len(piece)
        except InvalidVcfError as fault:
            return fault
        return self._fault

    @contextmanager
    def _faults_named(self) -> Iterator[None]:
        try:
            yield
        except EOFError:
            self._fault = InvalidVcfError(
                TRUNCATED,
                message="The compressed file ends in the middle.",
                advice="The copy or upload was cut off: send the file again.",
            )
            raise self._fault from None
        except (BadGzipFile, _DeflateError):
            self._fault = InvalidVcfError(
                "BROKEN_GZIP",
                message="The compressed file is damaged and cannot be decompressed.",
                advice="Compress or copy the file again.",
            )
            raise self._fault from None


def missing_end_mark() -> InvalidVcfError:
    """The refusal of a BGZF file that does not end with its empty block."""
    return InvalidVcfError(
        "TRUNCATED_BGZF",
        message="The file is compressed with bgzip but its end mark is missing, so it was cut off.",
        advice="Copy or upload the file again; if it is complete, run it through bgzip once more.",
    )
