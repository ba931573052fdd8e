"""Ends of coding sequences that are not known."""

import pytest

from annotator.models.completeness import incomplete_ends
from tests.annotator.effects.handmade import Bases, Gene, gene, one_exon


def ends(one: Gene) -> tuple[bool, bool]:
    return incomplete_ends(one.transcript, Bases(text=one.text))


class TestIncompleteEnds:
    def test_finds_nothing_missing_in_a_whole_sequence(self) -> None:
        assert ends(gene()) == (False, False)
        assert ends(one_exon("CTGGCATGA")) == (False, False)

    @pytest.mark.parametrize("phase", [1, 2])
    def test_misses_the_start_where_the_first_codon_is_not_whole(self, phase: int) -> None:
        assert ends(one_exon("A" * phase + "GCATGA", phase=phase)) == (True, False)

    @pytest.mark.parametrize("text", ["ATGGCA", "ATGGCATG", "ATGGCAT"])
    def test_misses_the_end_where_no_stop_is(self, text: str) -> None:
        assert ends(one_exon(text)) == (False, True)

    def test_believes_what_is_declared(self) -> None:
        assert ends(gene().with_(start_incomplete=True, end_incomplete=True)) == (True, True)

    def test_knows_stops_that_the_mitochondrion_completes(self) -> None:
        assert ends(one_exon("ATGGCAT", mitochondrial=True)) == (False, False)

    def test_says_nothing_of_unknown_bases(self) -> None:
        assert ends(one_exon("ATGGCANNN")) == (False, False)

    def test_says_nothing_of_transcripts_that_do_not_code(self) -> None:
        assert ends(gene().with_(coding=())) == (False, False)
