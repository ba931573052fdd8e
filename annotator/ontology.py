"""Consequence terms of the Sequence Ontology in Ensembl VEP's spelling, with VEP's order of severity and impact."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One consequence; rank 0 is the most severe."""

    name: str
    impact: str
    rank: int


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

_BCFTOOLS_NAMES = {
    "splice_acceptor": "splice_acceptor_variant",
    "splice_donor": "splice_donor_variant",
    "stop_gained": "stop_gained",
    "frameshift": "frameshift_variant",
    "stop_lost": "stop_lost",
    "start_lost": "start_lost",
    "inframe_insertion": "inframe_insertion",
    "inframe_deletion": "inframe_deletion",
    "inframe_altering": "protein_altering_variant",
    "protein_altering": "protein_altering_variant",
    "missense": "missense_variant",
    "splice_region": "splice_region_variant",
    "start_retained": "start_retained_variant",
    "stop_retained": "stop_retained_variant",
    "synonymous": "synonymous_variant",
    "coding_sequence": "coding_sequence_variant",
    "5_prime_utr": "5_prime_UTR_variant",
    "3_prime_utr": "3_prime_UTR_variant",
    "intron": "intron_variant",
    "non_coding": "non_coding_transcript_variant",
    "feature_elongation": "feature_elongation",
    "feature_truncation": "feature_truncation",
}


def term_of_bcftools(name: str) -> Term | None:
    """The term for a consequence as `bcftools csq` names it; None for one that has no place in VEP's list."""
    so_name = _BCFTOOLS_NAMES.get(name.removeprefix("*"))
    return TERMS[so_name] if so_name is not None else None


def most_severe(terms: list[Term]) -> Term:
    return min(terms, key=lambda term: term.rank)
