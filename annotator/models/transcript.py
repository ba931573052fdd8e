"""One transcript of a gene model. All coordinates are genomic, 1-based, and include both ends."""

from dataclasses import dataclass

Interval = tuple[int, int]  # first and last base

DECAYING = "nonsense_mediated_decay"  # a biotype


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """A transcript as the reference holds it; `exons` and `coding` are in genomic order, whatever the strand.

    Identifiers carry their version (`ENST00000357654.9`) where the source gives one.
    """

    id: str
    contig: str
    start: int
    end: int
    strand: int  # 1 or -1
    biotype: str
    gene_id: str  # without a version, as in VEP's Gene column
    symbol: str  # empty: the gene has no name
    protein_id: str  # empty: not coding, or the source does not say
    exons: tuple[Interval, ...]
    coding: tuple[Interval, ...]  # the coding parts of the exons, stop codon included; empty: not coding
    phase: int  # GFF3 phase of the first coding part in the transcript's direction: bases before the first whole codon
    is_canonical: bool
    mane_select: str  # RefSeq's identifier of the same transcript; empty: not MANE Select
    mane_plus_clinical: str
    start_incomplete: bool  # the beginning of the coding sequence is not known (cds_start_NF)
    end_incomplete: bool  # its end is not known (cds_end_NF)
    selenocysteines: tuple[int, ...]  # protein positions, 1-based, where TGA codes for selenocysteine
    mitochondrial: bool  # translated with NCBI's table 2

    @property
    def is_coding(self) -> bool:
        return bool(self.coding)
