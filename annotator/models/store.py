"""The transcripts of one contig in columns: cheap to open, and a Transcript is made only when it is asked for.

Exons and coding parts of all transcripts stand in two lists of intervals, with the place where each transcript's
begin. Texts are kept once each in a blob and named by number; text 0 is the contig's name.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.arrays import open_arrays, pack_texts, stem_of, write_arrays
from annotator.models.transcript import Interval, Transcript
from annotator.models.zones import Zones
from annotator.texts import Texts
from annotator.zoning import zone_arrays

CACHED_TRANSCRIPTS = 4096  # sorted input moves on; a few thousand are more than overlap anywhere

_TEXTS = ("id", "biotype", "gene_id", "symbol", "protein_id", "mane_select", "mane_plus_clinical")
_CANONICAL, _START_INCOMPLETE, _END_INCOMPLETE, _MITOCHONDRIAL = 1, 2, 4, 8

_EMPTY: dict[str, NDArray[Any]] = {
    "start": np.zeros(0, dtype=np.uint32),
    "end": np.zeros(0, dtype=np.uint32),
    "detail": np.zeros((0, 3), dtype=np.int8),
    "text": np.zeros((0, len(_TEXTS)), dtype=np.uint32),
    "exon_offset": np.zeros(1, dtype=np.uint32),
    "exon": np.zeros((0, 2), dtype=np.uint32),
    "coding_offset": np.zeros(1, dtype=np.uint32),
    "coding": np.zeros((0, 2), dtype=np.uint32),
    "selenocysteine_offset": np.zeros(1, dtype=np.uint32),
    "offset": np.zeros(1, dtype=np.uint32),
    "blob": np.zeros(0, dtype=np.uint8),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What is written of a transcript beside what happens to it; columns as in Transcript."""

    id: str
    biotype: str
    gene_id: str
    symbol: str
    strand: int
    is_coding: bool
    exon_count: int
    length: int  # of its coding bases where it has some, else of its exons
    is_canonical: bool
    mane_select: str
    mane_plus_clinical: str
    start_incomplete: bool
    end_incomplete: bool


class ModelStore:
    """The transcripts of one contig, ordered by start, end and identifier; coordinates are 1-based, ends included."""

    def __init__(self, arrays: dict[str, NDArray[Any]]) -> None:
        self._arrays = arrays or _EMPTY
        self.starts: NDArray[np.uint32] = self._arrays["start"]
        self.ends: NDArray[np.uint32] = self._arrays["end"]
        self.zones = Zones(self._arrays)
        flags = self._arrays["detail"][:, 2]
        self.strands: NDArray[np.int8] = self._arrays["detail"][:, 0]
        self.phases: NDArray[np.int8] = self._arrays["detail"][:, 1]
        self.exon_counts = _lengths(self._arrays["exon_offset"])
        self.are_coding = _lengths(self._arrays["coding_offset"]) > 0
        self.are_canonical = flags & _CANONICAL > 0
        self.start_incomplete = flags & _START_INCOMPLETE > 0
        self.end_incomplete = flags & _END_INCOMPLETE > 0
        self.are_mitochondrial = flags & _MITOCHONDRIAL > 0
        self.have_selenocysteines = _lengths(self._arrays["selenocysteine_offset"]) > 0
        self._texts: dict[int, str] = {}  # by number, as far as they were asked for
        self._offsets: dict[str, list[int]] = {}  # lists are quicker to read one by one than mapped arrays
        self._made: dict[int, Transcript] = {}

    @classmethod
    def open(cls, stem: Path) -> "ModelStore":
        """Open the store at `stem`; a contig without a store has no transcripts."""
        return cls(open_arrays(stem))

    def __len__(self) -> int:
        return len(self.starts)

    def transcript(self, index: int) -> Transcript:
        """The transcript with this number, 0-based."""
        found = self._made.get(index)
        if found is None:
            found = self._made[index] = self._build(index)
            if len(self._made) > CACHED_TRANSCRIPTS:
                del self._made[next(iter(self._made))]  # the oldest
        return found

    def heading(self, index: int) -> Heading:
        """The heading of the transcript with this number; quicker to have than the transcript."""
        strand, _, flags = self._arrays["detail"][index].tolist()
        first, last = self._span("exon_offset", index)
        coding_first, coding_last = self._span("coding_offset", index)
        id_, biotype, gene_id, symbol, _, mane_select, mane_plus_clinical = map(
            self.text, self._arrays["text"][index].tolist()
        )
        return Heading(
            id=id_,
            biotype=biotype,
            gene_id=gene_id,
            symbol=symbol,
            strand=strand,
            is_coding=bool(coding_last > coding_first),
            exon_count=last - first,
            length=int(self._arrays["length"][index]),
            is_canonical=bool(flags & _CANONICAL),
            mane_select=mane_select,
            mane_plus_clinical=mane_plus_clinical,
            start_incomplete=bool(flags & _START_INCOMPLETE),
            end_incomplete=bool(flags & _END_INCOMPLETE),
        )

    @property
    def texts(self) -> Texts:
        """All texts, by number."""
        return Texts(self._arrays["blob"], _lengths(self._arrays["offset"]))

    def text_numbers(self, column: str) -> NDArray[Any]:
        """The numbers of the texts that all transcripts have in one column of Transcript."""
        return self._arrays["text"][:, _TEXTS.index(column)]

    def text_of(self, column: str, index: int) -> str:
        """One text of a transcript."""
        return self.text(int(self.text_numbers(column)[index]))

    def text(self, number: int) -> str:
        """The text with this number."""
        found = self._texts.get(number)
        if found is None:
            start, end = self._span("offset", number)
            found = self._texts[number] = self._arrays["blob"][start:end].tobytes().decode()
        return found

    def standing(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """What transcripts are picked by, besides their consequence: see `annotator.effects.pick`.

        Flags (the smaller, the better: MANE Select, MANE Plus Clinical, canonical, coding for a protein), the length as
        in Heading, and the place in the order of identifiers.
        """
        if not len(self):
            nothing = np.zeros(0, dtype=np.int64)
            return nothing, nothing, nothing
        texts = self._arrays["text"]
        columns = {name: texts[:, number] for number, name in enumerate(_TEXTS)}
        is_empty = _lengths(self._arrays["offset"]) == 0
        known, which = np.unique(columns["biotype"], return_inverse=True)
        is_coding = np.array([self.text(int(number)) == "protein_coding" for number in known])[which]
        flags = is_empty[columns["mane_select"]].astype(np.int64) << 3
        flags |= is_empty[columns["mane_plus_clinical"]].astype(np.int64) << 2
        flags |= ((self._arrays["detail"][:, 2] & _CANONICAL) == 0).astype(np.int64) << 1
        flags |= ~is_coding
        offsets, blob = self._arrays["offset"].tolist(), self._arrays["blob"].tobytes()
        identifiers = [blob[offsets[number] : offsets[number + 1]] for number in columns["id"].tolist()]
        order = np.zeros(len(self), dtype=np.int64)
        order[sorted(range(len(self)), key=identifiers.__getitem__)] = np.arange(len(self))
        return flags, self._arrays["length"].astype(np.int64), order

    def coding_parts(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Numbers of each transcript's first coding part, with the end; first and last bases of all coding parts.

        The parts of a transcript stand in genomic order.
        """
        return self._arrays["coding_offset"].astype(np.int64), self._arrays["coding"].astype(np.int64)

    def exons(self, transcripts: NDArray[np.int64]) -> NDArray[np.int64]:
        """First and last bases of the exons of these transcripts, one after the other, each in genomic order."""
        counts = self.exon_counts[transcripts]
        places = self._arrays["exon_offset"][transcripts] - (np.cumsum(counts) - counts)
        exons: NDArray[np.uint32] = self._arrays["exon"][np.repeat(places, counts) + np.arange(counts.sum())]
        return exons.astype(np.int64)

    def coding_ends(self, transcripts: NDArray[np.int64]) -> NDArray[np.int64]:
        """First and last coding base of each of these transcripts, all of which code, in genomic order."""
        offsets, coding = self._arrays["coding_offset"], self._arrays["coding"]
        ends = coding[offsets[transcripts], 0], coding[offsets[transcripts + 1] - 1, 1]
        return np.stack(ends, axis=1, dtype=np.int64)

    def _build(self, index: int) -> Transcript:
        strand, phase, flags = self._arrays["detail"][index].tolist()
        numbers = self._arrays["text"][index].tolist()
        texts = {name: self.text(number) for name, number in zip(_TEXTS, numbers, strict=True)}
        return Transcript(
            contig=self.text(0),
            start=int(self.starts[index]),
            end=int(self.ends[index]),
            strand=strand,
            phase=phase,
            exons=self._intervals("exon", index),
            coding=self._intervals("coding", index),
            selenocysteines=tuple(self._slice("selenocysteine", index).tolist()),
            is_canonical=bool(flags & _CANONICAL),
            start_incomplete=bool(flags & _START_INCOMPLETE),
            end_incomplete=bool(flags & _END_INCOMPLETE),
            mitochondrial=bool(flags & _MITOCHONDRIAL),
            **texts,
        )

    def _span(self, name: str, index: int) -> list[int]:
        offsets = self._offsets.get(name)
        if offsets is None:
            offsets = self._offsets[name] = self._arrays[name].tolist()
        return offsets[index : index + 2]

    def _intervals(self, name: str, index: int) -> tuple[Interval, ...]:
        return tuple(map(tuple, self._slice(name, index).tolist()))

    def _slice(self, name: str, index: int) -> NDArray[Any]:
        first, last = self._span(f"{name}_offset", index)
        return self._arrays[name][first:last]


def write_models(
    folder: Path, *, contig: str, transcripts: Iterable[Transcript], compressed: bool = False
) -> tuple[Transcript, ...]:
    """Write the store of one contig into a folder of stores; give the transcripts in the store's order."""
    ordered = tuple(sorted(transcripts, key=lambda one: (one.start, one.end, one.id)))
    texts: dict[str, int] = {contig: 0}
    numbers = [[texts.setdefault(getattr(one, name), len(texts)) for name in _TEXTS] for one in ordered]
    offset, blob = pack_texts([text.encode() for text in texts])
    exon_offset, exon = _pack([one.exons for one in ordered], width=2)
    coding_offset, coding = _pack([one.coding for one in ordered], width=2)
    selenocysteine_offset, selenocysteine = _pack(
        [[(position,) for position in one.selenocysteines] for one in ordered], width=1
    )
    arrays: dict[str, NDArray[Any]] = {
        "start": np.array([one.start for one in ordered], dtype=np.uint32),
        "end": np.array([one.end for one in ordered], dtype=np.uint32),
        "detail": np.array([_detail(one) for one in ordered], dtype=np.int8).reshape(-1, 3),
        "length": np.array([_length(one.coding or one.exons) for one in ordered], dtype=np.uint32),
        "text": np.array(numbers, dtype=np.uint32).reshape(-1, len(_TEXTS)),
        "offset": offset,
        "blob": blob,
        "exon": exon,
        "exon_offset": exon_offset,
        "coding": coding,
        "coding_offset": coding_offset,
        "selenocysteine": selenocysteine.reshape(-1),
        "selenocysteine_offset": selenocysteine_offset,
        **zone_arrays(ordered),
    }
    write_arrays(stem_of(folder, contig=contig), arrays=arrays, compressed=compressed)
    return ordered


def _lengths(offsets: NDArray[Any]) -> NDArray[np.int64]:
    places = offsets.astype(np.int64)
    return places[1:] - places[:-1]


def _length(intervals: Sequence[Interval]) -> int:
    return sum(end - start + 1 for start, end in intervals)


def _detail(transcript: Transcript) -> tuple[int, int, int]:
    flags = (
        _CANONICAL * transcript.is_canonical
        | _START_INCOMPLETE * transcript.start_incomplete
        | _END_INCOMPLETE * transcript.end_incomplete
        | _MITOCHONDRIAL * transcript.mitochondrial
    )
    return transcript.strand, transcript.phase, flags


def _pack(lists: Sequence[Sequence[tuple[int, ...]]], *, width: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    offset = np.zeros(len(lists) + 1, dtype=np.uint32)
    np.cumsum([len(one) for one in lists], out=offset[1:])
    rows = [row for one in lists for row in one]
    return offset, np.array(rows, dtype=np.uint32).reshape(-1, width)
