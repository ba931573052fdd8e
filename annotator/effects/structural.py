"""What can be said of symbolic alleles and breakends: which parts of a transcript they cover, in VEP's terms.

The bases of such alleles are not known, so nothing is said of codons or names, and splice sites are not judged. As in
VEP, an allele that takes away or doubles a whole transcript is only that; one that reaches into it shortens (deletion)
or lengthens it (duplication, insertion) and has the terms of every part that it covers. A breakend is judged where it
lies: it cuts the transcript there.
"""

from dataclasses import dataclass
from enum import StrEnum

from annotator.effects.effect import Effect
from annotator.effects.placing import Placement, exon_numbers, intron_numbers, span
from annotator.effects.transcripts import NMD, NON_CODING, NON_CODING_EXON, UTR_3, UTR_5, flank_effect
from annotator.effects.view import TranscriptView
from annotator.models.transcript import DECAYING
from annotator.ontology import TERMS, Term

ABLATION = TERMS["transcript_ablation"]
AMPLIFICATION = TERMS["transcript_amplification"]
TRUNCATION = TERMS["feature_truncation"]
ELONGATION = TERMS["feature_elongation"]
CODING_SEQUENCE = TERMS["coding_sequence_variant"]
CODING = TERMS["coding_transcript_variant"]
INTRON = TERMS["intron_variant"]
START_LOST = TERMS["start_lost"]
STOP_LOST = TERMS["stop_lost"]
FRAMESHIFT = TERMS["frameshift_variant"]
INFRAME_DELETION = TERMS["inframe_deletion"]


class StructuralKind(StrEnum):
    """What happens to the bases of the span."""

    DELETION = "DEL"
    DUPLICATION = "DUP"
    INSERTION = "INS"
    INVERSION = "INV"
    COPY_NUMBER = "CNV"  # gained or lost: not known
    BREAKEND = "BND"


_KINDS = {
    "DEL": StructuralKind.DELETION,
    "DUP": StructuralKind.DUPLICATION,
    "INS": StructuralKind.INSERTION,
    "INV": StructuralKind.INVERSION,
    "CNV": StructuralKind.COPY_NUMBER,
}
_REFERENCE_COPIES = 1  # `<CN0>` and its like count the copies on one allele, as the 1000 Genomes have introduced them
_OF_THE_WHOLE = {StructuralKind.DELETION: ABLATION, StructuralKind.DUPLICATION: AMPLIFICATION}
# VEP's terms for them, and for kinds of them; a mobile element is named where it is one of these.
_TERMS = {
    "DEL": "deletion",
    "DUP": "duplication",
    "DUP:TANDEM": "tandem_duplication",
    "INS": "insertion",
    "INV": "inversion",
    "CNV": "copy_number_variation",
    "CNV:TR": "tandem_duplication",
    "CN0": "deletion",
    "CN2": "duplication",
}
_MOBILE_ELEMENTS = {"ALU": "Alu", "HERV": "HERV", "L1": "LINE1", "LINE1": "LINE1", "SVA": "SVA"}
_MOBILE = ("DEL:ME", "INS:ME")
_LENGTHENING = (StructuralKind.DUPLICATION, StructuralKind.INSERTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuralVariant:
    """A span of bases, 1-based, both ends included; what lies between two bases has `start = end + 1`, as in VEP."""

    kind: StructuralKind
    start: int
    end: int


def structural_variant(*, position: int, alt: str, end: int | None, length: int | None) -> StructuralVariant | None:
    """This function will read a symbolic allele or breakend at a VCF position; None: it is of no kind known here.

    `end` and `length` are INFO's END and SVLEN (of this allele, signed or not) where the record has them; without
    both, one base is covered. The base at `position` is the one before the event.
    """
    if "[" in alt or "]" in alt or alt.startswith(".") or alt.endswith("."):
        return StructuralVariant(kind=StructuralKind.BREAKEND, start=position, end=position)
    kind = _kind_of(alt)
    if kind is None:
        return None
    if kind == StructuralKind.INSERTION:
        return StructuralVariant(kind=kind, start=position + 1, end=position)
    last = end if end is not None else position + abs(length) if length is not None else position + 1
    return StructuralVariant(kind=kind, start=position + 1, end=max(last, position + 1))


def allele_term(*, alt: str, told_type: str) -> str:
    """This function will give VEP's Allele column of a symbolic allele, `deletion` for `<DEL>`; a breakend's is ALT.

    `told_type` is INFO's SVTYPE, empty where the record has none; as in VEP it comes before ALT, if it is known.
    """
    if not (alt.startswith("<") and alt.endswith(">")):
        return alt
    return _term(told_type.upper()) or _term(alt[1:-1].upper()) or alt


def structural_effect(variant: StructuralVariant, view: TranscriptView) -> Effect | None:
    """This function will say what a structural variant does to a transcript; None: it lies too far away."""
    transcript = view.transcript
    if variant.end < transcript.start or variant.start > transcript.end:
        return flank_effect(variant.start, variant.end, transcript)
    placement = Placement(variant.start, variant.end, view)
    exon, intron = exon_numbers(placement, view), intron_numbers(placement, view)
    whole = _OF_THE_WHOLE.get(variant.kind)
    if whole is not None and variant.start <= transcript.start and variant.end >= transcript.end:
        return Effect(terms=(whole,), exon=exon, intron=intron)
    terms = _covered(placement, view) | _consequent(variant, placement, view)
    if FRAMESHIFT in terms or INFRAME_DELETION in terms:
        terms.discard(CODING_SEQUENCE)
    if not terms:
        terms.add(CODING if view.is_coding else NON_CODING)
    if view.is_coding and transcript.biotype == DECAYING:
        terms.add(NMD)
    return Effect(
        terms=tuple(sorted(terms, key=lambda term: term.rank)),
        exon=exon,
        intron=intron,
        cdna_position=span(placement.cdna_start, placement.cdna_end),
        cds_position=span(placement.cds_start, placement.cds_end),
        protein_position=span(placement.protein_start, placement.protein_end),
    )


def _kind_of(alt: str) -> StructuralKind | None:
    """This function will read `<DEL>`, `<DUP:TANDEM>`, `<INS:ME:ALU>`, `<CN0>` and their like."""
    if not (alt.startswith("<") and alt.endswith(">")):
        return None
    name = alt[1:-1].upper()
    head = name.split(":", 1)[0]
    if head in _KINDS:
        return _KINDS[head]
    copies = name.removeprefix("CN").removeprefix("=")
    if name.startswith("CN") and copies.isdigit():
        if int(copies) == _REFERENCE_COPIES:
            return StructuralKind.COPY_NUMBER
        return StructuralKind.DELETION if int(copies) < _REFERENCE_COPIES else StructuralKind.DUPLICATION
    return None


def _term(name: str) -> str:
    """This function will name a type, such as `DUP:TANDEM`; empty for one that is not known."""
    head, _, element = name.rpartition(":")
    if name in _MOBILE or head in _MOBILE:
        kind = _TERMS[name[:3]]
        return f"{_MOBILE_ELEMENTS.get(element, 'mobile_element')}_{kind}"
    plain = name.replace("=", "")
    if plain.startswith("CN") and plain[2:].isdigit():
        return _TERMS.get(plain, "copy_number_variation")
    return _TERMS.get(name) or _TERMS.get(name.split(":", 1)[0], "")


def _covered(placement: Placement, view: TranscriptView) -> set[Term]:
    """This function will name the parts of the transcript that the span touches."""
    terms: set[Term] = set()
    if placement.first_intron <= placement.last_intron:
        terms.add(INTRON)
    if not view.is_coding:
        terms.add(NON_CODING_EXON if placement.in_exon else NON_CODING)
        return terms
    if placement.in_coding:
        terms.add(CODING_SEQUENCE)
    if _touches(placement, view, 1, view.coding_start - 1):
        terms.add(UTR_5)
    if _touches(placement, view, view.coding_end + 1, view.length):
        terms.add(UTR_3)
    return terms


def _consequent(variant: StructuralVariant, placement: Placement, view: TranscriptView) -> set[Term]:
    """This function will name what follows from the kind of the variant."""
    terms: set[Term] = set()
    transcript = view.transcript
    is_within = variant.start >= transcript.start and variant.end <= transcript.end
    if variant.kind in (StructuralKind.DELETION, StructuralKind.BREAKEND):
        terms.add(TRUNCATION)
    elif variant.kind in _LENGTHENING and is_within:
        terms.add(ELONGATION)
    if variant.kind == StructuralKind.DELETION and placement.in_coding:
        first, last = view.coding_start, view.coding_end
        if not transcript.start_incomplete and _touches(placement, view, first, first + 2):
            terms.add(START_LOST)
        if not transcript.end_incomplete and _touches(placement, view, last - 2, last):
            terms.add(STOP_LOST)
        if placement.cds_start is not None and placement.cds_end is not None and _in_one_exon(placement):
            lost = placement.cds_end - placement.cds_start + 1
            terms.add(FRAMESHIFT if lost % 3 else INFRAME_DELETION)
    return terms


def _in_one_exon(placement: Placement) -> bool:
    return placement.first_exon == placement.last_exon and placement.first_intron > placement.last_intron


def _touches(placement: Placement, view: TranscriptView, first: int, last: int) -> bool:
    """This function will say whether the span touches exon bases with offsets `first` to `last`."""
    for at in range(placement.first_exon, placement.last_exon + 1):
        start = max(placement.start, view.exon_starts[at])
        end = min(placement.end, view.exon_ends[at])
        one, other = view.offset_in_exon(at, start), view.offset_in_exon(at, end)
        if max(one, other) >= first and min(one, other) <= last:
            return True
    return False
