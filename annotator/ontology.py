"""Consequence terms of the Sequence Ontology in Ensembl VEP's spelling, with VEP's order of severity and impact."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One consequence; rank 0 is the most severe."""

    name: str
    impact: str
    rank: int

    def __hash__(self) -> int:
        return self.rank  # each effect makes sets of terms, and a hash of all fields takes longer than all else of it


IMPACTS = ("HIGH", "MODERATE", "LOW", "MODIFIER")

# Order and impacts as Ensembl documents them for VEP 115.
_SEVERITY = """
transcript_ablation HIGH
splice_acceptor_variant HIGH
splice_donor_variant HIGH
stop_gained HIGH
frameshift_variant HIGH
stop_lost HIGH
start_lost HIGH
transcript_amplification HIGH
feature_elongation HIGH
feature_truncation HIGH
inframe_insertion MODERATE
inframe_deletion MODERATE
missense_variant MODERATE
protein_altering_variant MODERATE
splice_donor_5th_base_variant LOW
splice_region_variant LOW
splice_donor_region_variant LOW
splice_polypyrimidine_tract_variant LOW
incomplete_terminal_codon_variant LOW
start_retained_variant LOW
stop_retained_variant LOW
synonymous_variant LOW
coding_sequence_variant MODIFIER
mature_miRNA_variant MODIFIER
5_prime_UTR_variant MODIFIER
3_prime_UTR_variant MODIFIER
non_coding_transcript_exon_variant MODIFIER
intron_variant MODIFIER
NMD_transcript_variant MODIFIER
non_coding_transcript_variant MODIFIER
coding_transcript_variant MODIFIER
upstream_gene_variant MODIFIER
downstream_gene_variant MODIFIER
intergenic_variant MODIFIER
"""

TERMS = {
    name: Term(name=name, impact=impact, rank=rank)
    for rank, (name, impact) in enumerate(row.split() for row in _SEVERITY.split("\n") if row)
}
BY_RANK = tuple(TERMS.values())
