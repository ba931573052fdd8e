"""Every record of the input, accounted for: read = annotated + passed + rejected.

A worker counts its chunk in a Ledger of its own; the main process merges them in the order of the file. Any way of
cutting the file gives the same ledger.
"""

from collections import Counter
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

from annotator.columns import MOST_DIGITS
from annotator.errors import InvalidVcfError
from annotator.quoting import excerpt


class Fate(bytes, Enum):
    """What became of a record; one byte, so that a whole file's fates are a short byte string."""

    ANNOTATED = b"A"  # alleles compared with the sequence, all annotation applies
    TRACKS_ONLY = b"T"  # no sequence to compare with: tracks and sites only
    PASSED = b"P"  # nothing that could be annotated; copied unchanged
    REJECTED = b"R"  # contradicts the reference; copied unchanged


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """One rejected record, or a line that is none; what it quotes from the file went through `quoting.excerpt`."""

    line: int
    contig: str
    position: int | None  # None: the line does not tell
    reason: str
    detail: str
    text: str = ""  # the beginning of the line


@dataclass(slots=True, kw_only=True)
class Ledger:
    """Counts of records by fate and reason; the first rejections, by line, in full."""

    max_listed: int
    annotated: int = 0
    passed: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    verified: int = 0  # records whose REF was compared with the reference sequence and agrees
    _rejections: list[Rejection] = field(default_factory=list)

    @property
    def records_read(self) -> int:
        return self.annotated + self.passed.total() + self.rejected.total()

    @property
    def listed(self) -> list[Rejection]:
        return sorted(self._rejections, key=lambda rejection: rejection.line)[: self.max_listed]

    def reject(self, rejection: Rejection) -> None:
        """Count a record that contradicts the reference."""
        self.rejected[rejection.reason] += 1
        self._list([rejection])

    def reject_line(self, text: bytes, *, fault: InvalidVcfError) -> None:
        """Count a line that is no record, with what is wrong with it."""
        contig, _, rest = text.partition(b"\t")
        position = rest.partition(b"\t")[0]
        self.reject(
            Rejection(
                line=fault.line or 0,
                contig=excerpt(contig),
                position=int(position) if position.isdigit() and len(position) <= MOST_DIGITS else None,
                reason=fault.code,
                detail=fault.message,
                text=excerpt(text),
            )
        )

    @property
    def bad_lines(self) -> int:
        """Lines that are no records; they are rejected, and not part of the result."""
        return self.rejected.total() - self.rejected["REF_MISMATCH"]

    def merge(self, later: "Ledger") -> None:
        """Add the ledger of a later part of the file."""
        self.annotated += later.annotated
        self.verified += later.verified
        self.passed.update(later.passed)
        self.rejected.update(later.rejected)
        self.notes.update(later.notes)
        self._list(later._rejections)

    def _list(self, rejections: list[Rejection]) -> None:
        """Keep those that stand first in the file; there may be far more than are listed."""
        self._rejections += rejections
        if len(self._rejections) > 2 * self.max_listed:
            self._rejections = self.listed

    def to_json(self) -> dict[str, Any]:
        listed = self.listed
        return {
            "records_read": self.records_read,
            "annotated": self.annotated,
            "verified": self.verified,
            "passed": self.passed.total(),
            "rejected": self.rejected.total(),
            "passed_by_reason": dict(sorted(self.passed.items())),
            "rejected_by_reason": dict(sorted(self.rejected.items())),
            "notes": dict(sorted(self.notes.items())),
            "reason_texts": {
                reason: REASONS[reason]
                for reason in sorted({*self.passed, *self.rejected, *self.notes})
                if reason in REASONS
            },
            "rejections": [asdict(rejection) for rejection in listed],
            "rejections_listed": len(listed),
        }


REASONS = {
    "AUXILIARY_CONTIG": "On an alternate, unplaced or decoy sequence, which the reference does not annotate",
    "NO_ALTERNATE_ALLELE": "No ALT allele",
    "OVERLAPPING_DELETION": "The only ALT allele is *, a deletion described in another record",
    "REFERENCE_BLOCK": "A block of reference calls (gVCF)",
    "BREAKEND": "A breakend of a structural variant",
    "SYMBOLIC_ALLELE": "A symbolic allele such as <DEL>",
    "AMBIGUOUS_BASES": "ALT holds N, so the change is unknown",
    "SAME_AS_REF": "ALT is the same as REF",
    "UNKNOWN_ALLELE": "ALT is not an allele of the VCF specification",
    "REF_MISMATCH": "REF differs from the reference sequence",
    "NO_SEQUENCE": "The reference has no sequence here: REF was not compared, there is no consequence",
    "REFERENCE_IS_N": "The reference sequence is unknown (N) here: REF could not be compared",
    "NO_MODELS": "The reference has no transcript models for this contig: there is no consequence",
    "SOME_ALLELES_PASSED": "Annotated, but one of several ALT alleles is not made of plain bases",
    "STRUCTURAL": "Passed through, with what can be said of a symbolic allele or breakend without its bases",
    "HAPLOTYPES": "Part of what several variants on the same copy of a chromosome do together",
    "HAPLOTYPES_CUT": "Places within coding sequences across which variants were not judged together, for want of room",
    "HAPLOTYPES_LEFT_OUT": "Variants on the same copies that are not told of together: one record has too many such",
    "FIELD_LEFT_OUT": "The record already carries an INFO key of ours that its header does not declare",
}
