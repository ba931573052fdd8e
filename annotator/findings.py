"""What the alleles of one run of records do to the transcripts near them.

Pairs of an allele and a transcript are found all at once. Where the allele lies in a plain zone of the transcript
(`annotator.models.zones`), all is known from the zone; elsewhere `annotator.effects` works it out, pair by pair. Then
one transcript is picked for each allele, and everything is written at once (`annotator.rendering`).
"""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from annotator.coded import distinct
from annotator.csq import ALLELE_FIELDS, CSQ_FIELD, encode, entry_body, feature_of, intergenic_tail, term_names
from annotator.effects.effect import Effect, Variant
from annotator.effects.naming import Naming
from annotator.effects.pick import picking_numbers
from annotator.effects.structural import StructuralVariant, structural_effect
from annotator.effects.transcript_names import slide, transcript_name
from annotator.effects.transcripts import FLANK_BASES, effect_of
from annotator.effects.view import TranscriptView, TranscriptViews
from annotator.fields import FieldNames
from annotator.intron_names import Zoned, intron_names
from annotator.models.store import ModelStore
from annotator.models.zones import ABOUT, NAME_SIGNS, NAME_STEPS
from annotator.normal_form import Changes
from annotator.ontology import BY_RANK, TERMS, Term
from annotator.pairs import Pairs, Queries
from annotator.rendering import PAIR_COLUMNS, Batch, Rendered, Texts, render
from annotator.sequence import ContigBases
from annotator.transcript_texts import TranscriptText, TranscriptTexts

_INTERGENIC = TERMS["intergenic_variant"]
_EXON, _INTRON, _CDNA, _IS_FLANK, _REGION, _BEFORE, _NUMBER, _SIGN = range(len(ABOUT))

Integers = NDArray[np.int64]


class Hgvs(StrEnum):
    """Which transcripts changes are named for."""

    DEFAULT = "default"  # the picked one, and all whose coding sequence or splice sites are hit
    ALL = "all"
    NONE = "none"


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
        self._store = store
        self._sequence = sequence
        self._hgvs = hgvs
        self._named = Naming(hgvs=hgvs != Hgvs.NONE, parentheses=parentheses)
        self._unnamed = Naming(hgvs=False, parentheses=parentheses)
        self._lead = f"{names.name_of[CSQ_FIELD.id]}=".encode()
        self._allele_names = tuple(names.name_of[one.id] for one in ALLELE_FIELDS)
        self._views = TranscriptViews(sequence)
        self._starts = np.maximum(store.starts.astype(np.int64) - FLANK_BASES, 0)
        self._ends = store.ends.astype(np.int64) + FLANK_BASES
        self._standing = picking_numbers(*store.standing())
        self.texts = TranscriptTexts(store)
        self.terms: list[tuple[Term, ...]] = [*store.zones.terms, (_INTERGENIC,)]
        self._number_of_terms = {terms: number for number, terms in enumerate(self.terms)}
        self._intergenic = len(self.terms) - 1

    def find(self, queries: Queries) -> Findings:
        """Find and write what these alleles do."""
        work = Pairs(queries, *self._pairs(queries.first, queries.last))
        self._look_up(work)
        self._work_out(work)
        work.pick(self._standing)
        names = self._name_picked(work)
        return self._write(work, names)

    def _pairs(self, first: Integers, last: Integers) -> tuple[Integers, Integers]:
        """All pairs of an allele and a transcript that is near it, by allele, transcripts in the store's order."""
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
        touches = (np.maximum(first, last)[allele] >= self._starts[transcript]) & (
            np.minimum(first, last)[allele] <= self._ends[transcript]
        )
        allele, transcript = allele[touches], transcript[touches]
        order = np.argsort(allele, kind="stable")
        return allele[order], transcript[order]

    def _look_up(self, work: Pairs) -> None:
        """Read what the zones say, and see where that is not enough."""
        queries, zones = work.queries, self._store.zones
        first, last = queries.first[work.allele], queries.last[work.allele]
        zone = zones.find(work.transcript, first)
        work.zone = zone
        work.about = zones.about(zone).astype(np.int64)
        work.zone_start = zones.starts(zone)
        work.terms = zones.kinds(zone).astype(np.int64)
        is_snv = queries.refs[work.allele] > 0
        is_flank = work.about[:, _IS_FLANK] > 0
        in_one = zone == zones.find(work.transcript, last)
        may_stay = is_snv | is_flank | ((work.about[:, _EXON] == 0) & (self._hgvs != Hgvs.ALL))
        in_plain = (work.terms > 0) & in_one
        work.is_plain = in_plain & may_stay & ~queries.structural[work.allele]
        work.in_plain_exon = in_plain & ~work.is_plain

    def _work_out(self, work: Pairs) -> None:
        """Work out what zones do not tell."""
        lost: list[int] = []
        pairs = np.flatnonzero(~work.is_plain)
        unnamed = work.in_plain_exon[pairs] & (self._hgvs == Hgvs.DEFAULT)
        rows = (pairs, work.allele[pairs], work.transcript[pairs], unnamed)
        for pair, allele, index, is_unnamed in zip(*(row.tolist() for row in rows), strict=True):
            naming = self._unnamed if is_unnamed else self._named
            effect = self._effect(work.variant(allele), self._view(index), naming)
            if effect is None:
                lost.append(pair)
                continue
            work.effects[pair] = effect
            work.terms[pair] = self._number_terms(effect.terms)
        work.ranks = np.array([terms[0].rank if terms else 0 for terms in self.terms], dtype=np.int64)[work.terms]
        work.drop(lost)

    def _effect(self, variant: Variant | StructuralVariant, view: TranscriptView, naming: Naming) -> Effect | None:
        if isinstance(variant, StructuralVariant):
            return structural_effect(variant, view)
        return effect_of(variant, view, naming=naming)

    def _name_picked(self, work: Pairs) -> list[bytes]:
        """Name what zones and `_work_out` have left without a name, and give all names that are not made of numbers."""
        work.name = np.full(len(work.queries.first), -1, dtype=np.int64)
        if self._hgvs == Hgvs.NONE:
            return []
        picked = work.picked[(work.picked >= 0) & (work.queries.refs == 0)]
        in_intron = picked[work.is_plain[picked] & (work.about[picked, _IS_FLANK] == 0)]
        names = self._names_in_introns(work, in_intron)
        work.name[work.allele[in_intron]] = np.arange(len(in_intron))
        if self._hgvs == Hgvs.DEFAULT:
            for pair in picked[work.in_plain_exon[picked]].tolist():
                view, variant = self._view(int(work.transcript[pair])), work.variant(int(work.allele[pair]))
                named = self._effect(variant, view, self._named)
                assert named is not None
                work.effects[pair] = named
        for pair, effect in work.effects.items():
            allele = int(work.allele[pair])
            if work.picked[allele] == pair and effect.hgvsc:
                work.name[allele] = len(names)
                names.append(effect.hgvsc.encode())
        return names

    def _names_in_introns(self, work: Pairs, pairs: Integers) -> list[bytes]:
        """The names of changes that are no single-base changes, in plain zones of introns."""
        words = work.queries.words.where(work.allele[pairs])
        moves = np.flatnonzero(words.ends > words.begins)
        names = [b""] * len(pairs)
        for number, name in zip(moves.tolist(), self._names_of_moves(work, pairs[moves]), strict=True):
            names[number] = name
        for number, pair in enumerate(pairs.tolist()):
            if not names[number]:
                variant, view = work.variant(int(work.allele[pair])), self._view(int(work.transcript[pair]))
                assert isinstance(variant, Variant)  # structural alleles are never in a plain zone
                names[number] = transcript_name(variant, slide(variant, view)[0], view).encode()
        return names

    def _names_of_moves(self, work: Pairs, pairs: Integers) -> list[bytes]:
        """The names of insertions and deletions, as far as these can be told from the zones."""
        alleles, zones = work.allele[pairs], work.zone[pairs]
        used, local = distinct(work.transcript[pairs], below=len(self._store))
        texts = [self.texts.of(number) for number in used.tolist()]
        are_forward = np.array([one.heading.strand > 0 for one in texts], dtype=np.bool_)
        first, last = work.queries.first[alleles], work.queries.last[alleles]
        zoned = Zoned(
            changes=Changes(
                words=work.queries.words.where(alleles),
                positions=first,
                are_deletions=last >= first,
            ),
            about=work.about[pairs].astype(np.int32),
            firsts=work.zone_start[pairs],
            lasts=self._store.zones.last_bases(zones),
            are_forward=are_forward[local],
            prefixes=[one.name for one in texts],
            prefix_of=local,
        )
        return intron_names(zoned, sequence=self._sequence)

    def _write(self, work: Pairs, names: list[bytes]) -> Findings:
        queries = work.queries
        used, local = distinct(work.transcript, below=len(self._store))
        texts = [self.texts.of(number) for number in used.tolist()]
        pairs, heads, entries = self._pair_rows(work, local, texts)
        transcripts, terms = work.of_picked(work.transcript, -1), work.of_picked(work.terms, self._intergenic)
        ranks = np.where(work.picked < 0, _INTERGENIC.rank, work.worst_ranks)
        owns, own = self._own_texts(transcripts, terms, ranks)
        owns.append(b"")  # of alleles that share a record
        alleles = np.stack(
            (
                work.offsets[:-1],
                work.offsets[1:],
                work.picked,
                queries.text_begins,
                queries.text_lengths,
                queries.refs.astype(np.int64),
                queries.alts.astype(np.int64),
                work.name,
                np.where(queries.whole, own, len(owns) - 1),
                queries.whole,
            ),
            axis=1,
        )
        rendered = render(
            Batch(
                alleles=alleles,
                pairs=pairs,
                lead=self._lead,
                nothing=intergenic_tail(_INTERGENIC).encode(),
                allele_text=queries.texts,
                heads=Texts(heads),
                standings=Texts([one.standing for one in texts]),
                picked_standings=Texts([one.picked_standing for one in texts]),
                names=Texts([one.name for one in texts]),
                given_names=Texts(names),
                entries=Texts(entries),
                owns=Texts(owns),
            )
        )
        is_known = work.of_picked(work.is_plain.astype(np.int64), 0) > 0
        return Findings(
            rendered=rendered,
            transcripts=transcripts,
            terms=terms,
            ranks=ranks,
            exons=np.where(is_known, work.of_picked(work.about[:, _EXON], 0), 0),
            introns=np.where(is_known, work.of_picked(work.about[:, _INTRON], 0), 0),
            effects={
                int(work.allele[pair]): effect
                for pair, effect in work.effects.items()
                if work.picked[work.allele[pair]] == pair
            },
        )

    def _pair_rows(
        self, work: Pairs, local: Integers, texts: list[TranscriptText]
    ) -> tuple[list[NDArray[np.int32]], list[bytes], list[bytes]]:
        """The pairs as `rendering` wants them, the texts before their numbers, and the finished ones."""
        queries, about = work.queries, work.about
        steps = np.where(about[:, _SIGN] > 0, 1, -1)
        near = np.where(
            steps > 0,
            np.minimum(queries.first, queries.last)[work.allele],
            np.maximum(queries.first, queries.last)[work.allele],
        )
        strands = np.array([one.heading.strand for one in texts], dtype=np.int64)
        exon_counts = np.array([one.heading.exon_count for one in texts], dtype=np.int64)
        cdna = about[:, _CDNA] + strands[local] * (near - work.zone_start)
        is_picked = work.picked[work.allele] == np.arange(len(work.allele))
        is_flank = about[:, _IS_FLANK] > 0
        named = work.is_plain & ~is_flank & (self._hgvs != Hgvs.NONE) & ((self._hgvs == Hgvs.ALL) | is_picked)
        entry = np.full(len(work.allele), -1, dtype=np.int64)
        entries: list[bytes] = []
        for pair, effect in work.effects.items():
            entry[pair] = len(entries)
            entries.append(entry_body(texts[local[pair]].identity, effect).encode())
        kinds = len(self.terms)
        different, head = distinct(local * kinds + work.terms, below=len(texts) * kinds)
        heads = [texts[number // kinds].head(self.terms[number % kinds]) for number in different.tolist()]
        columns = (
            head,
            local,
            work.ranks,
            about[:, _EXON],
            about[:, _INTRON],
            exon_counts[local],
            np.where(about[:, _CDNA] > 0, cdna, 0),
            is_flank,
            NAME_SIGNS[about[:, _REGION]],
            about[:, _BEFORE],
            NAME_STEPS[about[:, _REGION]],
            about[:, _NUMBER] + steps * (near - work.zone_start),
            strands[local] < 0,
            named,
            entry,
        )
        assert len(columns) == len(PAIR_COLUMNS)
        return [column.astype(np.int32) for column in columns], heads, entries

    def _own_texts(self, transcripts: Integers, terms: Integers, ranks: Integers) -> tuple[list[bytes], Integers]:
        """The text behind the entries of each allele: the different ones, and which of them it is."""
        keys = (transcripts + 1) << 32 | terms << 8 | ranks
        different, own = np.unique(keys, return_inverse=True)
        owns = []
        for key in different.tolist():
            values = self.values(transcript=(key >> 32) - 1, terms=key >> 8 & 0xFFFFFF, rank=key & 0xFF)
            pairs = zip(self._allele_names, values, strict=True)
            owns.append("".join(f";{name}={value}" for name, value in pairs).encode())
        return owns, own.astype(np.int64)

    def values(self, *, transcript: int, terms: int, rank: int) -> tuple[str, ...]:
        """The values of ALLELE_FIELDS for one allele, from its columns of Findings."""
        worst = BY_RANK[rank]
        symbol, feature = "", ""
        if transcript >= 0:
            heading = self.texts.of(transcript).heading
            symbol, feature = heading.symbol, feature_of(heading.id)
        return worst.name, worst.impact, term_names(self.terms[terms]), encode(symbol) or ".", encode(feature) or "."

    def _number_terms(self, terms: tuple[Term, ...]) -> int:
        number = self._number_of_terms.setdefault(terms, len(self.terms))
        if number == len(self.terms):
            self.terms.append(terms)
        return number

    def _view(self, index: int) -> TranscriptView:
        return self._views.view(self._store.transcript(index))
