"""What the alleles of one run of records do to the transcripts near them.

Pairs of an allele and a transcript are found all at once. Where the allele lies in a plain zone of the transcript
(`annotator.models.zones`) or beside one (`annotator.intron_edges`), the zone tells all. Bases replaced in coding
sequences are judged many at once (`annotator.substitutions`); the rest is worked out by `annotator.effects`, pair by
pair. Then one transcript is picked for each allele, and everything is written at once (`annotator.rendering`).
"""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from annotator.coded import distinct
from annotator.csq import (
    ALLELE_FIELDS,
    CSQ_FIELD,
    encode,
    entry_body,
    entry_head,
    feature_of,
    intergenic_tail,
    term_names,
)
from annotator.effects.effect import Effect, Variant
from annotator.effects.naming import Naming
from annotator.effects.pick import picking_numbers
from annotator.effects.structural import StructuralVariant, structural_effect
from annotator.effects.transcript_names import slide, transcript_name
from annotator.effects.transcripts import effect_of
from annotator.effects.view import TranscriptView, TranscriptViews
from annotator.fields import FieldNames
from annotator.intron_edges import edge_terms, find_edges
from annotator.intron_names import Zoned, intron_names
from annotator.models.store import ModelStore
from annotator.models.zones import EXON, INTRON, IS_FLANK
from annotator.normal_form import Changes
from annotator.ontology import BY_RANK, TERMS, Term
from annotator.pairs import PairFinder, Pairs, Queries
from annotator.rendering import NAMED_ENTRY, ZONE_ENTRY, Batch, Named, Rendered, Tables, render
from annotator.room import Room
from annotator.sequence import ContigBases
from annotator.substitutions import Substitutions, substitution_effects
from annotator.texts import Texts
from annotator.transcript_texts import Frames, TranscriptTexts

_INTERGENIC = TERMS["intergenic_variant"]

Integers = NDArray[np.int64]


class Hgvs(StrEnum):
    """Which transcripts changes are named for."""

    DEFAULT = "default"  # the picked one, and all whose coding sequence or splice sites are hit
    ALL = "all"
    NONE = "none"


_NAMED = {Hgvs.DEFAULT: Named.PICKED, Hgvs.ALL: Named.ALL, Hgvs.NONE: Named.NONE}


@dataclass(slots=True, kw_only=True)
class Findings:
    """What became known, one entry an allele; for none near, `transcripts` is -1."""

    rendered: Rendered  # of alleles that are `whole` the record's INFO text, of others the entries alone
    transcripts: Integers  # numbers in the store of the picked ones
    terms: Integers  # numbers of the picked one's terms, see `ContigFindings.terms`
    ranks: Integers  # of the most severe term over all transcripts
    exons: Integers  # number of the picked one's exon and intron, 0: none, or told by `effects`
    introns: Integers
    effects: dict[int, Effect] = field(default_factory=dict)  # by allele, where the picked one was worked out


class ContigFindings:
    """Finds what alleles do on one contig; holds what it has made ready."""

    def __init__(
        self, *, store: ModelStore, sequence: ContigBases, names: FieldNames, hgvs: Hgvs, parentheses: bool
    ) -> None:
        self.store = store
        self._sequence = sequence
        self._hgvs = hgvs
        self._naming = Naming(hgvs=hgvs != Hgvs.NONE, parentheses=parentheses)
        self._lead = f"{names.name_of[CSQ_FIELD.id]}=".encode()
        *self._rank_keys, self._terms_key, symbol_key, feature_key = (names.name_of[one.id] for one in ALLELE_FIELDS)
        self._texts = TranscriptTexts(store, symbol_key=symbol_key, feature_key=feature_key)
        self._nothing_own = f"{self._own_terms((_INTERGENIC,))};{symbol_key}=.;{feature_key}=.".encode()
        self._rank_owns = Texts.of([self._own_rank(term).encode() for term in BY_RANK])
        self._views = TranscriptViews(sequence)
        self._finder = PairFinder(store)
        self._standing = picking_numbers(*store.standing())
        self.terms: list[tuple[Term, ...]] = [*store.zones.terms, (_INTERGENIC,)]
        self._number_of_terms = {terms: number for number, terms in enumerate(self.terms)}
        self._intergenic = len(self.terms) - 1

    def find(self, queries: Queries, *, room: Room) -> Findings:
        """Find and write what these alleles do; the texts may stand in the room."""
        work = self._finder.find(queries)
        self._work_out(work)
        work.pick(self._standing)
        names = self._name(work)
        return self._write(work, names, room)

    def _work_out(self, work: Pairs) -> None:
        """Work out what zones do not tell."""
        lost: list[int] = []
        self._find_ablations(work)
        self._find_edges(work)
        pairs = np.flatnonzero(~work.is_plain)
        effects = self._substitutions(work, pairs)
        rows = (pairs, work.allele[pairs], work.transcript[pairs])
        for pair, allele, index in zip(*(row.tolist() for row in rows), strict=True):
            effect = effects.get(pair) or self._effect(work.variant(allele), self._view(index))
            if effect is None:
                lost.append(pair)
                continue
            work.effects[pair] = effect
            work.terms[pair] = self._number_terms(effect.terms)
        work.ranks = np.array([terms[0].rank if terms else 0 for terms in self.terms], dtype=np.int64)[work.terms]
        work.drop(lost)

    def _find_ablations(self, work: Pairs) -> None:
        """Take alleles that shorten all of a transcript out of what zones tell: it may be one plain zone."""
        pairs = np.flatnonzero(work.is_plain & (work.queries.refs[work.allele] == 0))
        alleles, transcripts = work.allele[pairs], work.transcript[pairs]
        covers = work.queries.first[alleles] <= self.store.starts[transcripts]
        covers &= work.queries.last[alleles] >= self.store.ends[transcripts]
        for pair in pairs[covers].tolist():
            variant = work.variant(int(work.allele[pair]))
            assert isinstance(variant, Variant)  # structural alleles are never plain
            work.is_plain[pair] = len(variant.alt) >= len(variant.ref)

    def _find_edges(self, work: Pairs) -> None:
        """Let the zones beside edges of introns tell of single bases there."""
        pairs = np.flatnonzero(~work.is_plain)
        pairs = pairs[work.queries.refs[work.allele[pairs]] > 0]
        edges = find_edges(
            self.store,
            transcripts=work.transcript[pairs],
            zones=work.zone[pairs],
            positions=work.queries.first[work.allele[pairs]],
        )
        pairs = pairs[edges.rows]
        work.is_plain[pairs] = work.in_edge[pairs] = True
        work.zone[pairs] = edges.zones
        rows = zip(self.store.zones.kinds(edges.zones).tolist(), edges.places.tolist(), strict=True)
        work.terms[pairs] = [self._number_terms(edge_terms(self.terms[kind], place)) for kind, place in rows]

    def _substitutions(self, work: Pairs, pairs: Integers) -> dict[int, Effect | None]:
        """The effects of single bases that are replaced in a coding sequence, by pair; None where that is special."""
        alleles, transcripts = work.allele[pairs], work.transcript[pairs]
        chosen = (work.queries.refs[alleles] > 0) & self.store.are_coding[transcripts]
        asked = Substitutions(
            transcripts=transcripts[chosen],
            positions=work.queries.first[alleles[chosen]],
            alts=work.queries.alts[alleles[chosen]],
        )
        effects = substitution_effects(asked, store=self.store, sequence=self._sequence, naming=self._naming)
        return dict(zip(pairs[chosen].tolist(), effects, strict=True))

    def _effect(self, variant: Variant | StructuralVariant, view: TranscriptView) -> Effect | None:
        if isinstance(variant, StructuralVariant):
            return structural_effect(variant, view)
        return effect_of(variant, view, naming=self._naming)

    def _name(self, work: Pairs) -> Texts:
        """Name what zones and `_work_out` have left without a name, and give all names that are not made of numbers."""
        work.name = np.full(len(work.allele), -1, dtype=np.int64)
        if self._hgvs == Hgvs.NONE:
            return Texts.of([])
        pairs = np.arange(len(work.allele)) if self._hgvs == Hgvs.ALL else work.picked[work.picked >= 0]
        pairs = pairs[work.is_plain[pairs] & (work.queries.refs[work.allele[pairs]] == 0)]
        in_zone = pairs[self.store.zones.about(work.zone[pairs])[:, IS_FLANK] == 0]
        words = work.queries.words.where(work.allele[in_zone])
        moves = in_zone[words.ends > words.begins]
        names, others = self._names_of_moves(work, moves), list[bytes]()
        work.name[moves] = np.where(names.lengths > 0, np.arange(len(moves)), -1)
        for pair in in_zone[work.name[in_zone] < 0].tolist():
            variant, view = work.variant(int(work.allele[pair])), self._view(int(work.transcript[pair]))
            assert isinstance(variant, Variant)  # structural alleles are never plain
            work.name[pair] = len(names) + len(others)
            others.append(transcript_name(variant, slide(variant, view)[0], view).encode())
        for pair, effect in work.effects.items():
            if work.picked[work.allele[pair]] == pair and effect.hgvsc:
                work.name[pair] = len(names) + len(others)
                others.append(effect.hgvsc.encode())
        return names.followed_by(Texts.of(others))

    def _names_of_moves(self, work: Pairs, pairs: Integers) -> Texts:
        """The names of insertions and deletions in plain zones, as far as these tell; empty for others."""
        alleles, zones = work.allele[pairs], work.zone[pairs]
        used, local = distinct(work.transcript[pairs], below=len(self.store))
        first, last = work.queries.first[alleles], work.queries.last[alleles]
        zoned = Zoned(
            changes=Changes(
                words=work.queries.words.where(alleles),
                positions=first,
                are_deletions=last >= first,
            ),
            about=self.store.zones.about(zones),
            firsts=self.store.zones.starts(zones),
            lasts=self.store.zones.last_bases(zones),
            are_forward=self.store.strands[work.transcript[pairs]] > 0,
            prefixes=self._texts.names(used),
            prefix_of=local,
        )
        return intron_names(zoned, sequence=self._sequence)

    def _write(self, work: Pairs, names: Texts, room: Room) -> Findings:
        queries = work.queries
        used, local = distinct(work.transcript, below=len(self.store))
        entries, finished = self._entries(work)
        worst_ranks = np.where(work.picked < 0, _INTERGENIC.rank, work.worst_ranks)
        rendered = render(
            Batch(
                alleles=np.stack(
                    (
                        work.offsets[:-1],
                        work.offsets[1:],
                        work.picked,
                        np.minimum(queries.first, queries.last),
                        np.maximum(queries.first, queries.last),
                        queries.text_begins,
                        queries.text_lengths,
                        queries.refs,
                        queries.alts,
                        worst_ranks,
                        queries.whole,
                    ),
                    axis=1,
                    dtype=np.int64,
                ),
                pairs=np.stack((local, work.terms, work.ranks, work.zone, entries, work.name)),
                named=_NAMED[self._hgvs],
                lead=self._lead,
                nothing=intergenic_tail(_INTERGENIC).encode(),
                nothing_own=self._nothing_own,
                allele_text=queries.texts,
                tables=self._tables(self._texts.of(used), names=names, entries=finished),
                zones=self.store.zones.table,
                strands=self.store.strands[used].astype(np.int64),
                exon_counts=self.store.exon_counts[used],
            ),
            room,
        )
        is_known = work.of_picked(work.is_plain.astype(np.int64), 0) > 0
        about = self.store.zones.about(np.where(is_known, work.of_picked(work.zone, 0), 0))
        return Findings(
            rendered=rendered,
            transcripts=work.of_picked(work.transcript, -1),
            terms=work.of_picked(work.terms, self._intergenic),
            ranks=worst_ranks,
            exons=np.where(is_known, about[:, EXON], 0).astype(np.int64),
            introns=np.where(is_known, about[:, INTRON], 0).astype(np.int64),
            effects={
                int(work.allele[pair]): effect
                for pair, effect in work.effects.items()
                if work.picked[work.allele[pair]] == pair
            },
        )

    def _tables(self, frames: Frames, *, names: Texts, entries: list[bytes]) -> Tables:
        return Tables(
            heads=Texts.of([entry_head(terms).encode() for terms in self.terms]),
            identities=frames.identities,
            standings=frames.standings,
            picked_standings=frames.picked_standings,
            names=frames.names,
            given_names=names,
            entries=Texts.of(entries),
            rank_owns=self._rank_owns,
            term_owns=Texts.of([self._own_terms(terms).encode() for terms in self.terms]),
            owns=frames.owns,
        )

    def _entries(self, work: Pairs) -> tuple[Integers, list[bytes]]:
        """The texts of what was worked out, and which of them is that of each pair."""
        numbers = np.where(work.in_edge, NAMED_ENTRY, ZONE_ENTRY)
        numbers[list(work.effects)] = np.arange(len(work.effects))
        return numbers, [entry_body(effect).encode() for effect in work.effects.values()]

    def _own_rank(self, term: Term) -> str:
        return "".join(f";{key}={value}" for key, value in zip(self._rank_keys, (term.name, term.impact), strict=True))

    def _own_terms(self, terms: tuple[Term, ...]) -> str:
        return f";{self._terms_key}={term_names(terms)}"

    def values(self, found: Findings, rows: Integers) -> tuple[list[bytes], ...]:
        """The values of each of ALLELE_FIELDS, for the alleles in these rows."""
        worst = [BY_RANK[rank] for rank in found.ranks[rows].tolist()]
        picked = found.transcripts[rows].tolist()
        named = {transcript: self._named_by(transcript) for transcript in set(picked)}
        return (
            [term.name.encode() for term in worst],
            [term.impact.encode() for term in worst],
            [(term_names(self.terms[number]) or ".").encode() for number in found.terms[rows].tolist()],
            [named[transcript][0] for transcript in picked],
            [named[transcript][1] for transcript in picked],
        )

    def _named_by(self, transcript: int) -> tuple[bytes, bytes]:
        """Symbol and identifier of a transcript, a dot where there is none."""
        symbol, identifier = (
            self.store.text_of(column, transcript) if transcript >= 0 else "" for column in ("symbol", "id")
        )
        return (encode(symbol) or ".").encode(), (encode(feature_of(identifier)) or ".").encode()

    def _number_terms(self, terms: tuple[Term, ...]) -> int:
        number = self._number_of_terms.setdefault(terms, len(self.terms))
        if number == len(self.terms):
            self.terms.append(terms)
        return number

    def _view(self, index: int) -> TranscriptView:
        return self._views.view(self.store.transcript(index))
