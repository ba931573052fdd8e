"""Read a VCF in blocks of lines, in constant memory, with every fault of the container named.

Plain text, gzip and BGZF look the same to the caller.
"""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self

from isal import igzip

from annotator.errors import InvalidVcfError
from annotator.header import HeaderParser, VcfHeader, missing_chrom_line
from annotator.inspection import HEAD_BYTES, inspect_head, refuse_old_line_ends
from annotator.limits import Limits
from annotator.sniffing import BGZF_EOF, is_bgzf, is_gzip

BLOCK_BYTES = 1 << 20


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


_open_gzip: Callable[[BinaryIO], _Readable] = igzip.open


@dataclass(frozen=True, slots=True, kw_only=True)
class LineBlock:
    """Consecutive record lines without `\\n`; `first_line` is the 1-based number of the first."""

    first_line: int
    lines: list[bytes]


class VcfReader:
    """One pass over a VCF: `header` first, then `blocks()`."""

    def __init__(self, path: Path, *, limits: Limits) -> None:
        self._limits = limits
        self._raw: BinaryIO = path.open("rb")
        self.size_bytes = path.stat().st_size
        self._plain_bytes = 0
        self._carry = b""
        self._line = 1
        self.ends_with_newline = True
        try:
            head = self._raw.read(HEAD_BYTES)
            self._stream: _Readable = self._open_stream(path.name, head=head)
            self.header = self._read_header()
        except BaseException:
            self._raw.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._raw.close()

    @property
    def fraction(self) -> float:
        """How much of the file has been read, 0 to 1."""
        return self._raw.tell() / self.size_bytes if self.size_bytes else 1.0

    def blocks(self) -> Iterator[LineBlock]:
        """Give the record lines that follow the header."""
        data = b""
        while True:
            *lines, self._carry = (self._carry + data).split(b"\n")
            self._check_line_length(lines)
            if lines:
                yield LineBlock(first_line=self._line, lines=lines)
                self._line += len(lines)
            data = self._read_block()
            if not data:
                break
        if self._carry:
            self.ends_with_newline = False
            yield LineBlock(first_line=self._line, lines=[self._carry])

    def _open_stream(self, name: str, *, head: bytes) -> _Readable:
        self._raw.seek(0)
        self.compression = inspect_head(head, file_name=name).compression
        if not is_gzip(head):
            return self._raw
        if is_bgzf(head):
            self._check_bgzf_end()
        return _open_gzip(self._raw)

    def _check_bgzf_end(self) -> None:
        self._raw.seek(max(0, self.size_bytes - len(BGZF_EOF)))
        tail = self._raw.read()
        self._raw.seek(0)
        if tail != BGZF_EOF:
            raise InvalidVcfError(
                "TRUNCATED_BGZF",
                message="The file is compressed with bgzip but its end mark is missing, so it was cut off.",
                advice="Copy or upload the file again; if it is complete, run it through bgzip once more.",
            )

    def _read_header(self) -> VcfHeader:
        parser = HeaderParser()
        while True:
            data = self._read_block()
            if not data:
                break
            refuse_old_line_ends(data)
            *lines, self._carry = (self._carry + data).split(b"\n")
            for index, line in enumerate(lines):
                if parser.feed(line):
                    self._line = parser.line_count + 1
                    self._carry = b"\n".join([*lines[index + 1 :], self._carry])
                    return parser.complete(newline=b"\r\n" if line.endswith(b"\r") else b"\n")
            if self._plain_bytes > self._limits.max_header_bytes:
                raise self._too_large("HEADER_TOO_LARGE", "header", self._limits.max_header_bytes)
        if self._carry and parser.feed(self._carry):
            self._carry = b""
            return parser.complete(newline=b"\n")
        raise missing_chrom_line(line=parser.line_count)

    def _read_block(self) -> bytes:
        try:
            data = self._stream.read(BLOCK_BYTES)
        except EOFError:
            raise InvalidVcfError(
                "TRUNCATED_GZIP",
                message="The compressed file ends in the middle.",
                advice="The copy or upload was cut off: send the file again.",
            ) from None
        except (OSError, zlib.error, ValueError) as error:
            if not isinstance(error, igzip.BadGzipFile | zlib.error | ValueError):
                raise
            raise InvalidVcfError(
                "BROKEN_GZIP",
                message="The compressed file is damaged and cannot be decompressed.",
                advice="Compress or copy the file again.",
            ) from None
        self._plain_bytes += len(data)
        self._check_size()
        if b"\0" in data:
            self._refuse_nul(data)
        return data

    def _check_size(self) -> None:
        limits = self._limits
        if self._plain_bytes > limits.max_uncompressed_bytes:
            raise self._too_large("TOO_LARGE", "uncompressed file", limits.max_uncompressed_bytes)
        if len(self._carry) > limits.max_line_bytes:
            self._refuse_line(self._line)
        if self._plain_bytes > max(limits.ratio_from_bytes, self._raw.tell() * limits.max_compression_ratio):
            raise InvalidVcfError(
                "COMPRESSION_RATIO",
                message=f"The file unpacks to more than {limits.max_compression_ratio} times its size.",
                advice="No real VCF does that; send the file uncompressed if it is one.",
            )

    def _check_line_length(self, lines: list[bytes]) -> None:
        if len(max(lines, key=len, default=b"")) > self._limits.max_line_bytes:
            longest = next(i for i, line in enumerate(lines) if len(line) > self._limits.max_line_bytes)
            self._refuse_line(self._line + longest)

    def _refuse_line(self, line: int) -> None:
        raise InvalidVcfError(
            "LINE_TOO_LONG",
            message=f"The line is longer than {self._limits.max_line_bytes:,} bytes.",
            advice="Shorten the record, or split the file by samples.",
            line=line,
        )

    def _refuse_nul(self, data: bytes) -> None:
        line = self._line + data[: data.index(b"\0")].count(b"\n")
        raise InvalidVcfError(
            "NUL_BYTE",
            message="The line holds a NUL byte, which no text file has.",
            advice="The file is damaged: export or copy it again.",
            line=line,
        )

    def _too_large(self, code: str, what: str, limit: int) -> InvalidVcfError:
        return InvalidVcfError(
            code,
            message=f"The {what} is larger than {limit:,} bytes.",
            advice="Split the file by chromosome and send the parts.",
        )
