"""What an annotation found, counted while it runs."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from annotator.alleles import is_transition, variant_class
from annotator.ontology import IMPACTS, TERMS, Term


@dataclass(slots=True, kw_only=True)
class Summary:
    """Counts of one annotation. A variant is one plain ALT allele; a record may hold several."""

    records_by_contig: Counter[str] = field(default_factory=Counter)
    classes: Counter[str] = field(default_factory=Counter)
    consequences: Counter[str] = field(default_factory=Counter)
    impacts: Counter[str] = field(default_factory=Counter)
    track_hits: Counter[str] = field(default_factory=Counter)
    transitions: int = 0
    transversions: int = 0
    identifiers_filled: int = 0

    def count_variant(self, ref: bytes, alt: bytes) -> None:
        """Count one normalised, upper-case allele."""
        kind = variant_class(ref, alt)
        self.classes[kind] += 1
        if kind == "SNV":
            if is_transition(ref, alt):
                self.transitions += 1
            else:
                self.transversions += 1

    def count_consequence(self, worst: Term) -> None:
        """Count one variant's most severe consequence."""
        self.consequences[worst.name] += 1
        self.impacts[worst.impact] += 1

    @property
    def ti_tv(self) -> float | None:
        """Transitions per transversion; None without a transversion."""
        return round(self.transitions / self.transversions, 3) if self.transversions else None

    def consequence_counts(self) -> dict[str, int]:
        """Variants by most severe consequence, the most severe first."""
        return {name: self.consequences[name] for name in TERMS if self.consequences[name]}

    def to_json(self) -> dict[str, Any]:
        return {
            "variants": self.classes.total(),
            "variants_by_class": dict(sorted(self.classes.items())),
            "variants_by_consequence": self.consequence_counts(),
            "variants_by_impact": {impact: self.impacts[impact] for impact in IMPACTS if self.impacts[impact]},
            "records_by_chromosome": dict(self.records_by_contig),
            "transitions": self.transitions,
            "transversions": self.transversions,
            "ti_tv": self.ti_tv,
            "hits_by_track": dict(sorted(self.track_hits.items())),
            "identifiers_filled": self.identifiers_filled,
        }
