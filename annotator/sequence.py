"""The reference sequence, read through a window that moves along with sorted positions."""

from pathlib import Path

import pysam

from annotator.errors import InvalidReferenceError

WINDOW_BASES = 1 << 20


class Sequence:
    """A FASTA file with its index; holds one window of one contig in memory."""

    def __init__(self, path: Path) -> None:
        try:
            self._fasta = pysam.FastaFile(str(path))
        except (OSError, ValueError) as error:
            raise InvalidReferenceError(f"The sequence {path} cannot be opened: {error}.") from error
        self.lengths: dict[str, int] = dict(zip(self._fasta.references, self._fasta.lengths, strict=True))
        self._name = ""
        self._start = 0
        self._window = b""

    def bases(self, name: str, *, start: int, end: int) -> bytes:
        """Bases of the 0-based half-open interval [start, end), upper case."""
        offset = start - self._start
        if name != self._name or offset < 0 or end - self._start > len(self._window):
            self._name, self._start, offset = name, start, 0
            stop = min(max(end, start + WINDOW_BASES), self.lengths[name])
            self._window = self._fasta.fetch(name, start, stop).upper().encode()
        return self._window[offset : offset + end - start]
