"""The records of a block of lines, checked all at once; only when something is wrong, line by line.

Whatever can be known from the lines themselves and the reference's contigs is checked here. The order of blocks is the
caller's to check, with `Run`.
"""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.builds import is_auxiliary_contig
from annotator.columns import (
    ALT,
    CHROM,
    REF,
    Columns,
    find_columns,
    gather,
    read_positions,
    starts_of_runs,
)
from annotator.contigs import ContigTable
from annotator.errors import EngineError, InvalidVcfError
from annotator.limits import Limits
from annotator.manifest import Contig
from annotator.reading import TextBlock
from annotator.records import RecordChecker, check_reach
from annotator.sites import MAX_POSITION

_FORMAT = 8
_IS_REF_BASE = np.isin(np.arange(256), np.frombuffer(b"ACGTNacgtn", dtype=np.uint8))
_REACH = re.compile(rb"END=|LEN")

_FAULTS_OF_THE_FILE = frozenset({"NOT_SORTED", "CONTIG_IN_TWO_BLOCKS", "TOO_MANY_CONTIGS", "HEADER_AFTER_RECORDS"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Consecutive records of one block on one contig: [begin, end) among the block's records, 0-based."""

    text: bytes  # what the file calls the contig
    contig: Contig | None  # None: an auxiliary contig, which the reference does not annotate
    begin: int
    end: int
    first_line: int
    first_position: int
    last_position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """A line that is not a record, with what is wrong with it."""

    text: bytes
    fault: InvalidVcfError


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedBlock:
    """The sound records of a block."""

    columns: Columns
    positions: NDArray[np.int64]  # 1-based
    line_numbers: NDArray[np.int64]  # 1-based lines of the file
    runs: tuple[Run, ...]
    bad_lines: tuple[BadLine, ...] = ()


def is_of_the_line(fault: InvalidVcfError) -> bool:
    """Whether a fault tells of its line alone; a file with any other is refused whatever a person chose."""
    return fault.code not in _FAULTS_OF_THE_FILE


class BlockChecker:
    """Checks blocks of lines, each for itself."""

    def __init__(
        self, *, column_count: int, contigs: ContigTable, limits: Limits, keeps_bad_lines: bool = False
    ) -> None:
        self._column_count = column_count
        self._contigs = contigs
        self._limits = limits
        self._keeps_bad_lines = keeps_bad_lines

    def check(self, block: TextBlock) -> CheckedBlock:
        """Check all lines; raise InvalidVcfError at the first fault, unless bad lines are to be set apart."""
        text = block.text if block.text.endswith(b"\n") else block.text + b"\n"
        checked = self._check_at_once(text, first_line=block.first_line)
        if checked is not None:
            return checked
        sound, bad = self._check_lines(text.split(b"\n")[:-1], first_line=block.first_line)
        kept = np.flatnonzero(sound)
        if len(kept) == len(sound):
            raise EngineError(f"The lines from {block.first_line} on are sound one by one, but not together.")
        lines = text.splitlines(keepends=True) if b"\r" not in text else re.findall(rb"[^\n]*\n", text)
        kept_text = b"".join(lines[index] for index in kept.tolist())
        rest = self._check_at_once(kept_text, first_line=block.first_line, kept=kept, bad=bad)
        if rest is None:
            raise EngineError(f"The lines from {block.first_line} on cannot be read without the bad ones.")
        return rest

    def _check_at_once(
        self, text: bytes, *, first_line: int, kept: NDArray[Any] | None = None, bad: tuple[BadLine, ...] = ()
    ) -> CheckedBlock | None:
        """The checked block, made of the lines `kept` (0-based; None: all); None when one of them is at fault."""
        columns = find_columns(text, tab_count=self._column_count - 1)
        positions = None if columns is None else read_positions(columns)
        if columns is None or positions is None:
            return None
        numbers = first_line + (np.arange(len(columns)) if kept is None else kept)
        runs = self._runs(columns, positions, numbers)
        if runs is None or not self._are_sound(columns, positions, runs):
            return None
        return CheckedBlock(columns=columns, positions=positions, line_numbers=numbers, runs=runs, bad_lines=bad)

    def _runs(self, columns: Columns, positions: NDArray[np.int64], numbers: NDArray[Any]) -> tuple[Run, ...] | None:
        """The runs of a block; None when a contig is not known, comes twice, or is not in order."""
        runs: list[Run] = []
        begins = starts_of_runs(columns, CHROM) if len(columns) else []
        for begin, end in pairwise([*begins, len(columns)]):
            text = columns.field(begin, CHROM)
            name = text.decode("utf-8", "replace")
            contig = self._contigs.find(name)
            if not text or len(text) > self._limits.max_contig_name_bytes or text.startswith(b"#"):
                return None
            if contig is None and not is_auxiliary_contig(name):
                return None
            if np.any(np.diff(positions[begin:end]) < 0):
                return None
            first, last = int(positions[begin]), int(positions[end - 1])
            first_line = int(numbers[begin])
            runs.append(
                Run(
                    text=text,
                    contig=contig,
                    begin=begin,
                    end=end,
                    first_line=first_line,
                    first_position=first,
                    last_position=last,
                )
            )
        sequences = {run.contig.name if run.contig else run.text for run in runs}
        return tuple(runs) if len(sequences) == len(runs) <= self._limits.max_contigs else None

    def _are_sound(self, columns: Columns, positions: NDArray[np.int64], runs: tuple[Run, ...]) -> bool:
        begins, ends = columns.span(REF)
        lengths = ends - begins
        last_bases = positions + lengths - 1
        for run in runs:
            longest = run.contig.length if run.contig else MAX_POSITION
            if last_bases[run.begin : run.end].max() > longest:
                return False
        bases = gather(columns.codes, begins, np.maximum(lengths, 1))  # an empty REF shows its tab here
        if not np.all(_IS_REF_BASE[bases]):
            return False
        return self._alleles_fit(columns, lengths) and self._reaches_fit(columns, positions)

    def _alleles_fit(self, columns: Columns, ref_lengths: NDArray[Any]) -> bool:
        """Whether no record asks for more comparing of alleles than is allowed."""
        begins, ends = columns.span(ALT)
        most = ends - begins + 1  # alleles, should ALT be nothing but commas
        suspects = np.flatnonzero(ref_lengths * most > self._limits.max_allele_bytes)
        return all(
            ref_lengths[line] * (columns.field(line, ALT).count(b",") + 1) <= self._limits.max_allele_bytes
            for line in suspects.tolist()
            if ends[line] - begins[line] > 1
        )

    def _reaches_fit(self, columns: Columns, positions: NDArray[np.int64]) -> bool:
        """Whether no END, SVLEN or LEN reaches beyond what an index can hold."""
        if not (columns.has_key(b"END") or columns.has_key(b"SVLEN") or _has_length(columns)):
            return True
        offsets = [match.start() for match in _REACH.finditer(columns.text)]
        for line in np.unique(np.searchsorted(columns.starts, offsets, side="right") - 1).tolist():
            rest = columns.text[int(columns.tabs[line, 4]) + 1 : int(columns.ends[line])]
            try:
                check_reach(int(positions[line]), rest, line)
            except InvalidVcfError:
                return False
        return True

    def _check_lines(self, lines: list[bytes], *, first_line: int) -> tuple[list[bool], tuple[BadLine, ...]]:
        """Check line by line: which are sound, and what is wrong with the others.

        Lines behind the first one that is more than a file may have are left out: the file will be refused.
        """
        checker = RecordChecker(column_count=self._column_count, contigs=self._contigs, limits=self._limits)
        sound: list[bool] = []
        bad: list[BadLine] = []
        for number, line in enumerate(lines, start=first_line):
            if len(bad) > self._limits.max_bad_lines:
                break
            try:
                checker.take(line, number=number)
            except InvalidVcfError as fault:
                if not (self._keeps_bad_lines and is_of_the_line(fault)):
                    raise
                bad.append(BadLine(text=line, fault=fault))
                sound.append(False)
            else:
                sound.append(True)
        return sound, tuple(bad)


def _has_length(columns: Columns) -> bool:
    """Whether FORMAT has LEN in any line."""
    if columns.tabs.shape[1] <= _FORMAT:
        return False
    return any(b"LEN" in columns.field(line, _FORMAT) for line in starts_of_runs(columns, _FORMAT))
