"""What one plain variant does to one transcript, in the terms and columns of Ensembl VEP."""

from annotator.effects.coding import CODING_SEQUENCE, coding_terms
from annotator.effects.codons import codon_change
from annotator.effects.effect import Effect, Variant
from annotator.effects.genetic_code import reverse_complement
from annotator.effects.naming import NAMED, Naming
from annotator.effects.placing import Placement, exon_numbers, intron_numbers, span
from annotator.effects.protein_names import protein_name
from annotator.effects.splicing import Splicing, splicing_of
from annotator.effects.transcript_names import slide, transcript_name
from annotator.effects.view import TranscriptView
from annotator.models.transcript import DECAYING, Transcript
from annotator.ontology import TERMS, Term

FLANK_BASES = 5_000

UPSTREAM = TERMS["upstream_gene_variant"]
DOWNSTREAM = TERMS["downstream_gene_variant"]
UTR_5 = TERMS["5_prime_UTR_variant"]
UTR_3 = TERMS["3_prime_UTR_variant"]
NON_CODING_EXON = TERMS["non_coding_transcript_exon_variant"]
NON_CODING = TERMS["non_coding_transcript_variant"]
CODING = TERMS["coding_transcript_variant"]
NMD = TERMS["NMD_transcript_variant"]
ABLATION = TERMS["transcript_ablation"]


def effect_of(variant: Variant, view: TranscriptView, *, naming: Naming = NAMED) -> Effect | None:
    """This function will say what a variant does to a transcript; None: it lies more than 5,000 bases away."""
    transcript = view.transcript
    if variant.end < transcript.start or variant.position > transcript.end:
        return flank_effect(variant.position, variant.end, transcript)
    placement = Placement(variant.position, variant.end, view)
    is_covered = variant.position <= transcript.start and variant.end >= transcript.end
    if is_covered and len(variant.alt) < len(variant.ref):
        return Effect(terms=(ABLATION,), exon=exon_numbers(placement, view), intron=intron_numbers(placement, view))
    splicing = splicing_of(variant, placement, view)
    alt = variant.alt if view.is_forward else reverse_complement(variant.alt)
    change = codon_change(placement, view, alt=alt) if placement.in_coding else None
    terms = _terms(placement, view, splicing)
    if placement.in_coding:
        terms |= coding_terms(placement, view, change=change, alt=alt, same_length=len(variant.ref) == len(alt))
    if not terms:
        terms.add(CODING if view.is_coding else NON_CODING)
    if view.is_coding and transcript.biotype == DECAYING:
        terms.add(NMD)
    hgvsc = hgvsp = ""
    if naming.hgvs:
        slid, steps = slide(variant, view)
        if variant.position >= transcript.start and variant.end <= transcript.end:
            hgvsc = transcript_name(variant, slid, view)
        if view.is_coding and placement.near_exon and _within_coding(placement, view):
            hgvsp = protein_name(
                slid, placement, view, steps=steps, change=change, terms=terms, parentheses=naming.parentheses
            )
    return Effect(
        terms=tuple(sorted(terms, key=_rank)),
        exon=exon_numbers(placement, view),
        intron=intron_numbers(placement, view),
        hgvsc=hgvsc,
        hgvsp=hgvsp,
        cdna_position=span(placement.cdna_start, placement.cdna_end),
        cds_position=span(placement.cds_start, placement.cds_end),
        protein_position=span(placement.protein_start, placement.protein_end),
        amino_acids=change.amino_acids if change else "",
        codons=change.codons(len(variant.ref)) if change else "",
    )


def flank_effect(start: int, end: int, transcript: Transcript) -> Effect | None:
    """This function will say how far in front of or behind a transcript something lies; None: too far."""
    before = end < transcript.start
    if end < transcript.start - FLANK_BASES or start > transcript.end + FLANK_BASES:
        return None
    distance = min(abs(mine - its) for mine in (start, end) for its in (transcript.start, transcript.end))
    is_upstream = before == (transcript.strand > 0)
    return Effect(terms=(UPSTREAM if is_upstream else DOWNSTREAM,), distance=str(distance))


def _rank(term: Term) -> int:
    return term.rank


def _terms(placement: Placement, view: TranscriptView, splicing: Splicing | None) -> set[Term]:
    """This function will find all terms but those for the protein."""
    terms: set[Term] = set()
    in_short_intron = False
    if splicing is not None:
        terms |= splicing.terms
        in_short_intron = splicing.in_short_intron
    if view.is_coding:
        if placement.cdna_start is not None or placement.cdna_end is not None or placement.in_exon or in_short_intron:
            _add_utrs(placement, view, terms)
        if in_short_intron and not placement.in_coding and _within_coding(placement, view):
            terms.add(CODING_SEQUENCE)
    elif placement.in_exon:
        terms.add(NON_CODING_EXON)
    else:
        terms.add(NON_CODING)
    return terms


def _add_utrs(placement: Placement, view: TranscriptView, terms: set[Term]) -> None:
    start, end = placement.start, placement.end
    before = start < view.coding_first and end >= view.transcript.start
    behind = end > view.coding_last and start <= view.transcript.end
    if start > end:
        before = end < view.coding_first
        behind = start > view.coding_last
    if before:
        terms.add(UTR_5 if view.is_forward else UTR_3)
    if behind:
        terms.add(UTR_3 if view.is_forward else UTR_5)


def _within_coding(placement: Placement, view: TranscriptView) -> bool:
    """This function will say whether a base, or one beside an insertion, lies between the ends of the coding bases."""
    low, high = placement.start, placement.end
    if low > high:
        low, high = high, low
    return high >= view.coding_first and low <= view.coding_last
