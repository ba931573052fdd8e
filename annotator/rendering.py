"""Write the CSQ text of many alleles at once: in C where a compiler was at hand, else here, with the same bytes.

`annotator/native/text.c` mirrors `_render`; a test holds the two against each other.
"""

import ctypes
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from annotator.effects.placing import span
from annotator.models.zones import (
    BEFORE,
    CDNA,
    EXON,
    INTRON,
    IS_FLANK,
    NAME_SIGNS,
    NAME_STEPS,
    NUMBER,
    REGION,
    SIGN,
    ZoneTable,
)
from annotator.native import load, pointers, table
from annotator.room import Room
from annotator.texts import Texts

_LIBRARY = load()
_COMPLEMENT = str.maketrans("ACGT", "TGCA")

# The columns of a pair of an allele and a transcript.
PAIR_COLUMNS = (
    "transcript",  # number of the transcript's texts
    "terms",  # number of the consequence terms
    "rank",  # of the most severe one
    "zone",  # in which the allele lies
    "entry",  # number of the finished text from EXON to before STRAND, or one of those below
    "name",  # number of the name, -1: it is that of a single-base change, or none is told apart from the finished text
)
ZONE_ENTRY = -1  # all is known from the zone
NAMED_ENTRY = -2  # so too, and what is named of a picked transcript is named here
# The columns of an allele.
ALLELE_COLUMNS = (
    "first_pair",
    "last_pair",  # exclusive
    "picked",  # its pair, -1: none
    "low",  # of the first and the last base that change; those of an insertion stand the other way round
    "high",
    "text_begin",  # VEP's Allele, in `allele_text`
    "text_length",
    "ref",  # upper-case bases of a single-base change, as ASCII codes
    "alt",
    "rank",  # of the most severe term over all transcripts
    "is_whole",  # it is the only one of its record: the text is that of INFO, with what stands around the entries
)
_NAME_BYTES = 64  # more than signs and numbers of a name take
_ENTRY_BYTES = 128  # more than numbers and separators of an entry take


class Named(IntEnum):
    """Of which transcripts single-base changes get a name."""

    NONE = 0
    PICKED = 1
    ALL = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The texts that are put together."""

    heads: Texts  # by terms: from Consequence to IMPACT
    identities: Texts  # by transcript: from SYMBOL to BIOTYPE
    standings: Texts  # by transcript: from `|` before STRAND to the end, not picked
    picked_standings: Texts
    names: Texts  # by transcript: what HGVS names begin with
    given_names: Texts
    entries: Texts
    rank_owns: Texts  # INFO's own fields: by rank,
    term_owns: Texts  # by the terms of the picked pair,
    owns: Texts  # and by its transcript

    def all(self) -> tuple[Texts, ...]:
        return (
            self.heads,
            self.identities,
            self.standings,
            self.picked_standings,
            self.names,
            self.given_names,
            self.entries,
            self.rank_owns,
            self.term_owns,
            self.owns,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Alleles and what is to be written of them, with the columns listed above."""

    alleles: NDArray[np.int64]
    pairs: NDArray[np.int64]  # one row a column
    named: Named
    lead: bytes  # before the entries
    nothing: bytes  # the entry, behind Allele, of an allele without pairs
    nothing_own: bytes  # INFO's own fields of such an allele
    allele_text: bytes
    tables: Tables
    zones: ZoneTable
    strands: NDArray[np.int64]  # by transcript: 1 or -1
    exon_counts: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The texts of all alleles, one after the other, and the names of what was picked."""

    text: bytes | memoryview
    offsets: NDArray[np.int64]
    names: bytes
    name_offsets: NDArray[np.int64]


def render(batch: Batch, room: Room) -> Rendered:
    """Write all alleles of a batch; the text may stand in the room, and is good until that is cleared."""
    return _render(batch) if _LIBRARY is None else _render_natively(batch, _LIBRARY, room)


def _render_natively(batch: Batch, library: ctypes.CDLL, room: Room) -> Rendered:
    count = len(batch.alleles)
    alleles, pairs = np.ascontiguousarray(batch.alleles), np.ascontiguousarray(batch.pairs)
    counts = alleles[:, 1] - alleles[:, 0]
    size, names_size = _room(batch, counts)
    order = np.zeros(int(counts.max(initial=0)) + 1, dtype=np.int64)
    out, names = room.take(size), room.take(names_size)
    offsets, name_offsets = np.empty((2, count + 1), dtype=np.int64)
    tables, zones = batch.tables.all(), batch.zones
    signs, steps = NAME_SIGNS.astype(np.uint8), NAME_STEPS.astype(np.uint8)
    library.render(
        *map(ctypes.c_int64, (count, pairs.shape[1])),
        *pointers(alleles, pairs),
        ctypes.c_int(batch.named),
        *_bytes(batch.lead),
        *_bytes(batch.nothing),
        *_bytes(batch.nothing_own),
        ctypes.c_char_p(batch.allele_text),
        table(*(one.text for one in tables)),
        table(*(one.offsets for one in tables)),
        *pointers(zones.keys, zones.about, signs, steps),
        ctypes.c_int64(len(signs)),
        *pointers(batch.strands, batch.exon_counts, order, out, offsets, names, name_offsets),
    )
    room.give_back(size - int(offsets[-1]) + names_size)
    return Rendered(
        text=out.data[: int(offsets[-1])],
        offsets=offsets,
        names=names[: name_offsets[-1]].tobytes(),
        name_offsets=name_offsets,
    )


def _bytes(text: bytes) -> tuple[ctypes.c_char_p, ctypes.c_int64]:
    return ctypes.c_char_p(text), ctypes.c_int64(len(text))


def _room(batch: Batch, counts: NDArray[np.int64]) -> tuple[int, int]:
    """More bytes than the texts, and the names, can take; raises IndexError when a number is that of no text."""
    tables, alleles = batch.tables, batch.alleles
    transcript, terms, _, zone, entry, given = batch.pairs
    of_transcripts = min(len(tables.owns), len(batch.strands), len(batch.exon_counts))
    for numbers, count in ((transcript, of_transcripts), (terms, len(tables.term_owns)), (zone, len(batch.zones.keys))):
        if numbers.min(initial=0) < 0 or numbers.max(initial=-1) >= count:
            raise IndexError("A pair has a number of nothing.")
    name = int(tables.names.lengths[transcript].sum()) + len(transcript) * _NAME_BYTES
    name += int(tables.given_names.lengths[given[given >= 0]].sum())
    standing = np.maximum(tables.standings.lengths, tables.picked_standings.lengths)[transcript]
    heads = tables.heads.lengths[terms] + tables.identities.lengths[transcript]
    bodies = heads.sum() + tables.entries.lengths[entry[entry >= 0]].sum() + standing.sum()
    of_pairs = name + int(bodies) + len(transcript) * _ENTRY_BYTES
    texts = int((alleles[:, ALLELE_COLUMNS.index("text_length")] * (counts + 1)).sum())
    owns = sum(int(table.lengths.max(initial=0)) for table in (tables.rank_owns, tables.term_owns, tables.owns))
    around = len(batch.lead) + len(batch.nothing) + len(batch.nothing_own) + owns
    return of_pairs + texts + len(alleles) * around + 1, name + 1


def _render(batch: Batch) -> Rendered:
    pairs = batch.pairs.T.tolist()
    found = [_render_allele(batch, allele, pairs) for allele in batch.alleles.tolist()]
    texts, names = (Texts.of([one[place] for one in found]) for place in (0, 1))
    return Rendered(
        text=texts.text.tobytes(), offsets=texts.offsets, names=names.text.tobytes(), name_offsets=names.offsets
    )


def _render_allele(batch: Batch, allele: list[int], pairs: list[list[int]]) -> tuple[bytes, bytes]:
    """The text of one allele, and the name of what was picked."""
    first, last, picked, low, high, begin, length, ref, alt, worst, is_whole = allele
    tables = batch.tables
    text = batch.allele_text[begin : begin + length]
    entries = [text + batch.nothing] if first == last else []
    picked_name = b""
    for number in sorted(range(first, last), key=lambda number: pairs[number][2]):
        transcript, terms, _, zone, entry, given = pairs[number]
        is_picked = number == picked
        name = tables.given_names[given] if given >= 0 else b""
        if entry >= 0:
            body = tables.entries[entry]
        else:
            place = _Place(batch, transcript, zone, low, high)
            needed = Named.PICKED if is_picked or entry == NAMED_ENTRY else Named.ALL
            is_named = not place.is_flank and batch.named >= needed
            if not is_named:
                name = b""
            elif given < 0:
                name = tables.names[transcript] + place.name(chr(ref), chr(alt))
            body = place.body(name)
        standing = (tables.picked_standings if is_picked else tables.standings)[transcript]
        entries.append(text + tables.heads[terms] + tables.identities[transcript] + body + standing)
        if is_picked:
            picked_name = name
    written = b",".join(entries)
    if is_whole:
        own = batch.nothing_own
        if picked >= 0:
            own = tables.term_owns[pairs[picked][1]] + tables.owns[pairs[picked][0]]
        written = batch.lead + written + tables.rank_owns[worst] + own
    return written, picked_name


class _Place:
    """Where in a transcript an allele lies, which a plain zone holds."""

    def __init__(self, batch: Batch, transcript: int, zone: int, low: int, high: int) -> None:
        about = batch.zones.about[zone].tolist()
        self.is_flank = about[IS_FLANK] > 0
        self._is_forward = batch.strands[transcript] > 0
        step = 1 if about[SIGN] > 0 else -1
        low, high = low - batch.zones.start(zone), high - batch.zones.start(zone)
        self._number = about[NUMBER] + step * (low if step > 0 else high)
        first = about[CDNA] + (low if self._is_forward else -high)
        self._cdna = span(first, first + high - low) if about[CDNA] else ""
        self._about = about
        self._exon_count = int(batch.exon_counts[transcript])

    def name(self, ref: str, alt: str) -> bytes:
        region, before = self._about[REGION], self._about[BEFORE]
        sign, step = (chr(signs[region]) if signs[region] else "" for signs in (NAME_SIGNS, NAME_STEPS))
        change = f"{ref}>{alt}" if self._is_forward else f"{ref}>{alt}".translate(_COMPLEMENT)
        return f"{sign}{before or ''}{step}{self._number}{change}".encode()

    def body(self, name: bytes) -> bytes:
        exon, intron, count = self._about[EXON], self._about[INTRON], self._exon_count
        numbers = f"{f'{exon}/{count}' if exon else ''}|{f'{intron}/{count - 1}' if intron else ''}|"
        distance = self._number if self.is_flank else ""
        return b"".join((numbers.encode(), name, f"||{self._cdna}|||||{distance}".encode()))
