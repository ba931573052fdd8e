"""Terms and columns of plain variants."""

import pytest

from annotator.effects.effect import Variant
from annotator.effects.transcripts import effect_of
from tests.annotator.effects.handmade import FORWARD, Gene, one_exon, terms_of


class TestEffectOf:
    @pytest.mark.parametrize(
        ("position", "ref", "alt", "terms"),
        [
            (22, "A", "G", "5_prime_UTR_variant"),
            (27, "A", "G", "start_lost"),
            (32, "T", "C", "synonymous_variant"),
            (30, "G", "A", "missense_variant"),
            (35, "G", "A", "stop_gained"),
            (39, "T", "G", "missense_variant&splice_region_variant"),
            (40, "G", "A", "splice_donor_variant"),
            (44, "G", "A", "splice_donor_5th_base_variant&intron_variant"),
            (43, "A", "C", "splice_donor_region_variant&intron_variant"),
            (46, "C", "A", "splice_region_variant&intron_variant"),
            (55, "C", "A", "intron_variant"),
            (70, "T", "A", "splice_polypyrimidine_tract_variant&intron_variant"),
            (80, "C", "A", "splice_region_variant&splice_polypyrimidine_tract_variant&intron_variant"),
            (81, "A", "C", "splice_acceptor_variant"),
            (98, "G", "A", "stop_retained_variant"),
            (97, "T", "C", "stop_lost"),
            (101, "C", "A", "3_prime_UTR_variant"),
        ],
    )
    def test_names_what_a_single_base_does(self, hand: Gene, position: int, ref: str, alt: str, terms: str) -> None:
        assert hand.terms(position, ref, alt) == terms

    @pytest.mark.parametrize(
        ("position", "ref", "alt", "terms"),
        [
            (31, "", "A", "frameshift_variant"),
            (31, "C", "", "frameshift_variant"),
            (33, "TGG", "", "inframe_deletion"),
            (34, "GGA", "", "stop_gained&inframe_deletion"),
            (33, "", "GCA", "inframe_insertion"),
            (34, "", "GCA", "protein_altering_variant"),
            (33, "", "TAA", "stop_gained&inframe_insertion"),
            (33, "TGG", "GCA", "missense_variant"),
            (27, "ATG", "", "start_lost&inframe_deletion"),
            (25, "CCAT", "", "start_lost&5_prime_UTR_variant"),
            (98, "GAG", "", "stop_lost&3_prime_UTR_variant"),
            (97, "", "C", "frameshift_variant"),
            (38, "ATG", "", "splice_donor_variant&coding_sequence_variant"),
            (40, "", "A", "frameshift_variant&splice_region_variant"),
            (83, "", "TTT", "inframe_insertion&splice_region_variant"),
            (56, "AT", "", "intron_variant"),
        ],
    )
    def test_names_what_several_bases_do(self, hand: Gene, position: int, ref: str, alt: str, terms: str) -> None:
        assert hand.terms(position, ref, alt) == terms

    def test_calls_a_new_stop_behind_an_unchanged_amino_acid_gained(self, hand: Gene) -> None:
        """VEP 115 writes inframe_insertion&stop_retained_variant; VEP 116 does not any more."""
        assert hand.terms(36, "", "TAA") == "stop_gained&inframe_insertion"

    def test_fills_the_columns_as_vep_does(self, hand: Gene) -> None:
        found = hand.effect(30, "G", "A")
        assert (found.exon, found.intron) == ("1/2", "")
        assert (found.cdna_position, found.cds_position, found.protein_position) == ("10", "4", "2")
        assert (found.amino_acids, found.codons) == ("A/T", "Gct/Act")

    def test_writes_insertions_between_their_neighbours(self, hand: Gene) -> None:
        found = hand.effect(33, "", "GCA")
        assert (found.cds_position, found.protein_position) == ("6-7", "2-3")
        assert (found.amino_acids, found.codons) == ("-/A", "-/GCA")

    def test_leaves_the_unknown_end_of_a_range_open(self, hand: Gene) -> None:
        found = hand.effect(38, "ATG", "")
        assert (found.cds_position, found.protein_position) == ("12-?", "4-?")
        assert (found.exon, found.intron, found.codons) == ("1/2", "1/1", "")

    def test_measures_the_distance_of_flanks(self, hand: Gene) -> None:
        assert terms_of(hand.effect(18, "A", "C")) == "upstream_gene_variant"
        assert hand.effect(18, "A", "C").distance == "3"
        assert terms_of(hand.effect(110, "T", "A")) == "downstream_gene_variant"
        assert hand.effect(110, "T", "A").distance == "2"

    def test_gives_none_beyond_the_flanks(self, hand: Gene) -> None:
        assert effect_of(Variant(position=108 + 5_001, ref="A", alt="C"), hand.view) is None
        assert effect_of(Variant(position=FORWARD.end + 5_000, ref="A", alt="C"), one_exon("ATG").view) is None

    def test_says_that_a_whole_transcript_is_lost(self, hand: Gene) -> None:
        assert hand.terms(20, hand.text[19:110], "") == "transcript_ablation"

    def test_marks_transcripts_that_decay(self, hand: Gene) -> None:
        decaying = hand.with_(biotype="nonsense_mediated_decay")
        assert decaying.terms(30, "G", "A") == "missense_variant&NMD_transcript_variant"

    def test_knows_exons_and_introns_of_non_coding_transcripts(self, hand: Gene) -> None:
        plain = hand.with_(biotype="lncRNA", coding=(), protein_id="")
        assert plain.terms(30, "G", "A") == "non_coding_transcript_exon_variant"
        assert plain.terms(55, "C", "A") == "intron_variant&non_coding_transcript_variant"
        assert plain.terms(40, "", "A") == "splice_region_variant&non_coding_transcript_variant"
        assert plain.effect(30, "G", "A").hgvsc == "ENST1.2:n.10G>A"

    def test_does_not_lose_a_start_that_nobody_knows(self, hand: Gene) -> None:
        assert hand.with_(start_incomplete=True).terms(27, "A", "G") == "missense_variant"

    def test_says_little_of_an_incomplete_codon(self) -> None:
        open_end = one_exon("ATGGCTTGGAA", end_incomplete=True)
        found = open_end.effect(30, "A", "C")
        assert terms_of(found) == "incomplete_terminal_codon_variant&coding_sequence_variant"
        assert (found.amino_acids, found.codons) == ("X", "Aa/Ca")

    def test_counts_an_incomplete_first_codon_as_vep_does(self) -> None:
        open_start = one_exon("TGGCTTGGTGA", phase=2, start_incomplete=True)
        found = open_start.effect(23, "G", "A")
        assert (found.cds_position, found.protein_position, found.codons) == ("4", "2", "Gct/Act")
        assert found.hgvsc == "ENST1.2:c.4G>A"
        assert terms_of(open_start.effect(21, "T", "A")) == "coding_sequence_variant"

    def test_reads_the_mitochondrial_code(self) -> None:
        mitochondrial = one_exon("ATAGCATGAAGCTAA", mitochondrial=True)
        assert mitochondrial.effect(29, "A", "G").amino_acids == "W"
        assert mitochondrial.terms(32, "C", "A") == "stop_gained"
        assert one_exon("ATAGCATGAAGCTAA").terms(32, "C", "A") == "missense_variant"
        assert mitochondrial.terms(23, "A", "G") == "start_retained_variant"
        assert mitochondrial.terms(22, "T", "C") == "start_lost"

    def test_believes_selenocysteines(self) -> None:
        holder = one_exon("ATGTGAGCATAA", selenocysteines=(2,))
        assert holder.effect(26, "A", "T").amino_acids == "U/C"
        assert holder.terms(27, "G", "T") == "missense_variant"
        assert one_exon("ATGTGAGCATAA").effect(26, "A", "T").amino_acids == "*/C"
