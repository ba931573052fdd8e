"""Read a VCF in blocks of lines, in constant memory, with every fault of the container named.

Plain text, gzip and BGZF look the same to the caller.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self

from annotator.columns import count_lines
from annotator.errors import InvalidVcfError
from annotator.header import FIXED_COLUMNS, HeaderParser, VcfHeader, missing_chrom_line
from annotator.inspection import HEAD_BYTES, look_at
from annotator.limits import Limits
from annotator.record_faults import nul_byte
from annotator.sniffing import BGZF_EOF, is_bgzf, is_gzip
from annotator.unpacking import Unpacked, missing_end_mark
from annotator.wording import counted

BLOCK_BYTES = 1 << 20


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBlock:
    """Consecutive record lines with their ends (only the file's last may lack its own); never empty.

    `first_line` is the 1-based number of the first line, `number` that of the block, 0-based.
    """

    number: int
    first_line: int
    text: bytes


class VcfReader:
    """One pass over a VCF: `header` first, then `blocks()`."""

    def __init__(self, path: Path, *, limits: Limits) -> None:
        self._limits = limits
        self._raw: BinaryIO = path.open("rb")
        self.size_bytes = path.stat().st_size
        self._plain_bytes = 0
        self._carry = b""
        self._line = 1
        self._stream: _Readable = self._raw
        try:
            head = self._raw.read(HEAD_BYTES)
            self._stream = self._open_stream(path.name, head=head)
            self.header = self._read_header()
        except InvalidVcfError as fault:
            cause = self.blame(fault)
            self._raw.close()
            raise cause from None
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

    def blocks(self) -> Iterator[TextBlock]:
        """Give the record lines that follow the header, as many at a time as one block holds."""
        number = 0
        data = self._carry
        self._carry = b""
        while True:
            end = data.rfind(b"\n") + 1
            if end:
                text = b"".join((self._carry, memoryview(data)[:end]))
                self._check_line_lengths(text)
                yield TextBlock(number=number, first_line=self._line, text=text)
                number += 1
                self._line += count_lines(text)
                self._carry = data[end:]
            else:
                self._carry += data
            data = self._read_block()
            if not data:
                break
        if self._carry:
            yield TextBlock(number=number, first_line=self._line, text=self._carry)

    def blame(self, fault: InvalidVcfError) -> InvalidVcfError:
        """What to tell for a fault found while reading: damaged compression if that is behind it, else the fault."""
        damage = self._stream.damage(self._limits.max_blame_bytes) if isinstance(self._stream, Unpacked) else None
        return damage or fault

    def _open_stream(self, name: str, *, head: bytes) -> _Readable:
        self._raw.seek(0)
        first_look = look_at(head, file_name=name)
        self.compression = first_look.compression
        self.has_byte_order_mark = first_look.has_byte_order_mark
        if not is_gzip(head):
            return self._raw
        if is_bgzf(head):
            self._check_bgzf_end()
        return Unpacked(self._raw)

    def _check_bgzf_end(self) -> None:
        self._raw.seek(max(0, self.size_bytes - len(BGZF_EOF)))
        tail = self._raw.read()
        self._raw.seek(0)
        if tail != BGZF_EOF:
            raise missing_end_mark()

    def _read_header(self) -> VcfHeader:
        parser = HeaderParser()
        while True:
            data = self._read_block()
            if not data:
                break
            *lines, self._carry = (self._carry + data).split(b"\n")
            for index, line in enumerate(lines):
                self._check_samples(line, number=parser.line_count + 1)
                complete = parser.feed(line)
                self._line = parser.line_count + 1
                if complete:
                    self._carry = b"\n".join([*lines[index + 1 :], self._carry])
                    return parser.complete(newline=b"\r\n" if line.endswith(b"\r") else b"\n")
                if parser.line_count >= self._limits.max_header_lines:
                    limit = counted(self._limits.max_header_lines, "line")
                    raise _header_too_large(f"has more than {limit}", line=self._line)
            if self._plain_bytes > self._limits.max_header_bytes:
                limit = counted(self._limits.max_header_bytes, "byte")
                raise _header_too_large(f"is larger than {limit}", line=None)
        if self._carry:
            self._check_samples(self._carry, number=parser.line_count + 1)
            if parser.feed(self._carry):
                self._carry = b""
                return parser.complete(newline=b"\n")
        raise missing_chrom_line(line=parser.line_count)

    def _check_samples(self, line: bytes, *, number: int) -> None:
        if line.startswith(b"#CHROM") and line.count(b"\t") - len(FIXED_COLUMNS) > self._limits.max_samples:
            raise InvalidVcfError(
                "TOO_MANY_SAMPLES",
                message=f"The file has more than {counted(self._limits.max_samples, 'sample')}.",
                advice="Split the file by samples and send the parts.",
                line=number,
            )

    def _read_block(self) -> bytes:
        data = self._stream.read(BLOCK_BYTES)
        self._plain_bytes += len(data)
        self._check_size()
        if b"\0" in data:
            self._refuse_nul(data)
        return data

    def _check_size(self) -> None:
        limits = self._limits
        if self._plain_bytes > limits.max_uncompressed_bytes:
            raise InvalidVcfError(
                "TOO_LARGE",
                message=f"The uncompressed file is larger than {counted(limits.max_uncompressed_bytes, 'byte')}.",
                advice="Split the file by chromosome and send the parts.",
            )
        if len(self._carry) > limits.max_line_bytes:
            self._refuse_line(self._line)
        if self._plain_bytes > max(limits.ratio_from_bytes, self._raw.tell() * limits.max_compression_ratio):
            raise InvalidVcfError(
                "COMPRESSION_RATIO",
                message=f"The file unpacks to more than {limits.max_compression_ratio} times its size.",
                advice="No real VCF does that; send the file uncompressed if it is one.",
            )

    def _check_line_lengths(self, text: bytes) -> None:
        if len(text) > self._limits.max_line_bytes:
            for index, line in enumerate(text.split(b"\n")):
                if len(line) > self._limits.max_line_bytes:
                    self._refuse_line(self._line + index)

    def _refuse_line(self, line: int) -> None:
        raise InvalidVcfError(
            "LINE_TOO_LONG",
            message=f"The line is longer than {counted(self._limits.max_line_bytes, 'byte')}.",
            advice="Shorten the record, or split the file by samples.",
            line=line,
        )

    def _refuse_nul(self, data: bytes) -> None:
        before = self._carry + data[: data.index(b"\0")]
        raise nul_byte(before[before.rfind(b"\n") + 1 :], line=self._line + before.count(b"\n"))


def _header_too_large(what: str, *, line: int | None) -> InvalidVcfError:
    return InvalidVcfError(
        "HEADER_TOO_LARGE",
        message=f"The header {what}.",
        advice="Remove header lines that no record needs, such as contigs without records.",
        line=line,
    )
