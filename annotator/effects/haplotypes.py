"""The joint effect of variants that lie on the same copy of a chromosome.

Two variants change each other's meaning when they touch the same codon, or when one shifts the reading frame and the
other lies behind it, up to where the frame is restored or a new stop ends the protein. Only variants within the coding
bases are joined: next to an intron or a UTR nobody knows what the transcript would look like.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from annotator.effects.coding import coding_terms
from annotator.effects.codons import cut_codons
from annotator.effects.effect import Effect, Variant
from annotator.effects.genetic_code import STOP, reverse_complement, translate
from annotator.effects.naming import NAMED, Naming
from annotator.effects.placing import Placement, exon_numbers, span
from annotator.effects.protein_names import name_of_codons
from annotator.effects.transcript_names import description, slide
from annotator.effects.transcripts import NMD
from annotator.effects.view import TranscriptView
from annotator.models.transcript import DECAYING


@dataclass(frozen=True, slots=True, kw_only=True)
class JointEffect:
    """What some variants do together, in the order of the transcript."""

    variants: tuple[Variant, ...]
    effect: Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edit:
    variant: Variant
    first: int  # coding offsets; an insertion has first = last + 1
    last: int
    alt: str  # in the transcript's direction

    @property
    def growth(self) -> int:
        return len(self.alt) - (self.last - self.first + 1)


class JointEffects:
    """The joint effects of variants on one transcript; what was worked out once is remembered."""

    def __init__(self, view: TranscriptView, *, naming: Naming = NAMED) -> None:
        self._view = view
        self._naming = naming
        self._edits: dict[Variant, _Edit | None] = {}
        self._known: dict[tuple[Variant, ...], JointEffect] = {}

    def find(self, variants: Iterable[Variant]) -> list[JointEffect]:
        """This function will find variants of one haplotype that matter to each other, and work out what they do."""
        edits = sorted(filter(None, map(self._edit, variants)), key=lambda edit: (edit.first, edit.last))
        return [self._joint(group) for group in _groups(edits, self._view) if len(group) > 1]

    def _edit(self, variant: Variant) -> _Edit | None:
        if variant not in self._edits:
            self._edits[variant] = _edit(variant, self._view)
        return self._edits[variant]

    def _joint(self, group: list[_Edit]) -> JointEffect:
        variants = tuple(edit.variant for edit in group)
        known = self._known.get(variants)
        if known is None:
            effect = _effect(group, self._view, naming=self._naming)
            known = self._known[variants] = JointEffect(variants=variants, effect=effect)
        return known


def _edit(variant: Variant, view: TranscriptView) -> _Edit | None:
    """This function will place a variant on the coding bases; None where it is not all coding, in one exon."""
    if not view.is_coding or variant.end < view.coding_first or variant.position > view.coding_last:
        return None
    placement = Placement(variant.position, variant.end, view)
    if placement.cds_start is None or placement.cds_end is None or placement.first_exon != placement.last_exon:
        return None
    alt = variant.alt if view.is_forward else reverse_complement(variant.alt)
    return _Edit(variant=variant, first=placement.cds_start, last=placement.cds_end, alt=alt)


def _groups(edits: list[_Edit], view: TranscriptView) -> list[list[_Edit]]:
    """This function will part edits where a new codon begins and the frame is whole, or is not read any further.

    Records that overlap cannot both be true of one copy: the later one is left out.
    """
    groups: list[list[_Edit]] = []
    shift = reached = 0
    for edit in edits:
        if groups and (edit.first <= reached or (edit.last < edit.first == groups[-1][-1].first > reached)):
            continue
        codon_reached = (reached + 2) // 3
        shares_codon = (edit.first + 2) // 3 <= codon_reached
        if groups and (shares_codon or (shift % 3 and not _stops_before(edit, groups[-1], view))):
            groups[-1].append(edit)
        else:
            groups.append([edit])
            shift = 0
        shift += edit.growth
        reached = max(edit.last, edit.first - 1)
    return groups


def _stops_before(edit: _Edit, group: list[_Edit], view: TranscriptView) -> bool:
    """This function will say whether the codons that a group has shifted hold a stop in front of the next edit."""
    first = group[0].first
    bases = view.cds[(first - 1) // 3 * 3 : first - 1] + _joined(group, view, edit.first - 1)
    return STOP in translate(bases, view.code)


def _effect(group: list[_Edit], view: TranscriptView, *, naming: Naming) -> Effect:
    first, last = group[0].first, max(edit.last for edit in group)
    alt = _joined(group, view, last)
    variants = [edit.variant for edit in group]
    placement = Placement(min(one.position for one in variants), max(one.end for one in variants), view)
    placement.set_coding(first, last, view)
    change = cut_codons(view, first, last, alt)
    same_length = len(alt) == last - first + 1
    terms = coding_terms(placement, view, change=change, alt=alt, same_length=same_length)
    if view.transcript.biotype == DECAYING:
        terms.add(NMD)
    hgvsc = hgvsp = ""
    if naming.hgvs:
        parts = ";".join(description(one, slide(one, view)[0], view) for one in variants)
        hgvsc = f"{view.transcript.id}:c.[{parts}]"
        hgvsp = name_of_codons(change, view, first=first, last=last, terms=terms, parentheses=naming.parentheses)
    return Effect(
        terms=tuple(sorted(terms, key=lambda term: term.rank)),
        exon=exon_numbers(placement, view),
        hgvsc=hgvsc,
        hgvsp=hgvsp,
        cdna_position=span(placement.cdna_start, placement.cdna_end),
        cds_position=span(first, last),
        protein_position=span(placement.protein_start, placement.protein_end),
        amino_acids=change.amino_acids,
        codons=change.codons(last - first + 1),
    )


def _joined(group: list[_Edit], view: TranscriptView, last: int) -> str:
    """This function will write what takes the place of all bases from the first edit to the last."""
    pieces, at = [], group[0].first
    for edit in group:
        pieces += [view.cds[at - 1 : edit.first - 1], edit.alt]
        at = edit.last + 1
    return "".join(pieces) + view.cds[at - 1 : last]
