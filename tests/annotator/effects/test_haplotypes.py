"""Variants on the same copy of a chromosome."""

from annotator.effects.haplotypes import JointEffect, joint_effects
from tests.annotator.effects.handmade import Gene, terms_of


def joint(hand: Gene, *changes: tuple[int, str, str]) -> list[JointEffect]:
    return joint_effects([hand.variant(*change) for change in changes], hand.view)


class TestJointEffects:
    def test_combines_the_bases_of_a_codon(self, hand: Gene) -> None:
        """TGG becomes TGT and CGG on its own, CGT together."""
        [found] = joint(hand, (33, "T", "C"), (35, "G", "T"))
        assert terms_of(found.effect) == "missense_variant"
        assert (found.effect.amino_acids, found.effect.codons) == ("W/R", "TGG/CGT")
        assert found.effect.hgvsc == "ENST1.2:c.[7T>C;9G>T]"
        assert found.effect.hgvsp == "ENSP1.2:p.Trp3Arg"

    def test_sees_a_stop_that_only_both_make(self, hand: Gene) -> None:
        """GCT becomes TCT and GAT on their own; AAA becomes TAA."""
        [found] = joint(hand, (30, "G", "T"), (31, "C", "G"), (32, "T", "A"))
        assert terms_of(found.effect) == "stop_gained"

    def test_restores_the_frame(self, hand: Gene) -> None:
        [found] = joint(hand, (31, "C", ""), (36, "", "C"))
        assert terms_of(found.effect) == "missense_variant"
        assert found.effect.hgvsp == "ENSP1.2:p.Ala2_Trp3delinsValGly"

    def test_joins_across_an_intron(self, hand: Gene) -> None:
        """Codon 5 is T|TT."""
        [found] = joint(hand, (39, "T", "G"), (83, "T", "A"))
        assert found.effect.amino_acids == "F/D"
        assert found.effect.exon == "1-2/2"

    def test_leaves_variants_alone_that_do_not_matter_to_each_other(self, hand: Gene) -> None:
        assert joint(hand, (30, "G", "A"), (33, "T", "C")) == []
        assert joint(hand, (30, "G", "A"), (55, "C", "A")) == []
        assert joint(hand, (33, "TGG", ""), (93, "C", "G")) == []

    def test_follows_an_open_frame(self, hand: Gene) -> None:
        """A base is lost at the start and not restored: what lies behind is read differently."""
        [found] = joint(hand, (31, "C", ""), (93, "C", "G"))
        assert terms_of(found.effect) == "frameshift_variant"
        assert len(found.variants) == 2

    def test_takes_one_of_two_that_overlap(self, hand: Gene) -> None:
        assert joint(hand, (33, "TGG", ""), (34, "G", "A")) == []
