"""What the alleles on one contig do to its transcripts, as the texts that the result shows.

Plain single-base changes (see `annotator.models.zones`) are filled into texts made once; all others are worked out one
by one by `annotator.effects`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.csq import ALLELE_FIELDS, CSQ_FIELD, Frame, encode, entry_tail, frame_of, intergenic_tail, term_names
from annotator.effects.consequence import effect_on
from annotator.effects.effect import ContigSequence, Effect, Variant
from annotator.effects.naming import Naming
from annotator.effects.pick import pick_key
from annotator.effects.view import ViewCache
from annotator.fields import FieldNames
from annotator.models.store import ModelStore
from annotator.models.transcript import Transcript
from annotator.models.zones import FLANK_BASES
from annotator.ontology import TERMS, Term
from annotator.plain_zones import ALLELE, PlainZone, as_format, plain_zone

_INTERGENIC = TERMS["intergenic_variant"]
_TEMPLATES_HELD = 20_000
_ZONES_HELD = 50_000
_ANY_CHANGE = {"A": "C", "C": "A", "G": "A", "T": "A"}


class Hgvs(StrEnum):
    """Which transcripts changes are named for."""

    DEFAULT = "default"  # the picked one, and all whose coding sequence or splice sites are hit
    ALL = "all"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """One allele's most severe consequence, and what the table says of its picked transcript but the names."""

    most_severe: str
    impact: str
    consequence: str
    symbol: str
    gene: str
    feature: str
    biotype: str
    exon: str
    intron: str
    protein_position: str
    amino_acids: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one allele does: its CSQ entries, the most severe first, and the picked one's own columns."""

    entries: str
    picked: Picked
    hgvsc: str
    hgvsp: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """The INFO text of all plain single-base changes that lie in the same zones: see `plain_zones.filled`."""

    text: bytes  # begins with a semicolon
    lines: tuple[tuple[int, int], ...]
    picked: Picked
    hgvsc: bytes  # empty: no name
    hgvsc_lines: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """Alleles and the transcripts near them: those of allele i are the entries [offsets[i], offsets[i + 1])."""

    offsets: list[int]
    transcripts: list[int]  # numbers in the store
    zones: NDArray[np.uint32]  # where the allele's first base lies
    in_one_plain_zone: list[bool]  # the last base too, and the zone is plain
    all_plain: list[bool]  # by allele: every one of its entries is so

    def key(self, allele: int) -> bytes:
        """Names the zones in which an allele lies."""
        return self.zones[self.offsets[allele] : self.offsets[allele + 1]].tobytes()


class ContigFindings:
    """Finds what alleles do on one contig; holds what it has made ready, within bounds."""

    def __init__(
        self, *, store: ModelStore, sequence: ContigSequence, names: FieldNames, hgvs: Hgvs, parentheses: bool
    ) -> None:
        self._store = store
        self._sequence = sequence
        self._hgvs = hgvs
        self._named = Naming(hgvs=hgvs != Hgvs.NONE, parentheses=parentheses)
        self._unnamed = Naming(hgvs=False, parentheses=parentheses)
        self._csq_name = names.name_of[CSQ_FIELD.id]
        self._allele_names = tuple(names.name_of[field.id] for field in ALLELE_FIELDS)
        self._views = ViewCache(sequence)
        self._frames: dict[int, Frame] = {}
        self._zones: dict[int, PlainZone] = {}
        self._templates: dict[bytes, Template] = {}
        self._starts = np.maximum(store.starts.astype(np.int64) - FLANK_BASES, 0)
        self._ends = store.ends.astype(np.int64) + FLANK_BASES

    def locate(self, first: NDArray[np.int64], last: NDArray[np.int64]) -> Located:
        """Find the transcripts near the alleles, which change the bases [first, last] (1-based).

        For an insertion `first` is the base behind it and `last` the one before.
        """
        allele, transcript = self._pairs(first, last)
        order = np.lexsort((transcript, allele))
        allele, transcript = allele[order], transcript[order]
        zones = self._store.zones.find(transcript, first[allele])
        last_zones = zones if first is last else self._store.zones.find(transcript, last[allele])
        plain = self._store.zones.plain[zones] & (zones == last_zones)
        offsets = np.zeros(len(first) + 1, dtype=np.int64)
        np.cumsum(np.bincount(allele, minlength=len(first)), out=offsets[1:])
        all_plain = np.ones(len(first), dtype=np.bool_)
        all_plain[allele[~plain]] = False
        return Located(
            offsets=offsets.tolist(),
            transcripts=transcript.tolist(),
            zones=zones.astype(np.uint32),
            in_one_plain_zone=plain.tolist(),
            all_plain=all_plain.tolist(),
        )

    def template(self, key: bytes, *, position: int, ref: str) -> Template:
        """The template of the plain single-base changes with this `Located.key`, of which one is at `position`."""
        found = self._templates.get(key)
        if found is None:
            if len(self._templates) >= _TEMPLATES_HELD:
                self._templates.clear()
            zones = [self._zone(zone, position=position, ref=ref) for zone in np.frombuffer(key, np.uint32).tolist()]
            found = self._templates[key] = self._compose(zones)
        return found

    def work_out(self, located: Located, allele: int, *, variant: Variant, text: str) -> Finding:
        """What one allele does; `text` is VEP's Allele column."""
        entries = range(located.offsets[allele], located.offsets[allele + 1])
        candidates = [found for entry in entries if (found := self._candidate(located, entry, variant)) is not None]
        if not candidates:
            return _intergenic(text)
        picked = min(candidates, key=lambda one: pick_key(one.transcript, one.effect))
        if not picked.has_name:
            named = effect_on(variant, self._views.of(picked.transcript), naming=self._named)
            assert named is not None
            candidates[candidates.index(picked)] = picked = replace(picked, effect=named)
        candidates.sort(key=lambda one: one.effect.terms[0].rank)
        texts = [
            text + entry_tail(self._frame(one.index, one.transcript), one.effect, picked=one is picked)
            for one in candidates
        ]
        return Finding(
            entries=",".join(texts),
            picked=_picked(picked.transcript, picked.effect, worst=candidates[0].effect.terms[0]),
            hgvsc=picked.effect.hgvsc,
            hgvsp=picked.effect.hgvsp,
        )

    def _pairs(self, first: NDArray[np.int64], last: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[Any]]:
        """All pairs of an allele and a transcript that is near it, as two columns of numbers."""
        by_place = np.argsort(first, kind="stable")
        sorted_first = first[by_place]
        reach = int((last - first).max(initial=0))
        begins = np.searchsorted(sorted_first, self._starts - reach, side="left")
        ends = np.searchsorted(sorted_first, self._ends, side="right")
        near = np.flatnonzero(ends > begins)
        counts = (ends - begins)[near]
        stops = np.cumsum(counts)
        total = int(stops[-1]) if len(stops) else 0
        transcript = np.repeat(near, counts)
        allele = by_place[np.repeat(begins[near] - (stops - counts), counts) + np.arange(total)]
        if reach > 0 or (len(first) and int((last - first).min()) < 0):
            touches = (last[allele] >= self._starts[transcript]) & (first[allele] <= self._ends[transcript])
            allele, transcript = allele[touches], transcript[touches]
        return allele, transcript

    def _candidate(self, located: Located, entry: int, variant: Variant) -> "_Candidate | None":
        index = located.transcripts[entry]
        transcript = self._store.transcript(index)
        is_plain = located.in_one_plain_zone[entry]
        if is_plain and self._hgvs != Hgvs.ALL and (effect := self._effect_in_zone(int(located.zones[entry]), variant)):
            return _Candidate(index=index, transcript=transcript, effect=effect, has_name=self._hgvs == Hgvs.NONE)
        is_named = not is_plain or self._hgvs != Hgvs.DEFAULT
        naming = self._named if is_named else self._unnamed
        found = effect_on(variant, self._views.of(transcript), naming=naming)
        if found is None:
            return None
        return _Candidate(index=index, transcript=transcript, effect=found, has_name=is_named)

    def _effect_in_zone(self, number: int, variant: Variant) -> Effect | None:
        """The effect of a change that lies in a plain zone, without its name; None where it must be worked out."""
        zone = self._zones.get(number)
        if zone is None:
            base = self._sequence.bases(start=variant.end - 1, end=variant.end).decode()
            if base not in _ANY_CHANGE:
                return None
            zone = self._zone(number, position=variant.end, ref=base)
        if zone.cdna is not None:
            return None
        is_before = variant.end < zone.transcript.start
        return zone.effect_at(variant.end if is_before else variant.position, hgvsc="")

    def _zone(self, number: int, *, position: int, ref: str) -> PlainZone:
        found = self._zones.get(number)
        if found is None:
            if len(self._zones) >= _ZONES_HELD:
                self._zones.clear()
            index = self._store.zones.transcript_of(number)
            transcript = self._store.transcript(index)
            variant = Variant(position=position, ref=ref, alt=_ANY_CHANGE[ref])
            effect = effect_on(variant, self._views.of(transcript), naming=self._named)
            assert effect is not None
            frame = self._frame(index, transcript)
            found = self._zones[number] = plain_zone(transcript, effect, position=position, frame=frame)
        return found

    def _frame(self, index: int, transcript: Transcript) -> Frame:
        found = self._frames.get(index)
        if found is None:
            found = self._frames[index] = frame_of(transcript)
        return found

    def _compose(self, zones: Sequence[PlainZone]) -> Template:
        """The template of changes that lie in these zones."""
        if not zones:
            return self._as_template(as_format(_intergenic(ALLELE).entries), (), _INTERGENIC_PICK)
        picked = min(zones, key=lambda zone: pick_key(zone.transcript, zone.effect))
        ordered = sorted(zones, key=lambda zone: zone.effect.terms[0].rank)
        texts, lines = [], []
        for zone in ordered:
            is_named = self._hgvs == Hgvs.ALL or (self._hgvs == Hgvs.DEFAULT and zone is picked)
            texts.append(zone.entry(named=is_named, picked=zone is picked))
            lines += [(line.sign, line.base) for line in zone.lines(named=is_named)]
        row = _picked(picked.transcript, picked.effect, worst=ordered[0].effect.terms[0])
        name = picked.name if self._hgvs != Hgvs.NONE else None
        return self._as_template(
            ",".join(texts),
            tuple(lines),
            row,
            hgvsc=as_format(picked.effect.hgvsc).encode() if name else b"",
            hgvsc_lines=((name.sign, name.base),) if name else (),
        )

    def _as_template(
        self,
        entries: str,
        lines: tuple[tuple[int, int], ...],
        picked: Picked,
        *,
        hgvsc: bytes = b"",
        hgvsc_lines: tuple[tuple[int, int], ...] = (),
    ) -> Template:
        own = "".join(f";{name}={value}" for name, value in zip(self._allele_names, values_of(picked), strict=True))
        return Template(
            text=f";{self._csq_name}={entries}{as_format(own)}".encode(),
            lines=lines,
            picked=picked,
            hgvsc=hgvsc,
            hgvsc_lines=hgvsc_lines,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Candidate:
    """What an allele does to one transcript; `has_name` tells that its effect has the names that it can have."""

    index: int
    transcript: Transcript
    effect: Effect
    has_name: bool


def values_of(picked: Picked) -> tuple[str, ...]:
    """The values of ALLELE_FIELDS for one allele."""
    return (
        picked.most_severe,
        picked.impact,
        picked.consequence,
        encode(picked.symbol) or ".",
        encode(picked.feature) or ".",
    )


def _picked(transcript: Transcript, effect: Effect, *, worst: Term) -> Picked:
    return Picked(
        most_severe=worst.name,
        impact=worst.impact,
        consequence=term_names(effect.terms),
        symbol=transcript.symbol,
        gene=transcript.gene_id,
        feature=transcript.id,
        biotype=transcript.biotype,
        exon=effect.exon,
        intron=effect.intron,
        protein_position=effect.protein_position,
        amino_acids=effect.amino_acids,
    )


_INTERGENIC_PICK = Picked(
    most_severe=_INTERGENIC.name,
    impact=_INTERGENIC.impact,
    consequence=_INTERGENIC.name,
    symbol="",
    gene="",
    feature="",
    biotype="",
    exon="",
    intron="",
    protein_position="",
    amino_acids="",
)


def _intergenic(allele: str) -> Finding:
    return Finding(entries=allele + intergenic_tail(_INTERGENIC), picked=_INTERGENIC_PICK, hgvsc="", hgvsp="")
