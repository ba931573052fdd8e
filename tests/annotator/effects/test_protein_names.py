"""HGVS names on the protein."""

import pytest

from tests.annotator.effects.handmade import Gene, one_exon

CODES_FOR = "ATGGCTTGGAAAAAATTTGGCGGCTCTGAATGA"  # M A W K K F G G S E *, from base 21


class TestProteinName:
    @pytest.mark.parametrize(
        ("position", "ref", "alt", "name"),
        [
            (30, "G", "A", "Ala2Thr"),
            (32, "T", "C", "Ala2="),
            (35, "G", "A", "Trp3Ter"),
            (27, "A", "G", "Met1?"),
            (98, "G", "A", "Ter10="),
            (97, "T", "C", "Ter10ArgextTer2"),
            (31, "C", "", "Ala2ValfsTer?"),
            (97, "TGA", "", "Ter10AlaextTer1"),
            (34, "", "TACG", "Trp3LeufsTer?"),
        ],
    )
    def test_names_changes_on_both_strands(self, hand: Gene, position: int, ref: str, alt: str, name: str) -> None:
        assert hand.effect(position, ref, alt).hgvsp == f"ENSP1.2:p.{name}"

    @pytest.mark.parametrize(
        ("position", "ref", "alt", "name"),
        [
            (30, "AAA", "", "Lys5del"),
            (30, "", "AAA", "Lys5dup"),
            (39, "", "GGCGGC", "Gly7_Gly8dup"),
            (39, "", "GCA", "Phe6_Gly7insAla"),
            (27, "TGGAAA", "", "Trp3_Lys4del"),
            (28, "GGA", "CCC", "Trp3_Lys4delinsSerGln"),
            (28, "", "CCA", "Trp3delinsSerArg"),
            (27, "TGGAAA", "AAATGG", "Trp3_Lys4delinsLysTrp"),
            (29, "GA", "", "Trp3Ter"),
            (30, "", "TAA", "Trp3_Lys4insTer"),
            (38, "TGGC", "", "Phe6LeufsTer?"),
            (48, "", "G", "Glu10GlyfsTer?"),
        ],
    )
    def test_finds_the_shortest_name(self, position: int, ref: str, alt: str, name: str) -> None:
        assert one_exon(CODES_FOR).effect(position, ref, alt).hgvsp == f"ENSP1.2:p.{name}"

    def test_writes_a_range_for_several_unchanged_amino_acids(self) -> None:
        """VEP writes p.GlyGly7=, which is not HGVS."""
        assert one_exon(CODES_FOR).effect(41, "CGGC", "AGGT").hgvsp == "ENSP1.2:p.Gly7_Gly8="

    def test_counts_to_the_new_stop(self) -> None:
        assert one_exon("ATGGCATTAGCCTGA").effect(25, "C", "").hgvsp == "ENSP1.2:p.Ala2AspfsTer2"

    def test_counts_far(self) -> None:
        """A hundred codons on, which takes several pieces of the sequence."""
        far = one_exon("ATGGCA" + "CTG" * 100 + "TTAGCCTGA")
        assert far.effect(25, "C", "").hgvsp == "ENSP1.2:p.Ala2AspfsTer102"

    def test_writes_predictions_in_parentheses_if_asked(self, hand: Gene) -> None:
        assert hand.effect(30, "G", "A", parentheses=True).hgvsp == "ENSP1.2:p.(Ala2Thr)"

    def test_leaves_out_what_cannot_be_worked_out(self, hand: Gene) -> None:
        assert hand.effect(38, "ATG", "").hgvsp == ""
        assert hand.effect(26, "C", "T").hgvsp == ""

    def test_names_selenocysteine(self) -> None:
        holder = one_exon("ATGTGAGCAAAATAA", selenocysteines=(2,))
        assert holder.effect(24, "T", "G").hgvsp == "ENSP1.2:p.Sec2Gly"
        assert holder.effect(30, "A", "").hgvsp == "ENSP1.2:p.Lys4AsnfsTer?"
        assert holder.effect(26, "A", "G").hgvsp == "ENSP1.2:p.Sec2Trp"

    def test_reads_the_mitochondrial_code(self) -> None:
        mitochondrial = one_exon("ATAGCATGAAGCAAATAA", mitochondrial=True)
        assert mitochondrial.effect(29, "A", "T").hgvsp == "ENSP1.2:p.Trp3Cys"
        shifted = one_exon("ATAGCATGATAGAAAA", mitochondrial=True)
        assert shifted.effect(25, "C", "").hgvsp == "ENSP1.2:p.Ala2AspfsTer3"

    def test_calls_a_transcript_without_a_protein_name_by_its_own(self, hand: Gene) -> None:
        assert hand.with_(protein_id="").effect(30, "G", "A").hgvsp == "ENST1.2:p.Ala2Thr"
