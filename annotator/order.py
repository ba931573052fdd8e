"""The order of records across blocks: each block is checked for itself, and how they follow each other here."""

from annotator.checking import Run, is_of_the_line
from annotator.contigs import ContigTable
from annotator.errors import InvalidVcfError
from annotator.limits import Limits
from annotator.reading import TextBlock
from annotator.records import RecordChecker


class BlockOrder:
    """Takes the runs of one block after the other."""

    def __init__(self, *, column_count: int, contigs: ContigTable, limits: Limits, keeps_bad_lines: bool) -> None:
        self._checker = RecordChecker(column_count=column_count, contigs=contigs, limits=limits)
        self._keeps_bad_lines = keeps_bad_lines

    def take(self, runs: tuple[Run, ...]) -> None:
        """Go on by these runs; raise InvalidVcfError where they cannot follow what was before."""
        for run in runs:
            self._checker.take_run(run.text, first=run.first_position, last=run.last_position, number=run.first_line)

    def first_fault(self, block: TextBlock, fault: InvalidVcfError) -> InvalidVcfError:
        """The first fault of a block in which `fault` was found without regard to what was before."""
        for number, line in enumerate(block.text.split(b"\n"), start=block.first_line):
            if number == fault.line:
                break
            try:
                self._checker.take(line, number=number)
            except InvalidVcfError as earlier:
                if not (self._keeps_bad_lines and is_of_the_line(earlier)):
                    return earlier
        return fault
