"""Every record of the input, accounted for: read = annotated + passed + rejected."""

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Fate(bytes, Enum):
    """What became of a record; one byte, so that a whole file's fates are a short byte string."""

    ANNOTATED = b"A"  # alleles compared with the sequence, all annotation applies
    TRACKS_ONLY = b"T"  # no sequence to compare with: tracks and sites only
    PASSED = b"P"  # nothing that could be annotated; copied unchanged
    REJECTED = b"R"  # contradicts the reference; copied unchanged


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """One rejected record."""

    line: int
    contig: str
    position: int
    reason: str
    detail: str


@dataclass(slots=True, kw_only=True)
class Ledger:
    """Counts of records by fate and reason; the first rejections in full."""

    max_listed: int
    annotated: int = 0
    passed: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    verified: int = 0
    listed: list[Rejection] = field(default_factory=list)

    @property
    def records_read(self) -> int:
        return self.annotated + self.passed.total() + self.rejected.total()

    def reject(self, rejection: Rejection) -> None:
        self.rejected[rejection.reason] += 1
        if len(self.listed) < self.max_listed:
            self.listed.append(rejection)

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
        self.listed += later.listed[: self.max_listed - len(self.listed)]

    def to_json(self) -> dict[str, Any]:
        return {
            "records_read": self.records_read,
            "annotated": self.annotated,
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
            "rejections": [
                {
                    "line": rejection.line,
                    "contig": rejection.contig,
                    "position": rejection.position,
                    "reason": rejection.reason,
                    "detail": rejection.detail,
                }
                for rejection in self.listed
            ],
            "rejections_listed": len(self.listed),
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
    "FIELD_LEFT_OUT": "The record already carries an INFO key of ours that its header does not declare",
}
