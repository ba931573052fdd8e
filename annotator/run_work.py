"""One run of records while it is annotated: what is known of it, and what its block collects."""

from dataclasses import dataclass

from annotator.additions import Additions
from annotator.checking import CheckedBlock, Run
from annotator.columns import ALT
from annotator.effects.genomic_names import Genome
from annotator.findings import ContigFindings
from annotator.ledger import Ledger
from annotator.manifest import Track
from annotator.regions import RegionStore
from annotator.room import Room
from annotator.rows import Rows
from annotator.sequence import ContigBases
from annotator.sites import SiteStore
from annotator.summary import Summary
from annotator.verdicts import Alleles, Verdicts


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """All that the reference has about one contig."""

    sequence: ContigBases | None = None
    findings: ContigFindings | None = None
    genome: Genome | None = None  # None: alleles get no names on it
    regions: RegionStore
    sites: tuple[tuple[Track, SiteStore], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWork:
    """One run while it is annotated, and what its block collects."""

    checked: CheckedBlock
    run: Run
    verdicts: Verdicts
    place: Place
    additions: Additions
    ledger: Ledger
    summary: Summary
    rows: Rows
    room: Room  # for texts that last until the block is finished

    def bases(self, alleles: Alleles, number: int) -> tuple[bytes, bytes]:
        """REF and ALT of an allele, upper case, without what they share."""
        text = self.checked.columns.text
        ref, alt = int(alleles.ref_begins[number]), int(alleles.alt_begins[number])
        ref_end, alt_end = ref + int(alleles.ref_lengths[number]), alt + int(alleles.alt_lengths[number])
        return text[ref:ref_end].upper(), text[alt:alt_end].upper()

    def alt_count(self, record: int) -> int:
        return self.checked.columns.field(record, ALT).count(b",") + 1
