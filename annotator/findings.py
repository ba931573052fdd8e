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
from annotator.effects.effect import ContigSequence, Effect, Variant
from annotator.effects.naming import Naming
from annotator.effects.pick import PickKey, pick_key
from annotator.effects.transcripts import FLANK_BASES, effect_of
from annotator.effects.view import TranscriptViews
from annotator.fields import FieldNames
from annotator.models.store import Heading, ModelStore
from annotator.ontology import TERMS
from annotator.plain_zones import ALLELE, Line, PlainZone

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
    """The INFO text of all plain single-base changes that lie in the same zones: see `plain_zones.filled`."""

    text: bytes  # begins with a semicolon
    lines: tuple[Line, ...]
    picked: Picked
    hgvsc: bytes  # empty: no name
    hgvsc_lines: tuple[Line, ...]


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
        self._views = TranscriptViews(sequence)
        self._texts: dict[int, _Texts] = {}
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

    def template(self, key: bytes) -> Template:
        """The template of the plain single-base changes with this `Located.key`."""
        found = self._templates.get(key)
        if found is None:
            if len(self._templates) >= _TEMPLATES_HELD:
                self._templates.clear()
            found = self._compose([self._zone(number) for number in np.frombuffer(key, np.uint32).tolist()])
            self._templates[key] = found
        return found

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
        return allele, transcript

    def _candidate(self, located: Located, entry: int, variant: Variant) -> "_Candidate | None":
        index = located.transcripts[entry]
        texts = self._texts_of(index)
        is_plain = located.in_one_plain_zone[entry]
        if is_plain and self._hgvs != Hgvs.ALL:
            zone = self._zone(int(located.zones[entry]))
            if not zone.exon:
                has_name = self._hgvs == Hgvs.NONE or not zone.hgvsc
                return _Candidate(index=index, texts=texts, effect=zone.effect(variant), has_name=has_name)
        is_named = not is_plain or self._hgvs != Hgvs.DEFAULT
        naming = self._named if is_named else self._unnamed
        found = effect_of(variant, self._views.view(self._store.transcript(index)), naming=naming)
        return None if found is None else _Candidate(index=index, texts=texts, effect=found, has_name=is_named)

    def _zone(self, number: int) -> PlainZone:
        found = self._zones.get(number)
        if found is None:
            if len(self._zones) >= _ZONES_HELD:
                self._zones.clear()
            zone = self._store.zones.plain_zone(number)
            texts = self._texts_of(zone.transcript)
            found = self._zones[number] = PlainZone(zone, heading=texts.heading, frame=texts.format)
        return found

    def _texts_of(self, index: int) -> "_Texts":
        found = self._texts.get(index)
        if found is None:
            heading = self._store.heading(index)
            frame = frame_of(heading)
            found = self._texts[index] = _Texts(heading=heading, frame=frame, format=frame.as_format())
        return found

    def _compose(self, zones: Sequence[PlainZone]) -> Template:
        """The template of changes that lie in these zones."""
        if not zones:
            return self._as_template(_intergenic(ALLELE).entries, (), _INTERGENIC_PICK)
        picked = min(zones, key=lambda zone: pick_key(zone.heading, zone.terms[0]))
        ordered = sorted(zones, key=lambda zone: zone.terms[0].rank)
        texts: list[str] = []
        lines: list[Line] = []
        for zone in ordered:
            named = self._hgvs == Hgvs.ALL or (self._hgvs == Hgvs.DEFAULT and zone is picked)
            texts.append(zone.entry(named=named, picked=zone is picked))
            lines += zone.lines(named=named)
        worst = ordered[0].terms[0]
        row = Picked(
            most_severe=worst.name,
            impact=worst.impact,
            consequence=term_names(picked.terms),
            heading=picked.heading,
            exon=picked.exon,
            intron=picked.intron,
        )
        name = picked.hgvsc if self._hgvs != Hgvs.NONE else ""
        return self._as_template(",".join(texts), tuple(lines), row, hgvsc=name, hgvsc_line=picked.hgvsc_line)

    def _as_template(
        self, entries: str, lines: tuple[Line, ...], picked: Picked, *, hgvsc: str = "", hgvsc_line: Line = (0, 0)
    ) -> Template:
        own = "".join(f";{name}={value}" for name, value in zip(self._allele_names, picked.values(), strict=True))
        return Template(
            text=f";{self._csq_name}={entries}{own.replace('%', '%%')}".encode(),
            lines=lines,
            picked=picked,
            hgvsc=hgvsc.encode(),
            hgvsc_lines=(hgvsc_line,) if hgvsc else (),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Texts:
    """What is written of one transcript."""

    heading: Heading
    frame: Frame
    format: Frame


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Candidate:
    """What an allele does to one transcript; `has_name` tells that its effect has the names that it can have."""

    index: int
    texts: _Texts
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
