"""Open a source of a reference: plain, gzip or bgzip, with progress and with faults told in plain words."""

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from gzip import BadGzipFile
from pathlib import Path
from typing import BinaryIO, cast

from isal import igzip, isal_zlib

from annotator.errors import InvalidReferenceError

Listener = Callable[[float], None]  # hears which fraction of a source has been read

_GZIP_MAGIC = b"\x1f\x8b"
_BUFFER_BYTES = 1 << 20
_open_gzip: Callable[[BinaryIO], io.RawIOBase] = igzip.open
_DeflateError = cast(type[Exception], isal_zlib.error)  # its stub takes the class for an instance


@contextmanager
def open_source(path: Path, *, progress: Listener = lambda _: None) -> Iterator[BinaryIO]:
    """Give the text of a file as a stream of bytes; raises InvalidReferenceError where it is missing or damaged."""
    try:
        with path.open("rb") as raw:
            is_gzip = raw.read(2) == _GZIP_MAGIC
            raw.seek(0)
            heard = cast(BinaryIO, io.BufferedReader(_Heard(raw, progress=progress), _BUFFER_BYTES))
            if is_gzip:
                with _open_gzip(heard) as unpacked:
                    yield cast(BinaryIO, io.BufferedReader(unpacked, _BUFFER_BYTES))
            else:
                yield heard
    except FileNotFoundError as error:
        raise InvalidReferenceError(f"There is no file {error.filename}.") from None
    except IsADirectoryError:
        raise InvalidReferenceError(f"{path} is a folder; a file is needed.") from None
    except EOFError:
        raise InvalidReferenceError(f"{path} is cut off: its gzip stream has no end. Fetch it again.") from None
    except (BadGzipFile, _DeflateError) as error:
        raise InvalidReferenceError(f"{path} is damaged: {error}. Fetch it again.") from error


class _Heard(io.RawIOBase):
    """A file that tells how much of it has been read."""

    def __init__(self, raw: BinaryIO, *, progress: Listener) -> None:
        self._raw = raw
        self._progress = progress
        self._size = max(os.fstat(raw.fileno()).st_size, 1)
        self._done = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        piece = self._raw.read(len(buffer))
        buffer[: len(piece)] = piece
        self._done += len(piece)
        self._progress(self._done / self._size)
        return len(piece)
