"""A transcript with what is derived from it and from the sequence: maps of coordinates, spliced and coding bases.

Words for numbers: a *position* is genomic; an *offset* counts in the spliced transcript (cDNA), from 1; a *coding
offset* counts in the coding sequence, from 1, an incomplete first codon filled up with N (as VEP counts).
"""

from bisect import bisect_right
from collections import OrderedDict

from annotator.effects.effect import ContigSequence
from annotator.effects.genetic_code import (
    MITOCHONDRIAL,
    SELENOCYSTEINE,
    STANDARD,
    STOP,
    reverse_complement,
    translate,
)
from annotator.models.transcript import Transcript

SHORT_INTRON = 13  # introns up to this length mend a frame in the model; VEP takes their bases for exonic
_TRANSCRIPTS_HELD = 512


class TranscriptView:
    """Sequences are read when first asked for; one object serves any number of variants."""

    __slots__ = (
        "_cds",
        "_first_offsets",
        "_protein",
        "_spliced",
        "code",
        "coding_end",
        "coding_first",
        "coding_last",
        "coding_start",
        "exon_ends",
        "exon_starts",
        "has_short_intron",
        "is_coding",
        "is_forward",
        "length",
        "padding",
        "sequence",
        "transcript",
    )

    def __init__(self, transcript: Transcript, sequence: ContigSequence) -> None:
        self.transcript = transcript
        self.sequence = sequence
        self.is_forward = transcript.strand > 0
        self.exon_starts = [start for start, _ in transcript.exons]
        self.exon_ends = [end for _, end in transcript.exons]
        self._first_offsets, self.length = _first_offsets(transcript)
        self.has_short_intron = any(
            0 < after - before <= SHORT_INTRON + 1
            for before, after in zip(self.exon_ends, self.exon_starts[1:], strict=False)
        )
        self.code = MITOCHONDRIAL if transcript.mitochondrial else STANDARD
        self.is_coding = bool(transcript.coding)
        self.coding_first = self.coding_last = 0  # positions, genomic order
        self.coding_start = self.coding_end = 0  # offsets, the transcript's order
        self.padding = 0  # N before the first coding base
        if transcript.coding:
            self.coding_first, self.coding_last = transcript.coding[0][0], transcript.coding[-1][1]
            ends = self.offset(self.coding_first) or 0, self.offset(self.coding_last) or 0
            self.coding_start, self.coding_end = min(ends), max(ends)
            self.padding = (3 - transcript.phase) % 3
        self._spliced: str | None = None
        self._cds: str | None = None
        self._protein: str | None = None

    @property
    def spliced(self) -> str:
        """The bases of the exons in the transcript's direction."""
        if self._spliced is None:
            bases = b"".join(
                self.sequence.bases(start=start - 1, end=end) for start, end in self.transcript.exons
            ).decode()
            self._spliced = bases if self.is_forward else reverse_complement(bases)
        return self._spliced

    @property
    def cds(self) -> str:
        """The coding bases, an incomplete first codon filled up with N."""
        if self._cds is None:
            self._cds = "N" * self.padding + self.spliced[self.coding_start - 1 : self.coding_end]
        return self._cds

    @property
    def after_cds(self) -> str:
        return self.spliced[self.coding_end :]

    @property
    def protein(self) -> str:
        """The amino acids without a final stop."""
        if self._protein is None:
            self._protein = self.acids(self.cds).removesuffix(STOP)
        return self._protein

    def acids(self, bases: str, *, first: int = 1, selenocysteines_before: int | None = None) -> str:
        """This function will translate codons from the `first` amino acid on, TGA by the model's selenocysteines.

        With `selenocysteines_before`, only those in front of that amino acid are believed.
        """
        found = translate(bases, self.code)
        for place in self.transcript.selenocysteines:
            at = place - first
            if selenocysteines_before is not None and place >= selenocysteines_before:
                break
            if 0 <= at < len(found) and bases[3 * at : 3 * at + 3] == "TGA":
                found = found[:at] + SELENOCYSTEINE + found[at + 1 :]
        return found

    def offset(self, position: int) -> int | None:
        """This function will give the offset of a position; None when it lies in no exon."""
        at = bisect_right(self.exon_starts, position) - 1
        if at < 0 or position > self.exon_ends[at]:
            return None
        return self.offset_in_exon(at, position)

    def offset_in_exon(self, at: int, position: int) -> int:
        """This function will give the offset of a position within the exon number `at` of the genomic order."""
        if self.is_forward:
            return self._first_offsets[at] + position - self.exon_starts[at]
        return self._first_offsets[at] + self.exon_ends[at] - position

    def exon_number(self, at: int) -> int:
        """This function will number an exon of the genomic order as the transcript does, from 1."""
        return at + 1 if self.is_forward else len(self.exon_starts) - at

    def intron_number(self, at: int) -> int:
        """This function will number the intron behind an exon of the genomic order as the transcript does, from 1."""
        return at + 1 if self.is_forward else len(self.exon_starts) - 1 - at

    def genomic(self, position: int, length: int) -> str:
        """This function will give `length` genomic bases from a position on, forward strand, cut to the contig."""
        return self.sequence.bases(start=max(position - 1, 0), end=max(position - 1 + length, 0)).decode()

    def covers(self, first: int, last: int) -> bool:
        return first >= self.transcript.start and last <= self.transcript.end

    def coordinate(self, position: int) -> str:
        """This function will write a genomic position in HGVS's numbers, `-3`, `88+1`, `*12`; empty outside."""
        starts, ends = self.exon_starts, self.exon_ends
        at = bisect_right(starts, position) - 1
        if at < 0:
            return ""
        if position <= ends[at]:
            return self._number(self.offset_in_exon(at, position))
        if at + 1 >= len(starts):
            return ""
        behind, ahead = position - ends[at], starts[at + 1] - position
        if behind < ahead or (behind == ahead and self.is_forward):
            sign, distance, offset = "+" if self.is_forward else "-", behind, self.offset_in_exon(at, ends[at])
        else:
            sign, distance, offset = "-" if self.is_forward else "+", ahead, self.offset_in_exon(at + 1, starts[at + 1])
        return f"{self._number(offset)}{sign}{distance}"

    def place_of_single(self, position: int) -> str:
        """This function will count in what fills up an incomplete first codon, as VEP does for single bases."""
        if self.padding:
            offset = self.offset(position)
            if offset is not None and self.coding_start <= offset <= self.coding_end:
                return str(offset - self.coding_start + 1 + self.padding)
        return self.coordinate(position)

    def _number(self, offset: int) -> str:
        if not self.is_coding:
            return str(offset)
        if offset > self.coding_end:
            return f"*{offset - self.coding_end}"
        if offset >= self.coding_start:
            return str(offset - self.coding_start + 1)
        return str(offset - self.coding_start)


class TranscriptViews:
    """Views of one contig's transcripts, the least used dropped first."""

    def __init__(self, sequence: ContigSequence, *, held: int = _TRANSCRIPTS_HELD) -> None:
        self._sequence = sequence
        self._held = held
        self._views: OrderedDict[str, TranscriptView] = OrderedDict()

    def __len__(self) -> int:
        return len(self._views)

    def view(self, transcript: Transcript) -> TranscriptView:
        view = self._views.get(transcript.id)
        if view is not None and view.transcript is transcript:
            self._views.move_to_end(transcript.id)
            return view
        view = self._views[transcript.id] = TranscriptView(transcript, self._sequence)
        if len(self._views) > self._held:
            self._views.popitem(last=False)
        return view


def _first_offsets(transcript: Transcript) -> tuple[list[int], int]:
    """This function will give each exon's first offset, in genomic order, and the length of all exons."""
    offsets, total = [], 0
    for start, end in transcript.exons if transcript.strand > 0 else reversed(transcript.exons):
        offsets.append(total + 1)
        total += end - start + 1
    return (offsets if transcript.strand > 0 else offsets[::-1]), total
