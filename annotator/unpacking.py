"""Gzip and BGZF, decompressed; a broken stream is the file's fault, told in words a person knows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from gzip import BadGzipFile
from typing import BinaryIO, Protocol, cast

from isal import igzip, isal_zlib

from annotator.errors import InvalidVcfError

TRUNCATED = "TRUNCATED_GZIP"


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...

    def read1(self, size: int, /) -> bytes: ...


_open: Callable[[BinaryIO], _Stream] = igzip.open
_DeflateError = cast(type[Exception], isal_zlib.error)  # its stub takes the class for an instance


class Unpacked:
    """The text inside a gzip stream, all of its members; raises InvalidVcfError where it is cut off or damaged."""

    def __init__(self, raw: BinaryIO) -> None:
        self._stream = _open(raw)

    def read(self, size: int, /) -> bytes:
        """Give `size` bytes; fewer only at the end."""
        with _faults_named():
            return self._stream.read(size)

    def read_some(self, size: int, /) -> bytes:
        """Give 1 to `size` bytes, so that a fault further on hides little of what comes before; none at the end."""
        with _faults_named():
            return self._stream.read1(size)


@contextmanager
def _faults_named() -> Iterator[None]:
    try:
        yield
    except EOFError:
        raise InvalidVcfError(
            TRUNCATED,
            message="The compressed file ends in the middle.",
            advice="The copy or upload was cut off: send the file again.",
        ) from None
    except (BadGzipFile, _DeflateError):
        raise InvalidVcfError(
            "BROKEN_GZIP",
            message="The compressed file is damaged and cannot be decompressed.",
            advice="Compress or copy the file again.",
        ) from None
