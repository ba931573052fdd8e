"""Consequences for the protein, by VEP's rules.

The rules look at the codons that the variant touches, not at the whole protein, and each stands for itself: several
may hold. Three of them differ from VEP 115 on purpose; `docs/accuracy.md` says why:

* a stop is *retained* only where the old one stays, not wherever a new one appears behind an unchanged amino acid;
* a start is not *lost* while its codon stands where it stood;
* a stop that cannot be read any more, because one end of the variant is not coding, is not *retained*.
"""

from annotator.effects.codons import CodonChange
from annotator.effects.genetic_code import STOP, UNKNOWN
from annotator.effects.placing import Placement
from annotator.effects.view import TranscriptView
from annotator.ontology import TERMS, Term

STOP_GAINED = TERMS["stop_gained"]
FRAMESHIFT = TERMS["frameshift_variant"]
STOP_LOST = TERMS["stop_lost"]
START_LOST = TERMS["start_lost"]
INFRAME_INSERTION = TERMS["inframe_insertion"]
INFRAME_DELETION = TERMS["inframe_deletion"]
MISSENSE = TERMS["missense_variant"]
PROTEIN_ALTERING = TERMS["protein_altering_variant"]
INCOMPLETE_CODON = TERMS["incomplete_terminal_codon_variant"]
START_RETAINED = TERMS["start_retained_variant"]
STOP_RETAINED = TERMS["stop_retained_variant"]
SYNONYMOUS = TERMS["synonymous_variant"]
CODING_SEQUENCE = TERMS["coding_sequence_variant"]

_START = "ATG"


def coding_terms(
    placement: Placement, view: TranscriptView, *, change: CodonChange | None, alt: str, same_length: bool
) -> set[Term]:
    """This function will judge a variant that touches a coding base; `alt` runs in the transcript's direction."""
    if change is not None and same_length:
        return _substitution_terms(placement, view, change, alt)
    return _IndelJudge(placement, view, change, alt, same_length=same_length).terms()


def _substitution_terms(placement: Placement, view: TranscriptView, change: CodonChange, alt: str) -> set[Term]:
    ref_acids, alt_acids = change.ref_acids, change.alt_acids
    terms: set[Term] = set()
    if _in_incomplete_codon(placement, view):
        terms.add(INCOMPLETE_CODON)
    if touches_start(placement, view):
        lost = _start_is_changed(placement, view, alt)
        terms.add(START_LOST if lost else START_RETAINED)
    if STOP in ref_acids or STOP in alt_acids:
        if stop_is_kept(placement, view, ref_acids, alt_acids):
            terms.add(STOP_RETAINED)
        elif STOP not in alt_acids:
            terms.add(STOP_LOST)
        elif STOP not in ref_acids:
            terms.add(STOP_GAINED)
    if not terms:
        if UNKNOWN not in ref_acids and UNKNOWN not in alt_acids:
            return {SYNONYMOUS} if ref_acids == alt_acids else {MISSENSE}
        if ref_acids != alt_acids:
            terms.add(MISSENSE)
    if (UNKNOWN in ref_acids or UNKNOWN in alt_acids) and terms.isdisjoint(_EXPLAINING):
        terms.add(CODING_SEQUENCE)
    return terms


class _IndelJudge:
    """Answers about one change of length, or one of which an end is not coding."""

    def __init__(
        self, placement: Placement, view: TranscriptView, change: CodonChange | None, alt: str, *, same_length: bool
    ) -> None:
        self.placement = placement
        self.view = view
        self.change = change
        self.alt = alt
        self.changes_length = not same_length
        self.incomplete = _in_incomplete_codon(placement, view)

    def terms(self) -> set[Term]:
        terms: set[Term] = set()
        if self.incomplete:
            terms.add(INCOMPLETE_CODON)
        stop_kept = self._stop_is_kept()
        if stop_kept:
            terms.add(STOP_RETAINED)
        elif self._stop_is_lost():
            terms.add(STOP_LOST)
        if self.change is not None:
            self._add_from_codons(self.change, terms, stop_kept=stop_kept)
        if touches_start(self.placement, self.view):
            self._add_start(terms)
        if self.change is not None and PROTEIN_ALTERING in terms and START_LOST in terms:
            terms.discard(PROTEIN_ALTERING)
        if self._is_unknown() and terms.isdisjoint(_EXPLAINING):
            terms.add(CODING_SEQUENCE)
        return terms

    def _add_from_codons(self, change: CodonChange, terms: set[Term], *, stop_kept: bool) -> None:
        ref, alt = change.ref_acids, change.alt_acids
        assert self.placement.cds_start is not None
        assert self.placement.cds_end is not None
        replaced = self.placement.cds_end - self.placement.cds_start + 1
        if STOP in alt and STOP not in ref and not stop_kept:
            terms.add(STOP_GAINED)
        if self.incomplete:
            return
        shifts_frame = (len(self.alt) - replaced) % 3 != 0
        if shifts_frame and not stop_kept:
            terms.add(FRAMESHIFT)
            return
        if len(change.alt_codons) > len(change.ref_codons):
            until_stop = alt[: alt.index(STOP) + 1] if STOP in alt else alt
            if until_stop.startswith(ref) or until_stop.endswith(ref):
                terms.add(INFRAME_INSERTION)
        elif (
            len(change.alt_codons) < len(change.ref_codons)
            and not shifts_frame
            and _is_cut_out(change.ref_codons, change.alt_codons)
        ):
            terms.add(INFRAME_DELETION)
            return
        if _is_otherwise_altered(ref, alt):
            terms.add(PROTEIN_ALTERING)

    def _add_start(self, terms: set[Term]) -> None:
        placement, view = self.placement, self.view
        if _start_is_changed(placement, view, self.alt):
            if not _coding_bases_are_kept(placement, view, self.alt):
                terms.add(START_LOST)
                terms.discard(INFRAME_INSERTION)
            else:
                terms.add(START_RETAINED)
                if self.change is not None and self.change.alt_acids.endswith(self.change.ref_acids):
                    terms.discard(INFRAME_INSERTION)
        else:
            terms.add(START_RETAINED)

    def _stop_is_kept(self) -> bool:
        change = self.change
        if self.incomplete:
            return False
        if change is not None and STOP in change.alt_acids:
            return stop_is_kept(self.placement, self.view, change.ref_acids, change.alt_acids)
        if change is not None and change.alt_acids and UNKNOWN not in change.alt_acids:
            return False
        return self.changes_length and self._new_last_codon() == STOP

    def _stop_is_lost(self) -> bool:
        change = self.change
        if change is not None:
            return STOP in change.ref_acids and STOP not in change.alt_acids
        return self.changes_length and self._new_last_codon() not in (STOP, None)

    def _new_last_codon(self) -> str | None:
        """This function will translate the codon where the stop was; None where the variant does not reach it."""
        placement, view = self.placement, self.view
        first, last = placement.cdna_start, placement.cdna_end
        if view.transcript.end_incomplete or first is None or last is None or placement.cds_start is None:
            return None
        if last < view.coding_end - 2 or first > view.coding_end:
            return None
        bases = view.spliced[: first - 1] + self.alt + view.spliced[last:]
        return view.code.get(bases[view.coding_end - 3 : view.coding_end], UNKNOWN)

    def _is_unknown(self) -> bool:
        change = self.change
        return change is None or not change.alt_acids or UNKNOWN in change.alt_acids or UNKNOWN in change.ref_acids


_EXPLAINING = frozenset(
    {FRAMESHIFT, INFRAME_DELETION, PROTEIN_ALTERING, START_RETAINED, START_LOST, STOP_RETAINED, STOP_LOST}
)


def touches_start(placement: Placement, view: TranscriptView) -> bool:
    """This function will say whether the variant changes bases of a start codon that the model knows."""
    first, last = placement.cdna_start, placement.cdna_end
    if first is None or last is None or view.transcript.start_incomplete:
        return False
    return last >= view.coding_start and first <= view.coding_start + 2


def stop_is_kept(placement: Placement, view: TranscriptView, ref_acids: str, alt_acids: str) -> bool:
    """This function will say whether a stop follows the unchanged protein, or stands where it stood."""
    if STOP not in alt_acids or _in_incomplete_codon(placement, view):
        return False
    if STOP in ref_acids:
        return ref_acids.index(STOP) == alt_acids.index(STOP)
    first, last = placement.protein_start, placement.protein_end
    assert first is not None
    assert last is not None
    protein = view.protein
    if last < len(protein):
        return False
    changed = protein[: first - 1] + alt_acids
    return changed.startswith(protein + STOP)


def _in_incomplete_codon(placement: Placement, view: TranscriptView) -> bool:
    first = placement.protein_start
    return first is not None and 0 < len(view.cds) - 3 * (first - 1) < 3


def _start_is_changed(placement: Placement, view: TranscriptView, alt: str) -> bool:
    """This function will read the start codon where it stood: ATG, or without a 5' UTR what means the same."""
    first, last = placement.cdna_start, placement.cdna_end
    assert first is not None
    assert last is not None
    at = view.coding_start - 1
    bases = view.spliced[at : at + 3]
    if first - 1 >= at:
        codon = (view.spliced[at : first - 1] + alt + view.spliced[last : last + 3])[:3]
    else:
        codon = (view.spliced[: first - 1] + alt + view.spliced[last : last + at + 3])[at : at + 3]
    if codon == _START:
        return False
    if at == 0 and len(codon) == 3:
        return view.code.get(codon) != view.code.get(bases)
    return True


def _coding_bases_are_kept(placement: Placement, view: TranscriptView, alt: str) -> bool:
    """This function will say whether the whole coding sequence is still there, only moved."""
    first, last = placement.cdna_start, placement.cdna_end
    assert first is not None
    assert last is not None
    bases = view.spliced[: first - 1] + alt + view.spliced[last : view.coding_end]
    return bases.endswith(view.spliced[view.coding_start - 1 : view.coding_end])


def _is_cut_out(ref_codons: str, alt_codons: str) -> bool:
    """This function will say whether the codons only lose a piece: at their start, end, or whole codons inside."""
    if ref_codons.startswith(alt_codons) or ref_codons.endswith(alt_codons):
        return True
    same = 0
    while same < len(alt_codons) and ref_codons[same] == alt_codons[same]:
        same += 1
    return ref_codons.endswith(alt_codons[same:]) and (len(ref_codons) - len(alt_codons)) % 3 == 0


def _is_otherwise_altered(ref: str, alt: str) -> bool:
    if len(ref) == len(alt) or ref.startswith(STOP) or alt.startswith(STOP):
        return False
    return not (alt.startswith(ref) or alt.endswith(ref))
