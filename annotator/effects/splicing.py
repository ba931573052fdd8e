"""What a variant does to the introns of a transcript, by VEP's windows around them."""

from bisect import bisect_right

from annotator.effects.effect import Variant
from annotator.effects.placing import Placement
from annotator.effects.view import SHORT_INTRON, TranscriptView
from annotator.ontology import TERMS, Term

DONOR = TERMS["splice_donor_variant"]
ACCEPTOR = TERMS["splice_acceptor_variant"]
DONOR_FIFTH_BASE = TERMS["splice_donor_5th_base_variant"]
DONOR_REGION = TERMS["splice_donor_region_variant"]
REGION = TERMS["splice_region_variant"]
POLYPYRIMIDINE = TERMS["splice_polypyrimidine_tract_variant"]
INTRON = TERMS["intron_variant"]

_LONG_INTRON = 1_000  # bases; what is at one end is far from the other
EXON_REACH = 3  # bases of an exon that still belong to the splice region


class Splicing:
    """The terms, and whether the variant lies in an intron so short that VEP takes it for a part of the exon."""

    __slots__ = ("in_short_intron", "terms")

    def __init__(self) -> None:
        self.terms: set[Term] = set()
        self.in_short_intron = False


def splicing_of(variant: Variant, placement: Placement, view: TranscriptView) -> Splicing | None:
    """This function will look at the introns around a variant; None when it keeps clear of all."""
    low, high = placement.start, placement.end
    if low > high:
        low, high = high, low
    starts, ends = view.exon_starts, view.exon_ends
    first = max(bisect_right(starts, low - EXON_REACH) - 1, 0)
    found: Splicing | None = None
    for at in range(first, len(starts) - 1):
        intron_start, intron_end = ends[at] + 1, starts[at + 1] - 1
        if intron_start - EXON_REACH > high:
            break
        if intron_end + EXON_REACH < low:
            continue
        found = found or Splicing()
        is_short = view.has_short_intron and intron_end - intron_start < SHORT_INTRON
        for start, end in changed_regions(variant):
            if not is_short:
                _look(found.terms, start, end, intron_start, intron_end, is_forward=view.is_forward)
            elif end >= intron_start and start <= intron_end:
                found.in_short_intron = True
    if found is not None:
        _settle(found, near_exon=placement.near_exon)
    return found


def terms_in_intron(place: int) -> set[Term]:
    """This function will give the terms of a base of a long intron, counted from 1 behind the exon, or from -1 back."""
    position = place if place > 0 else _LONG_INTRON + 1 + place
    found = Splicing()
    _look(found.terms, position, position, 1, _LONG_INTRON, is_forward=True)
    _settle(found, near_exon=False)
    return found.terms


def changed_regions(variant: Variant) -> list[tuple[int, int]]:
    """This function will give the stretches of bases that differ; only substitutions can have several."""
    ref, alt = variant.ref, variant.alt
    if len(ref) != len(alt) or len(ref) == 1:
        return [(variant.position, variant.end)]
    regions: list[tuple[int, int]] = []
    for position, (before, after) in enumerate(zip(ref, alt, strict=True), variant.position):
        if before == after:
            continue
        if regions and regions[-1][1] == position - 1:
            regions[-1] = regions[-1][0], position
        else:
            regions.append((position, position))
    return regions


def _look(terms: set[Term], start: int, end: int, intron_start: int, intron_end: int, *, is_forward: bool) -> None:
    insertion = start > end
    inner_start, inner_end = intron_start + 2, intron_end - 2
    if (end >= inner_start and start <= inner_end) or (insertion and (start == inner_start or end == inner_end)):
        terms.add(INTRON)
    at_start = end >= intron_start and start <= intron_start + 1
    at_end = end >= intron_end - 1 and start <= intron_end
    if at_start:
        terms.add(DONOR if is_forward else ACCEPTOR)
    if at_end:
        terms.add(ACCEPTOR if is_forward else DONOR)
    if is_forward:
        fifth = intron_start + 4
        region = intron_start + 2, intron_start + 5
        tract = intron_end - 16, intron_end - 2
    else:
        fifth = intron_end - 4
        region = intron_end - 5, intron_end - 2
        tract = intron_start + 2, intron_start + 16
    if end >= fifth and start <= fifth:
        terms.add(DONOR_FIFTH_BASE)
    if end >= region[0] and start <= region[1]:
        terms.add(DONOR_REGION)
    reach = 1 if insertion else 0  # an insertion at an edge of the tract counts, unlike at the other windows' edges
    if end >= tract[0] - reach and start <= tract[1] + reach:
        terms.add(POLYPYRIMIDINE)
    if not (at_start or at_end) and _in_splice_region(start, end, intron_start, intron_end):
        terms.add(REGION)


def _in_splice_region(start: int, end: int, intron_start: int, intron_end: int) -> bool:
    """This function will test 1 to 3 bases of the exon and 3 to 8 of the intron."""
    return (
        (end >= intron_start + 2 and start <= intron_start + 7)
        or (end >= intron_end - 7 and start <= intron_end - 2)
        or (end >= intron_start - 3 and start <= intron_start - 1)
        or (end >= intron_end + 1 and start <= intron_end + 3)
        or (start > end and (start in (intron_start, intron_start + 2) or end in (intron_end, intron_end - 2)))
    )


def _settle(found: Splicing, *, near_exon: bool) -> None:
    """This function will leave out the terms that a more precise one stands for."""
    terms = found.terms
    if DONOR_FIFTH_BASE in terms:
        terms.discard(DONOR_REGION)
    if DONOR in terms or ACCEPTOR in terms or DONOR_REGION in terms or DONOR_FIFTH_BASE in terms:
        terms.discard(REGION)
    if near_exon:
        terms.discard(POLYPYRIMIDINE)
