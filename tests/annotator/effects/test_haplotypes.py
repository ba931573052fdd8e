"""Variants on the same copy of a chromosome."""

import random
from itertools import groupby

from annotator.effects.genetic_code import translate
from annotator.effects.haplotypes import JointEffect, JointEffects
from tests.annotator.effects.handmade import Gene, terms_of


def joint(hand: Gene, *changes: tuple[int, str, str]) -> list[JointEffect]:
    return JointEffects(hand.view).find([hand.variant(*change) for change in changes])


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

    def test_ends_where_a_shifted_frame_has_a_stop(self, hand: Gene) -> None:
        """Without a G of TGG, ATG GCT TGG AAA T… becomes ATG GCT TGA AAT…"""
        assert joint(hand, (34, "G", ""), (37, "A", "C")) == []
        assert joint(hand, (34, "G", ""), (93, "C", "G")) == []
        [found] = joint(hand, (34, "G", ""), (36, "A", "C"), (93, "C", "G"))
        assert len(found.variants) == 3
        assert terms_of(found.effect) == "frameshift_variant"

    def test_begins_anew_behind_such_a_stop(self, hand: Gene) -> None:
        [found] = joint(hand, (34, "G", ""), (85, "G", "C"), (87, "C", "A"))
        assert (len(found.variants), found.effect.amino_acids) == (2, "G/R")

    def test_takes_one_of_two_that_overlap(self, hand: Gene) -> None:
        assert joint(hand, (33, "TGG", ""), (34, "G", "A")) == []

    def test_remembers_what_was_worked_out(self, hand: Gene) -> None:
        known = JointEffects(hand.view)
        codon = [hand.variant(33, "T", "C"), hand.variant(35, "G", "T")]
        [alone] = known.find(codon)
        [again] = known.find([*codon, hand.variant(93, "C", "G")])
        assert again is alone

    def test_reads_the_codons_of_the_whole_copy(self, hand: Gene) -> None:
        """Against a copy of the coding sequence in which all bases are changed."""
        chance, view = random.Random(4), hand.view
        coding = [position for first, last in hand.transcript.coding for position in range(first, last + 1)]
        for _ in range(200):
            changes = [
                (position, base, chance.choice([other for other in "ACGT" if other != base]))
                for position in sorted(chance.sample(coding, k=8))
                for base in hand.text[position - 1]
            ]
            copy = list(view.cds)
            for position, _, alt in changes:
                copy[coding.index(position)] = alt
            codons = [list(group) for _, group in groupby(changes, key=lambda one: coding.index(one[0]) // 3)]
            expected = []
            for group in codons:
                start = coding.index(group[0][0]) // 3 * 3
                acids = [translate("".join(bases[start : start + 3]), view.code) for bases in (view.cds, copy)]
                if len(group) > 1:
                    expected.append((str(start // 3 + 1), acids[0] if acids[0] == acids[1] else "/".join(acids)))
            found = [(one.effect.protein_position, one.effect.amino_acids) for one in joint(hand, *changes)]
            assert found == expected
