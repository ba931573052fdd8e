"""Blocks that end only where no coding transcript is open, for what looks at the variants of a transcript together.

Blocks come as they are read, cut by size; lines are moved from one to the next, so that none of the new borders lies
between two records that touch the same coding sequence, first coding base to last. Where that would make a block too
large, it is cut all the same, and counted. The borders follow from the file and the reference alone.
"""

from bisect import bisect_right
from collections.abc import Iterator

from annotator.columns import MOST_DIGITS
from annotator.errors import InvalidVcfError
from annotator.models.coding import CodingParts
from annotator.reading import TextBlock
from annotator.reference import Reference

MOST_BYTES = 32 << 20  # of a block that waits for a border


class WholeTranscripts:
    """Regroups the blocks of one file; `forced_cuts` counts borders within a coding sequence that size has forced."""

    def __init__(self, reference: Reference, *, most_bytes: int) -> None:
        self._reference = reference
        self._most_bytes = most_bytes
        self.forced_cuts = 0
        self._contig = b""
        self._firsts: list[int] = []  # of the stretches from first to last coding base, 1-based
        self._lasts: list[int] = []
        self._reached = 0  # last base of any record of the contig so far
        self._open_until = 0  # end of the stretch that has been reached
        self._was_forced = False

    def blocks(self, blocks: Iterator[TextBlock]) -> Iterator[TextBlock]:
        """Give the same lines in other blocks; a fault of the reader comes after the lines before it."""
        held: list[bytes] = []
        size = number = line = 0
        try:
            for block in blocks:
                line = line or block.first_line
                cut = self._last_border(block.text)
                if cut is not None:
                    text = b"".join((*held, block.text[:cut]))
                    held, size = [], 0
                    if text:
                        yield TextBlock(number=number, first_line=line, text=text)
                        number, line = number + 1, line + text.count(b"\n")
                rest = block.text[cut or 0 :]
                held.append(rest)
                size += len(rest)
                if size > self._most_bytes:
                    text = b"".join(held)
                    held, size = [], 0
                    self._was_forced = True
                    yield TextBlock(number=number, first_line=line, text=text)
                    number, line = number + 1, line + text.count(b"\n")
        except InvalidVcfError:
            if held:
                yield TextBlock(number=number, first_line=line, text=b"".join(held))
            raise
        if held:
            yield TextBlock(number=number, first_line=line, text=b"".join(held))

    def _last_border(self, text: bytes) -> int | None:
        """Where the last line begins that a block may begin with; None where there is no such line."""
        found: int | None = None
        at = 0
        for row in text.split(b"\n"):
            if self._is_border(row):
                found = at
            elif self._was_forced:
                self.forced_cuts += 1
            self._was_forced = False
            at += len(row) + 1
        return found

    def _is_border(self, row: bytes) -> bool:
        """Whether no coding sequence is open before this line; a line that is no record changes nothing."""
        contig, _, rest = row.partition(b"\t")
        position, _, rest = rest.partition(b"\t")
        if not position.isdigit() or len(position) > MOST_DIGITS:
            return False
        first = int(position)
        is_border = contig != self._contig or first > self._open_until + 1
        if contig != self._contig:
            self._enter(contig)
        last = first + len(rest.split(b"\t", 2)[1 if b"\t" in rest else 0]) - 1
        if last > self._reached:
            self._reached = last
            at = bisect_right(self._firsts, last + 1) - 1
            self._open_until = self._lasts[at] if at >= 0 else 0
        return is_border

    def _enter(self, name: bytes) -> None:
        self._contig = name
        self._reached = self._open_until = 0
        contig = self._reference.contig(name.decode("utf-8", "replace"))
        self._firsts, self._lasts = [], []
        if contig is not None and self._reference.has_models(contig):
            spans = CodingParts(self._reference.models(contig)).spans
            self._firsts, self._lasts = spans.firsts.tolist(), spans.lasts.tolist()
