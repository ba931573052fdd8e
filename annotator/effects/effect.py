"""What one allele does to one transcript, in the terms of Ensembl VEP's CSQ columns."""

from dataclasses import dataclass
from typing import Protocol

from annotator.ontology import Term


class ContigSequence(Protocol):
    """The bases of one contig."""

    @property
    def length(self) -> int: ...

    def bases(self, *, start: int, end: int) -> bytes:
        """Upper-case bases of the 0-based half-open interval [start, end), cut to the contig."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One allele on the reference's contig, verified against its sequence, upper case, without shared bases.

    `position` is the 1-based first base of `ref`; `ref` is empty for an insertion, which stands before `position`;
    `alt` is empty for a deletion. It stands where the file had it: neither left-aligned nor shifted.
    """

    position: int
    ref: str
    alt: str

    @property
    def end(self) -> int:
        """The last base that changes, 1-based; for an insertion `position - 1`, as VEP counts."""
        return self.position + len(self.ref) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One CSQ entry's own columns; a column that does not apply is empty. Numbers are 1-based."""

    terms: tuple[Term, ...]  # the most severe first
    exon: str = ""  # 2/5, or 2-3/5
    intron: str = ""
    hgvsc: str = ""
    hgvsp: str = ""
    cdna_position: str = ""
    cds_position: str = ""
    protein_position: str = ""
    amino_acids: str = ""
    codons: str = ""
    distance: str = ""  # bases to the transcript, for upstream and downstream
