"""What a bad or an odd file is to a test."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.annotator.vcf import COLUMN_LINE, rcrs, record

GOOD = record("chr1", 1000, "A", "G")
SEND_VCF = "Send a VCF file: plain text, or compressed with gzip or bgzip."
UNIX_ENDS = "Save the file with Unix line ends (LF)."
BUILD_ADVICE = "Send the file on GRCh38, or lift it over first, for example with Picard's LiftoverVcf."


@dataclass(frozen=True, slots=True, kw_only=True)
class BadFile:
    """One file, and the refusal that it meets."""

    name: str  # of the case, as the documentation's table has it
    build: Callable[[], bytes]
    code: str
    message: str
    advice: str
    line: int | None = None
    column: str | None = None
    in_head: bool = True  # the first look at the upload sees it; otherwise only the engine does
    file_name: str = "input.vcf"

    @property
    def data(self) -> bytes:
        return self.build()


@dataclass(frozen=True, slots=True, kw_only=True)
class FineFile:
    """One file that looks odd and is fine: what the ledger counts, and what the log remarks on it."""

    name: str
    build: Callable[[], bytes]
    annotated: int
    passed: int = 0
    rejected: int = 0
    remark: str = ""  # empty: there is nothing to remark
    file_name: str = "input.vcf"

    @property
    def data(self) -> bytes:
        return self.build()


def header_with(line: str, *, records: str = GOOD) -> str:
    return f"##fileformat=VCFv4.2\n{line}\n{COLUMN_LINE}\n{records}"


def wrong_bases(start: int, count: int) -> str:
    positions = range(start, start + count)
    return "".join(record("MT", at, "C" if rcrs(at, at) != "C" else "T", "G") for at in positions)


def right_bases(start: int, count: int) -> str:
    positions = range(start, start + count)
    return "".join(record("MT", at, rcrs(at, at), "A" if rcrs(at, at) != "A" else "C") for at in positions)
