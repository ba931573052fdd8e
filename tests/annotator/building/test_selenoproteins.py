"""Selenocysteines are found in the sequence, in selenoproteins only."""

from dataclasses import replace

import pytest

from annotator.building.selenoproteins import with_selenocysteines
from annotator.models.transcript import Transcript
from tests.annotator.models.transcripts import TRANSCRIPT

CODING = "ATGTGAGCATGATAA"  # M U A U stop
COMPLEMENT = str.maketrans("ACGT", "TGCA")


class Contig:
    """A contig that holds the coding sequence with an intron, in one direction or the other."""

    def __init__(self, bases: str) -> None:
        self._bases = bases.encode()
        self.length = len(bases)

    def bases(self, *, start: int, end: int) -> bytes:
        return self._bases[start:end]


def transcript(**changes: object) -> Transcript:
    coding = ((11, 15), (21, 30))
    return replace(TRANSCRIPT, symbol="SELENOW", exons=coding, coding=coding, **changes)  # type: ignore[arg-type]


FORWARD = Contig("N" * 10 + CODING[:5] + "GTGAG" + CODING[5:] + "TTTT")
_REVERSED = CODING.translate(COMPLEMENT)[::-1]
REVERSE = Contig("N" * 10 + _REVERSED[:5] + "TGATG" + _REVERSED[5:] + "TTTT")


class TestWithSelenocysteines:
    def test_finds_them_within_the_coding_sequence(self) -> None:
        assert with_selenocysteines(transcript(), sequence=FORWARD).selenocysteines == (2, 4)

    def test_finds_them_on_the_other_strand(self) -> None:
        assert with_selenocysteines(transcript(strand=-1), sequence=REVERSE).selenocysteines == (2, 4)

    def test_counts_a_partial_first_codon(self) -> None:
        shifted = Contig("N" * 10 + "CC" + CODING[:3] + "GTGAG" + CODING[3:] + "TTTT")
        assert with_selenocysteines(transcript(phase=2), sequence=shifted).selenocysteines == (3,)

    def test_takes_the_last_codon_for_a_stop_unless_the_end_is_unknown(self) -> None:
        cut = replace(transcript(), coding=((11, 15), (21, 21)), exons=((11, 15), (21, 21)))
        assert with_selenocysteines(cut, sequence=FORWARD).selenocysteines == ()
        open_end = replace(cut, end_incomplete=True)
        assert with_selenocysteines(open_end, sequence=FORWARD).selenocysteines == (2,)

    @pytest.mark.parametrize(
        "other",
        [replace(transcript(), symbol="ABC1"), transcript(selenocysteines=(9,)), replace(transcript(), coding=())],
    )
    def test_leaves_others_alone(self, other: Transcript) -> None:
        assert with_selenocysteines(other, sequence=FORWARD) == other
