"""Copy a FASTA file, in whatever form it comes, to a plain one with lines of one length and its index."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from annotator.building.opening import Listener, open_source
from annotator.errors import InvalidReferenceError
from annotator.quoting import excerpt

LINE_BASES = 60

_BLOCK_BYTES = 1 << 22
_HEADER = re.compile(rb"^>", re.MULTILINE)
_LINE_ENDS = b"\r\n"
_LETTERS = b"ACGTUNRYSWKMBDHVacgtunryswkmbdhv"
_NEWLINE = np.uint8(ord("\n"))


def sequence_lengths(path: Path, *, progress: Listener = lambda _: None) -> dict[str, int]:
    """Check a FASTA file and give the length of each of its sequences, in its order.

    Raises InvalidReferenceError, with the line, when it is not FASTA, holds a name twice or a sequence without bases.
    """
    lengths: dict[str, int] = {}
    for piece in _pieces(path, progress=progress):
        if piece.is_first:
            if piece.name in lengths:
                raise _fault(path, line=piece.line - 1, text=f"the name {excerpt(piece.name)} occurs twice")
            lengths[piece.name] = 0
        if strange := piece.bases.translate(None, _LETTERS):
            column = piece.bases.index(strange[:1])
            line = piece.line + piece.text[: piece.text.index(strange[:1])].count(b"\n")
            text = f"{excerpt(piece.bases[column : column + 20])} begins with a letter that stands for no base"
            raise _fault(path, line=line, text=text)
        lengths[piece.name] += len(piece.bases)
    for name, length in lengths.items():
        if not length:
            raise InvalidReferenceError(f"{path}: {excerpt(name)} has no bases.")
    if not lengths:
        raise InvalidReferenceError(f"{path} is empty; a FASTA file is needed.")
    return lengths


def copy_sequences(
    paths: Sequence[Path], *, names: Mapping[str, str], output: Path, progress: Listener = lambda _: None
) -> None:
    """Write the sequences of checked FASTA files under their new names, case kept, and the index `<output>.fai`."""
    rows: list[tuple[str, int, int]] = []
    with output.open("wb") as stream:
        writer: _Writer | None = None
        for number, path in enumerate(paths):
            # Each file counts as much as any other; a person only wants to see that it goes on.
            for piece in _pieces(path, progress=_part_of(progress, number=number, count=len(paths))):
                if piece.is_first:
                    if writer is not None:
                        rows.append(writer.finish())
                    writer = _Writer(stream, name=names[piece.name])
                if writer is not None:
                    writer.add(piece.bases)
        if writer is not None:
            rows.append(writer.finish())
    index = "".join(f"{name}\t{length}\t{offset}\t{LINE_BASES}\t{LINE_BASES + 1}\n" for name, length, offset in rows)
    output.with_name(f"{output.name}.fai").write_text(index, encoding="utf-8")


def _part_of(progress: Listener, *, number: int, count: int) -> Listener:
    return lambda part: progress((number + part) / count)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """A part of one sequence: `text` as it stands in the file from `line` on, `bases` without line ends."""

    name: str
    line: int
    is_first: bool
    text: bytes
    bases: bytes


class _Writer:
    """One sequence on its way into the file."""

    def __init__(self, stream: BinaryIO, *, name: str) -> None:
        self._stream = stream
        self._name = name
        stream.write(f">{name}\n".encode())
        self._offset = stream.tell()
        self._length = 0
        self._rest = b""

    def add(self, bases: bytes) -> None:
        self._length += len(bases)
        bases = self._rest + bases
        full = len(bases) // LINE_BASES * LINE_BASES
        lines = np.empty((full // LINE_BASES, LINE_BASES + 1), dtype=np.uint8)
        lines[:, :LINE_BASES] = np.frombuffer(bases, dtype=np.uint8, count=full).reshape(-1, LINE_BASES)
        lines[:, LINE_BASES] = _NEWLINE
        self._stream.write(lines.tobytes())
        self._rest = bases[full:]

    def finish(self) -> tuple[str, int, int]:
        """Name, length, and the offset of the first base in the file."""
        if self._rest:
            self._stream.write(self._rest + b"\n")
        return self._name, self._length, self._offset


def _pieces(path: Path, *, progress: Listener) -> Iterator[_Piece]:
    name: str | None = None
    line = 1
    with open_source(path, progress=progress) as stream:
        while block := stream.read(_BLOCK_BYTES) + stream.readline():
            parts = _HEADER.split(block)
            for number, part in enumerate(parts):
                header, _, text = part.partition(b"\n") if number else (b"", b"", part)
                if number:
                    name = _name_of(header, path=path, line=line)
                    line += 1
                if name is not None:
                    bases = text.translate(None, _LINE_ENDS)
                    yield _Piece(name=name, line=line, is_first=number > 0, text=text, bases=bases)
                elif part.strip():
                    raise _fault(path, line=line, text=f"FASTA begins with '>', but here is {excerpt(part[:200])}")
                line += text.count(b"\n")


def _name_of(header: bytes, *, path: Path, line: int) -> str:
    words = header.split(maxsplit=1)
    if not words or header[:1].isspace():
        raise _fault(path, line=line, text="a sequence has no name")
    try:
        return words[0].decode()
    except UnicodeDecodeError:
        raise _fault(path, line=line, text=f"the name {excerpt(words[0])} is not text") from None


def _fault(path: Path, *, line: int, text: str) -> InvalidReferenceError:
    return InvalidReferenceError(f"{path}, line {line}: {text}.")
