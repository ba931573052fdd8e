"""What the alleles on one contig do to its transcripts, as the texts that the result shows.

Plain single-base changes (see `annotator.models.zones`) are filled into texts made once; all others are worked out one
by one by `annotator.effects`.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.csq import ALLELE_FIELDS, CSQ_FIELD, encode, entry_tail, intergenic_tail, term_names
from annotator.effects.effect import ContigSequence, Effect, Variant
from annotator.effects.naming import Naming
from annotator.effects.pick import PickKey, pick_key
from annotator.effects.transcript_names import slide, transcript_name
from annotator.effects.transcripts import FLANK_BASES, effect_of
from annotator.effects.view import TranscriptViews
from annotator.fields import FieldNames
from annotator.models.store import Heading, ModelStore
from annotator.ontology import TERMS, Term
from annotator.plain_zones import ALLELE, NAME, Line, PlainZone, TranscriptTexts

_INTERGENIC = TERMS["intergenic_variant"]
_TEMPLATES_HELD = 20_000
_ZONES_HELD = 50_000


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
    heading: Heading | None  # None: no transcript is near
    exon: str = ""
    intron: str = ""
    protein_position: str = ""
    amino_acids: str = ""

    def values(self) -> tuple[str, ...]:
        """The values of ALLELE_FIELDS for this allele."""
        symbol, feature = (self.heading.symbol, self.heading.id) if self.heading else ("", "")
        return self.most_severe, self.impact, self.consequence, encode(symbol) or ".", encode(feature) or "."


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one allele does: its CSQ entries, the most severe first, and the picked one's own columns."""

    entries: str
    picked: Picked
    hgvsc: str
    hgvsp: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """The INFO text of all changes that lie in the same plain zones, as a format: see `annotator.plain_zones`."""

    text: bytes  # of a single-base change; begins with a semicolon
    lines: tuple[Line, ...]
    picked: Picked
    name: str | None  # what the name of a single-base change begins with; None: it has none
    name_line: Line
    is_reverse: bool  # the name tells the bases of the other strand


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherTemplate:
    """As Template, for changes that are not of single bases: see `plain_zones.fill_other`."""

    text: bytes
    lines: tuple[Line, ...]
    picked: Picked
    named: int  # number in the store of the transcript that changes are named for, -1: none


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """Alleles and the transcripts near them: those of allele i are the entries [offsets[i], offsets[i + 1])."""

    offsets: list[int]
    transcripts: list[int]  # numbers in the store
    zones: NDArray[np.uint32]  # where the allele's first base lies
    in_one_plain_zone: list[bool]  # the last base too, and the zone is plain
    all_plain: NDArray[np.bool_]  # by allele: every one of its entries is so
    begins_run: NDArray[np.bool_]  # by allele: it does not lie in the very zones of the allele before

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
        self._views = TranscriptViews(sequence)
        self._texts: dict[int, TranscriptTexts] = {}
        self._zones: dict[int, PlainZone] = {}
        self._templates: dict[bytes, Template] = {}
        self._other_templates: dict[bytes, OtherTemplate | None] = {}
        self._starts = np.maximum(store.starts.astype(np.int64) - FLANK_BASES, 0)
        self._ends = store.ends.astype(np.int64) + FLANK_BASES

    def locate(self, first: NDArray[np.int64], last: NDArray[np.int64]) -> Located:
        """Find the transcripts near the alleles, which change the bases [first, last] (1-based).

        For an insertion `first` is the base behind it and `last` the one before.
        """
        allele, transcript = self._pairs(first, last)
        zones = self._store.zones.find(transcript, first[allele])
        last_zones = zones if first is last else self._store.zones.find(transcript, last[allele])
        plain = self._store.zones.plain[zones] & (zones == last_zones)
        counts = np.bincount(allele, minlength=len(first))
        offsets = np.zeros(len(first) + 1, dtype=np.int64)
        np.cumsum(counts, out=offsets[1:])
        all_plain = np.ones(len(first), dtype=np.bool_)
        all_plain[allele[~plain]] = False
        return Located(
            offsets=offsets.tolist(),
            transcripts=transcript.tolist(),
            zones=zones.astype(np.uint32),
            in_one_plain_zone=plain.tolist(),
            all_plain=all_plain,
            begins_run=_begins_run(zones, allele, counts=counts),
        )

    def template(self, key: bytes) -> Template:
        """The template of the plain single-base changes with this `Located.key`."""
        found = self._templates.get(key)
        if found is None:
            if len(self._templates) >= _TEMPLATES_HELD:
                self._templates.clear()
            found = self._templates[key] = self._compose(self._zones_of(key))
        return found

    def other_template(self, key: bytes) -> OtherTemplate | None:
        """The template of other changes with this key; None where they have to be worked out one by one."""
        if key not in self._other_templates:
            if len(self._other_templates) >= _TEMPLATES_HELD:
                self._other_templates.clear()
            self._other_templates[key] = self._compose_other(self._zones_of(key))
        return self._other_templates[key]

    def work_out(self, located: Located, allele: int, *, variant: Variant, text: str) -> Finding:
        """What one allele does; `text` is VEP's Allele column."""
        entries = range(located.offsets[allele], located.offsets[allele + 1])
        candidates = [found for entry in entries if (found := self._candidate(located, entry, variant)) is not None]
        if not candidates:
            return _intergenic(text)
        picked = min(candidates, key=_pick_key)
        if not picked.has_name:
            named = effect_of(variant, self._views.view(self._store.transcript(picked.index)), naming=self._named)
            assert named is not None
            renamed = replace(picked, effect=named)
            candidates[candidates.index(picked)] = picked = renamed
        candidates.sort(key=_rank)
        texts = [text + entry_tail(one.texts.frame, one.effect, picked=one is picked) for one in candidates]
        effect = picked.effect
        return Finding(
            entries=",".join(texts),
            picked=Picked(
                most_severe=candidates[0].effect.terms[0].name,
                impact=candidates[0].effect.terms[0].impact,
                consequence=term_names(effect.terms),
                heading=picked.texts.heading,
                exon=effect.exon,
                intron=effect.intron,
                protein_position=effect.protein_position,
                amino_acids=effect.amino_acids,
            ),
            hgvsc=effect.hgvsc,
            hgvsp=effect.hgvsp,
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
        order = np.argsort(allele, kind="stable")  # transcripts stay in the order of the store
        return allele[order], transcript[order]

    def _candidate(self, located: Located, entry: int, variant: Variant) -> "_Candidate | None":
        index = located.transcripts[entry]
        texts = self._texts_of(index)
        is_plain = located.in_one_plain_zone[entry]
        if is_plain and self._hgvs != Hgvs.ALL:
            (zone,) = self._zones_of(located.zones[entry : entry + 1].tobytes())
            if not zone.exon:
                has_name = self._hgvs == Hgvs.NONE or zone.zone.is_flank
                return _Candidate(index=index, texts=texts, effect=zone.effect(variant), has_name=has_name)
        is_named = not is_plain or self._hgvs != Hgvs.DEFAULT
        naming = self._named if is_named else self._unnamed
        found = effect_of(variant, self._views.view(self._store.transcript(index)), naming=naming)
        return None if found is None else _Candidate(index=index, texts=texts, effect=found, has_name=is_named)

    def _zones_of(self, key: bytes) -> list[PlainZone]:
        """The zones that a key names."""
        numbers = np.frombuffer(key, np.uint32).tolist()
        known = self._zones
        missing = [number for number in numbers if number not in known]
        if missing:
            if len(known) >= _ZONES_HELD:
                known.clear()
                missing = numbers
            for number, zone in zip(missing, self._store.zones.plain_zones(missing), strict=True):
                known[number] = PlainZone(zone, self._texts_of(zone.transcript))
        return [known[number] for number in numbers]

    def _texts_of(self, index: int) -> TranscriptTexts:
        found = self._texts.get(index)
        if found is None:
            found = self._texts[index] = TranscriptTexts(self._store.heading(index))
        return found

    def name_of(self, index: int, variant: Variant) -> str:
        """The HGVS name of a change that lies in an intron of this transcript."""
        view = self._views.view(self._store.transcript(index))
        return transcript_name(variant, slide(variant, view)[0], view)

    def _compose(self, zones: list[PlainZone]) -> Template:
        if not zones:
            text = self._text([_intergenic(ALLELE).entries], _INTERGENIC_PICK)
            return Template(text=text, lines=(), picked=_INTERGENIC_PICK, name=None, name_line=(0, 0), is_reverse=False)
        picked, ordered = _ranked(zones)
        texts: list[str] = []
        lines: list[Line] = []
        for zone in ordered:
            named = self._hgvs == Hgvs.ALL or (self._hgvs == Hgvs.DEFAULT and zone is picked)
            if named or zone is picked:
                texts.append(zone.named_entry(zone.hgvsc if named else "", picked=zone is picked))
            else:
                texts.append(zone.entry)
            lines += zone.lines(named=named)
        row = _picked_in(picked, worst=ordered[0].terms[0])
        has_name = self._hgvs != Hgvs.NONE and not picked.zone.is_flank
        return Template(
            text=self._text(texts, row),
            lines=tuple(lines),
            picked=row,
            name=picked.name if has_name else None,
            name_line=picked.line if has_name else (0, 0),
            is_reverse=picked.texts.heading.strand < 0,
        )

    def _compose_other(self, zones: list[PlainZone]) -> OtherTemplate | None:
        if not zones:
            text = self._text([_intergenic(ALLELE).entries], _INTERGENIC_PICK)
            return OtherTemplate(text=text, lines=(), picked=_INTERGENIC_PICK, named=-1)
        if self._hgvs == Hgvs.ALL or any(zone.zone.exon for zone in zones):
            return None
        picked, ordered = _ranked(zones)
        has_name = self._hgvs != Hgvs.NONE and not picked.zone.is_flank
        texts = [
            zone.named_entry(NAME if has_name else "", picked=True) if zone is picked else zone.entry
            for zone in ordered
        ]
        row = _picked_in(picked, worst=ordered[0].terms[0])
        return OtherTemplate(
            text=self._text(texts, row),
            lines=tuple(zone.line for zone in ordered if zone.zone.is_flank),
            picked=row,
            named=picked.zone.transcript if has_name else -1,
        )

    def _text(self, entries: list[str], picked: Picked) -> bytes:
        """The INFO text, as a format, of a record whose only allele has these entries, which are formats too."""
        own = "".join(f";{name}={value}" for name, value in zip(self._allele_names, picked.values(), strict=True))
        return f";{self._csq_name}={','.join(entries)}{own.replace('%', '%%')}".encode()


def _ranked(zones: list[PlainZone]) -> tuple[PlainZone, list[PlainZone]]:
    """The picked one, and all of them, the most severe first."""
    return min(zones, key=_zone_pick_key), sorted(zones, key=_zone_rank)


def _zone_pick_key(zone: PlainZone) -> PickKey:
    return zone.pick_key


def _zone_rank(zone: PlainZone) -> int:
    return zone.terms[0].rank


def _picked_in(zone: PlainZone, *, worst: Term) -> Picked:
    return Picked(
        most_severe=worst.name,
        impact=worst.impact,
        consequence=term_names(zone.terms),
        heading=zone.texts.heading,
        exon=zone.exon,
        intron=zone.intron,
    )


def _begins_run(zones: NDArray[Any], allele: NDArray[Any], *, counts: NDArray[Any]) -> NDArray[np.bool_]:
    """Which alleles do not lie in the very zones of the allele before them; the entries are ordered by allele."""
    begins = np.ones(len(counts), dtype=np.bool_)
    if len(counts) < 2:
        return begins
    begins[1:] = counts[1:] != counts[:-1]
    entries = np.flatnonzero(~begins[allele])
    differs = zones[entries] != zones[entries - counts[allele[entries]]]
    begins[allele[entries[differs]]] = True
    return begins


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Candidate:
    """What an allele does to one transcript; `has_name` tells that its effect has the names that it can have."""

    index: int
    texts: TranscriptTexts
    effect: Effect
    has_name: bool


def _pick_key(candidate: _Candidate) -> PickKey:
    return pick_key(candidate.texts.heading, candidate.effect.terms[0])


def _rank(candidate: _Candidate) -> int:
    return candidate.effect.terms[0].rank


_INTERGENIC_PICK = Picked(
    most_severe=_INTERGENIC.name,
    impact=_INTERGENIC.impact,
    consequence=_INTERGENIC.name,
    heading=None,
)


def _intergenic(allele: str) -> Finding:
    return Finding(entries=allele + intergenic_tail(_INTERGENIC), picked=_INTERGENIC_PICK, hgvsc="", hgvsp="")
