"""Symbolic alleles and breakends."""

import pytest

from annotator.effects.structural import (
    StructuralKind,
    StructuralVariant,
    allele_term,
    structural_effect,
    structural_variant,
)
from tests.annotator.effects.handmade import Gene, gene, terms_of


def terms(hand: Gene, kind: str, start: int, end: int) -> str:
    """This function will judge a span of the forward strand."""
    if not hand.is_forward:
        start, end = len(hand.text) + 1 - end, len(hand.text) + 1 - start
    found = structural_effect(StructuralVariant(kind=StructuralKind(kind), start=start, end=end), hand.view)
    assert found is not None
    return terms_of(found)


class TestStructuralEffect:
    @pytest.mark.parametrize(
        ("kind", "start", "end", "expected"),
        [
            ("DEL", 1, 200, "transcript_ablation"),
            ("DUP", 21, 108, "transcript_amplification"),
            ("DEL", 50, 60, "feature_truncation&intron_variant"),
            ("DUP", 50, 60, "feature_elongation&intron_variant"),
            ("INS", 51, 50, "feature_elongation&intron_variant"),
            ("INV", 50, 60, "intron_variant"),
            ("DEL", 30, 60, "feature_truncation&coding_sequence_variant&intron_variant"),
            ("DEL", 30, 32, "feature_truncation&inframe_deletion"),
            ("DEL", 30, 33, "frameshift_variant&feature_truncation"),
            ("DUP", 10, 60, "coding_sequence_variant&5_prime_UTR_variant&intron_variant"),
            ("DEL", 90, 120, "stop_lost&feature_truncation&coding_sequence_variant&3_prime_UTR_variant"),
            ("DEL", 10, 30, "start_lost&feature_truncation&coding_sequence_variant&5_prime_UTR_variant"),
            ("CNV", 1, 200, "coding_sequence_variant&5_prime_UTR_variant&3_prime_UTR_variant&intron_variant"),
            ("BND", 30, 30, "feature_truncation&coding_sequence_variant"),
            ("DEL", 1, 18, "upstream_gene_variant"),
        ],
    )
    def test_names_what_is_covered(self, hand: Gene, kind: str, start: int, end: int, expected: str) -> None:
        assert terms(hand, kind, start, end) == expected

    def test_knows_transcripts_that_do_not_code(self, hand: Gene) -> None:
        plain = hand.with_(coding=(), protein_id="", biotype="lncRNA")
        assert terms(plain, "DEL", 30, 60) == "feature_truncation&non_coding_transcript_exon_variant&intron_variant"

    def test_numbers_what_is_covered(self, hand: Gene) -> None:
        start, end = (30, 90) if hand.is_forward else (len(hand.text) + 1 - 90, len(hand.text) + 1 - 30)
        found = structural_effect(StructuralVariant(kind=StructuralKind.DELETION, start=start, end=end), hand.view)
        assert found is not None
        assert (found.exon, found.intron) == ("1-2/2", "1/1")
        assert (found.cdna_position, found.cds_position, found.protein_position) == ("10-27", "4-21", "2-7")

    def test_gives_none_far_away(self) -> None:
        far = StructuralVariant(kind=StructuralKind.DELETION, start=6_000, end=7_000)
        assert structural_effect(far, gene().view) is None


class TestStructuralVariant:
    @pytest.mark.parametrize(
        ("alt", "end", "length", "expected"),
        [
            ("<DEL>", 200, None, ("DEL", 101, 200)),
            ("<DEL>", None, -50, ("DEL", 101, 150)),
            ("<DUP:TANDEM>", 200, 100, ("DUP", 101, 200)),
            ("<INS:ME:ALU>", 100, 280, ("INS", 101, 100)),
            ("<CN0>", 200, None, ("DEL", 101, 200)),
            ("<CN1>", 200, None, ("CNV", 101, 200)),
            ("<CN2>", 200, None, ("DUP", 101, 200)),
            ("<CN3>", 200, None, ("DUP", 101, 200)),
            ("<CNV>", 200, None, ("CNV", 101, 200)),
            ("<INV>", None, None, ("INV", 101, 101)),
            ("G]17:198982]", None, None, ("BND", 100, 100)),
            (".A", None, None, ("BND", 100, 100)),
        ],
    )
    def test_reads_what_a_record_says(
        self, alt: str, end: int | None, length: int | None, expected: tuple[str, int, int]
    ) -> None:
        found = structural_variant(position=100, alt=alt, end=end, length=length)
        assert found is not None
        assert (found.kind, found.start, found.end) == expected

    @pytest.mark.parametrize("alt", ["<NON_REF>", "<*>", "<STR>", "*", "A"])
    def test_leaves_other_alleles_alone(self, alt: str) -> None:
        assert structural_variant(position=100, alt=alt, end=None, length=None) is None


class TestAlleleTerm:
    @pytest.mark.parametrize(
        ("alt", "term"),
        [
            ("<DEL>", "deletion"),
            ("<del>", "deletion"),
            ("<DEL:ME>", "mobile_element_deletion"),
            ("<DEL:ME:L1>", "LINE1_deletion"),
            ("<DEL:1>", "deletion"),
            ("<DUP>", "duplication"),
            ("<DUP:TANDEM>", "tandem_duplication"),
            ("<INS>", "insertion"),
            ("<INS:ME:SVA>", "SVA_insertion"),
            ("<INS:ME:OTHER>", "mobile_element_insertion"),
            ("<INV>", "inversion"),
            ("<CNV>", "copy_number_variation"),
            ("<CN0>", "deletion"),
            ("<CN=2>", "duplication"),
            ("<CN5>", "copy_number_variation"),
            ("<OTHER>", "<OTHER>"),
            ("G[17:198982[", "G[17:198982["),
            (".G", ".G"),
        ],
    )
    def test_is_veps(self, alt: str, term: str) -> None:
        assert allele_term(alt=alt, told_type="") == term

    def test_comes_from_the_type_that_the_record_tells(self) -> None:
        assert allele_term(alt="<DEL:ME:ALU>", told_type="DEL") == "deletion"
        assert allele_term(alt="<INS:ME:ALU>", told_type="MEI") == "Alu_insertion"
        assert allele_term(alt="G]5:7]", told_type="BND") == "G]5:7]"
