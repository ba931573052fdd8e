"""HGVS names on the transcript."""

import pytest

from tests.annotator.effects.handmade import Gene, one_exon


class TestTranscriptName:
    @pytest.mark.parametrize(
        ("position", "ref", "alt", "name"),
        [
            (26, "C", "T", "c.-1C>T"),
            (30, "G", "A", "c.4G>A"),
            (40, "G", "A", "c.13+1G>A"),
            (82, "G", "A", "c.14-1G>A"),
            (100, "G", "A", "c.*1G>A"),
            (33, "TG", "CC", "c.7_8delinsCC"),
            (30, "GC", "AT", "c.4_5delinsAT"),
            (34, "GG", "CC", "c.8_9inv"),
        ],
    )
    def test_names_substitutions(self, hand: Gene, position: int, ref: str, alt: str, name: str) -> None:
        assert hand.effect(position, ref, alt).hgvsc == f"ENST1.2:{name}"

    def test_moves_a_deletion_along_the_transcript(self, hand: Gene) -> None:
        """One A of AAA in codon 4: the last one by HGVS, wherever the file has it."""
        names = {hand.effect(position, "A", "").hgvsc for position in (36, 37, 38)}
        assert names == {"ENST1.2:c.12del"}

    def test_moves_an_insertion_along_the_transcript(self, hand: Gene) -> None:
        names = {hand.effect(position, "", "A").hgvsc for position in (36, 37, 38, 39)}
        assert names == {"ENST1.2:c.12dup"}

    def test_turns_what_it_moves(self, hand: Gene) -> None:
        assert hand.effect(37, "", "AAGA").hgvsc == hand.effect(39, "", "GAAA").hgvsc

    def test_moves_within_introns_too(self, hand: Gene) -> None:
        assert hand.effect(78, "TT", "").hgvsc == "ENST1.2:c.14-5_14-4del"

    def test_moves_from_the_exon_into_the_intron(self) -> None:
        """As VEP does: the bases of the genome count, not those of the spliced transcript."""
        split = one_exon("ATGGCTTGGGTAAGTTTCAGGCTTGA", exons=((21, 28), (41, 46)), coding=((21, 28), (41, 46)))
        assert split.effect(28, "G", "").hgvsc == "ENST1.2:c.8+2del"

    def test_names_an_insertion_between_its_neighbours(self, hand: Gene) -> None:
        assert hand.effect(40, "", "CC").hgvsc == "ENST1.2:c.13_13+1insCC"

    def test_gives_positions_beyond_the_middle_of_the_intron_from_its_end(self, hand: Gene) -> None:
        middle = 61  # of the 43 bases from 40 on, which is as near to one end as to the other
        base = hand.text[middle - 1]
        other = "A" if base != "A" else "C"
        assert hand.effect(middle, base, other).hgvsc == f"ENST1.2:c.13+22{base}>{other}"

    def test_has_no_name_outside(self, hand: Gene) -> None:
        assert hand.effect(18, "A", "C").hgvsc == ""
        assert hand.effect(20, "AGA", "").hgvsc == ""

    def test_has_no_name_where_a_change_slides_out(self) -> None:
        """The flank goes on with CTCT: the first deletion stays, the second one does not."""
        assert one_exon("ATGGCTTGAG").effect(30, "G", "").hgvsc == "ENST1.2:c.10del"
        assert one_exon("ATGGCTTGACT").effect(30, "CT", "").hgvsc == ""
