"""Consequences as they are put into the text of records."""

from annotator.csq import COLUMNS
from tests.annotator.vcf import Runner, rcrs, record


class TestBreakends:
    def test_end_no_entry_whatever_the_column_holds(self, run: Runner) -> None:
        (row,) = run([record("MT", 3460, rcrs(3460, 3460), ";.")]).rows
        (csq,) = [item for item in row[7].split(";") if item.startswith("CSQ=")]
        assert {entry.count("|") for entry in csq.split(",")} == {COLUMNS.count("|")}
        assert csq.startswith("CSQ=%3B.|")
