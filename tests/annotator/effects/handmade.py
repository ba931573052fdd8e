"""A small gene made by hand, once on each strand; positions in tests are those of the forward one.

         27       39|40        82|83           99
GACACC ATGGCTTGGAAAT|GTAAGT…TTCAG|TTGGCCTCTTCAAATGA GCATAAGCC
       M  A  W  K  F             F  G  L  F  K  *   A  *
"""

from dataclasses import dataclass, replace

from annotator.effects.effect import Effect, Variant
from annotator.effects.genetic_code import reverse_complement
from annotator.effects.naming import Naming
from annotator.effects.transcripts import effect_of
from annotator.effects.view import TranscriptView
from annotator.models.transcript import Interval, Transcript

FLANK = "CTCTCTCTGACACACAGAGA"
EXON_1 = "GACACCATGGCTTGGAAAT"
INTRON = "GTAAGTCATCATGATCATGACATCGTCTTTTTCTTTCTTTCAG"
EXON_2 = "TTGGCCTCTTCAAATGAGCATAAGCC"
GENE = FLANK + EXON_1 + INTRON + EXON_2 + FLANK

FORWARD = Transcript(
    id="ENST1.2",
    contig="1",
    start=21,
    end=108,
    strand=1,
    biotype="protein_coding",
    gene_id="ENSG1",
    symbol="HAND",
    protein_id="ENSP1.2",
    exons=((21, 39), (83, 108)),
    coding=((27, 39), (83, 99)),
    phase=0,
    is_canonical=True,
    mane_select="",
    mane_plus_clinical="",
    start_incomplete=False,
    end_incomplete=False,
    selenocysteines=(),
    mitochondrial=False,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bases:
    """A contig in memory."""

    text: str

    @property
    def length(self) -> int:
        return len(self.text)

    def bases(self, *, start: int, end: int) -> bytes:
        return self.text[start:end].encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gene:
    """A transcript on its contig, on the strand of the test."""

    text: str  # of the forward strand
    transcript: Transcript  # on the forward strand
    is_forward: bool

    @property
    def view(self) -> TranscriptView:
        if self.is_forward:
            return TranscriptView(self.transcript, Bases(text=self.text))
        return TranscriptView(self._mirrored(), Bases(text=reverse_complement(self.text)))

    def variant(self, position: int, ref: str, alt: str) -> Variant:
        """This function will place a variant of the forward strand; the reference base is checked."""
        assert self.text[position - 1 : position - 1 + len(ref)] == ref
        if self.is_forward:
            return Variant(position=position, ref=ref, alt=alt)
        position = len(self.text) - (position + len(ref) - 1) + 1
        return Variant(position=position, ref=reverse_complement(ref), alt=reverse_complement(alt))

    def effect(self, position: int, ref: str, alt: str, *, parentheses: bool = False) -> Effect:
        naming = Naming(parentheses=parentheses)
        found = effect_of(self.variant(position, ref, alt), self.view, naming=naming)
        assert found is not None
        return found

    def terms(self, position: int, ref: str, alt: str) -> str:
        return terms_of(self.effect(position, ref, alt))

    def with_(self, **fields: object) -> "Gene":
        """This function will give the gene with other fields of its transcript."""
        return replace(self, transcript=replace(self.transcript, **fields))  # type: ignore[arg-type]

    def _mirrored(self) -> Transcript:
        one, last = self.transcript, len(self.text) + 1

        def mirror(intervals: tuple[Interval, ...]) -> tuple[Interval, ...]:
            return tuple((last - end, last - start) for start, end in reversed(intervals))

        return replace(
            one,
            start=last - one.end,
            end=last - one.start,
            strand=-1,
            exons=mirror(one.exons),
            coding=mirror(one.coding),
        )


def terms_of(effect: Effect) -> str:
    return "&".join(term.name for term in effect.terms)


def gene(*, is_forward: bool = True) -> Gene:
    return Gene(text=GENE, transcript=FORWARD, is_forward=is_forward)


def one_exon(text: str, **fields: object) -> Gene:
    """This function will make a gene of one coding exon in flanks, 5' and 3' UTR excluded."""
    start, end = len(FLANK) + 1, len(FLANK) + len(text)
    whole = ((start, end),)
    transcript = replace(FORWARD, start=start, end=end, exons=whole, coding=whole)
    return Gene(text=FLANK + text + FLANK, transcript=transcript, is_forward=True).with_(**fields)
