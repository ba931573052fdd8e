"""The CSQ entries that a record should have, worked out from `annotator.effects` alone, transcript by transcript."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from annotator.effects.effect import Effect, Variant
from annotator.effects.naming import NAMED, UNNAMED
from annotator.effects.transcripts import effect_of
from annotator.effects.view import TranscriptView
from annotator.findings import Hgvs
from annotator.models.store import Heading
from annotator.models.transcript import Transcript
from annotator.ontology import Term
from annotator.reference import Reference

FLANK_BASES = 5_000
EXON_EDGE, INTRON_EDGE = 3, 17  # bases on either side of a splice site that belong to it
INTERGENIC = f"|intergenic_variant|MODIFIER{'|' * 18}1|||"

PickKey = tuple[bool, bool, bool, bool, int, int, str]


def pick_key(heading: Heading, worst: Term) -> PickKey:
    """This function will say what `effects.pick` describes, of one transcript: the smallest is picked."""
    return (
        not heading.mane_select,
        not heading.mane_plus_clinical,
        not heading.is_canonical,
        heading.biotype != "protein_coding",
        worst.rank,
        -heading.length,
        heading.id,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one allele does to one transcript."""

    view: TranscriptView
    heading: Heading
    effect: Effect

    def text(self, allele: str, *, is_picked: bool) -> str:
        one, effect = self.heading, self.effect
        flags = [
            name
            for name, holds in (("cds_start_NF", one.start_incomplete), ("cds_end_NF", one.end_incomplete))
            if holds
        ]
        columns = (
            allele,
            "&".join(term.name for term in effect.terms),
            effect.terms[0].impact,
            *(one.symbol, one.gene_id, "Transcript", without_version(one.id), one.biotype, effect.exon, effect.intron),
            *(encoded(effect.hgvsc), encoded(effect.hgvsp)),
            *(effect.cdna_position, effect.cds_position, effect.protein_position, effect.amino_acids, effect.codons),
            *(effect.distance, str(one.strand), "&".join(flags), "1" if is_picked else ""),
            *("YES" if one.is_canonical else "", one.mane_select, one.mane_plus_clinical),
        )
        return "|".join(columns)


class Expectation:
    """What should be said of the alleles on one contig: every transcript is looked at, and nothing remembered."""

    def __init__(self, folder: Path, *, contig: str, hgvs: Hgvs) -> None:
        reference = Reference(folder)
        found = reference.contig(contig)
        assert found is not None
        sequence = reference.sequence_of(found)
        assert sequence is not None
        store = reference.models(found)
        self._hgvs = hgvs
        self.bases = sequence.bases(start=0, end=sequence.length).decode()
        self.transcripts = [store.transcript(index) for index in range(len(store))]
        self._views = [TranscriptView(one, sequence) for one in self.transcripts]
        self._headings = [store.heading(index) for index in range(len(store))]

    def record(self, position: int, ref: str, alts: Sequence[str]) -> str:
        """The value of CSQ."""
        shares_first = any(len(alt) != len(ref) for alt in alts) and all(alt[0] == ref[0] for alt in alts)
        return ",".join(
            self.allele(trimmed(position, ref, alt), text=(alt[1:] or "-") if shares_first else alt) for alt in alts
        )

    def allele(self, variant: Variant, *, text: str) -> str:
        """The entries of one allele."""
        entries = [
            Entry(view=self._views[number], heading=self._headings[number], effect=effect)
            for number, one in enumerate(self.transcripts)
            if one.start - FLANK_BASES <= max(variant.position, variant.end)
            and one.end + FLANK_BASES >= min(variant.position, variant.end)
            and (effect := effect_of(variant, self._views[number], naming=UNNAMED)) is not None
        ]
        if not entries:
            return text + INTERGENIC
        picked = min(entries, key=lambda one: pick_key(one.heading, one.effect.terms[0]))
        texts = [
            self._named(one, variant, is_picked=one is picked).text(text, is_picked=one is picked)
            for one in sorted(entries, key=lambda one: one.effect.terms[0].rank)
        ]
        return ",".join(texts)

    def _named(self, entry: Entry, variant: Variant, *, is_picked: bool) -> Entry:
        is_wanted = self._hgvs is Hgvs.ALL or is_picked or not is_plain(variant, entry.view.transcript)
        if self._hgvs is Hgvs.NONE or not is_wanted:
            return entry
        effect = effect_of(variant, entry.view, naming=NAMED)
        assert effect is not None
        return Entry(view=entry.view, heading=entry.heading, effect=effect)


def is_plain(variant: Variant, transcript: Transcript) -> bool:
    """This function will say whether both ends of a change lie in one stretch, not coding and not near a splice site.

    An intron has two such stretches, since its numbers count from its nearer end; a base in its middle is another one.
    """
    return any(
        first <= variant.position <= last and first <= variant.end <= last for first, last in _stretches(transcript)
    )


def _stretches(transcript: Transcript) -> list[tuple[int, int]]:
    found = [(-(10**6), transcript.start - 1), (transcript.end + 1, 10**9)]
    exons = transcript.exons
    for number, (start, end) in enumerate(exons):
        first = start + (EXON_EDGE if number else 0)
        last = end - (EXON_EDGE if number < len(exons) - 1 else 0)
        if transcript.coding:
            found += [(first, min(last, transcript.coding[0][0] - 1)), (max(first, transcript.coding[-1][1] + 1), last)]
        else:
            found.append((first, last))
    for (_, before), (after, _) in pairwise(exons):
        first, last = before + 1 + INTRON_EDGE, after - 1 - INTRON_EDGE
        middle, is_odd = divmod(first + last, 2)
        if is_odd:
            found += [(first, middle), (middle + 1, last)]
        elif first <= last:
            found += [(first, middle - 1), (middle, middle), (middle + 1, last)]
    return [(first, last) for first, last in found if first <= last]


def trimmed(position: int, ref: str, alt: str) -> Variant:
    """This function will take the shared bases off an allele: those at its end as far as one base remains, then all."""
    while len(ref) > 1 and len(alt) > 1 and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while ref and alt and ref[0] == alt[0]:
        position, ref, alt = position + 1, ref[1:], alt[1:]
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    return Variant(position=position, ref=ref, alt=alt)


def without_version(identifier: str) -> str:
    return re.sub(r"\.\d+$", "", identifier)


def encoded(text: str) -> str:
    return re.sub(r"[%;=,|&\s]", lambda found: f"%{ord(found[0]):02X}", text)
