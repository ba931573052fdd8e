"""HGVS names on the genome, checked by hand.

         5    10        20        30
CAGTACGTAAAACCGGTTACGACGACGTCATGC
"""

import pytest

from annotator.effects.effect import Variant
from annotator.effects.genomic_names import Genome, genomic_name
from tests.annotator.effects.handmade import Bases

BASES = "CAGTACGTAAAACCGGTTACGACGACGTCATGC"


@pytest.fixture
def genome() -> Genome:
    return Genome(Bases(text=BASES), head="NC_000021.9:g.")


class TestGenomicName:
    @pytest.mark.parametrize(
        ("position", "ref", "alt", "name"),
        [
            (4, "T", "C", "4T>C"),
            (4, "TA", "CC", "4_5delinsCC"),
            (4, "TAC", "G", "4_6delinsG"),
            (4, "T", "CC", "4delinsCC"),
            (6, "C", "", "6del"),
            (4, "TA", "", "4_5del"),
            (9, "A", "", "12del"),
            (10, "AA", "", "11_12del"),
            (19, "ACG", "", "25_27del"),
            (20, "CGA", "", "25_27del"),
            (9, "", "A", "12dup"),
            (11, "", "AA", "11_12dup"),
            (19, "", "ACG", "25_27dup"),
            (21, "", "GAC", "25_27dup"),
            (6, "", "GG", "5_6insGG"),
            (5, "", "AG", "5_6insGA"),
            (9, "", "AAAAAA", "12_13insAAAAAA"),
            (12, "ACC", "GGT", "12_14inv"),
            (13, "CC", "GG", "13_14inv"),
            (15, "GGTTACG", "CGTAACC", "15_21inv"),
            (6, "CGTA", "", "6_9del"),
        ],
    )
    def test_follows_the_rules(self, genome: Genome, position: int, ref: str, alt: str, name: str) -> None:
        assert BASES[position - 1 : position - 1 + len(ref)] == ref
        assert genomic_name(Variant(position=position, ref=ref, alt=alt), genome) == f"NC_000021.9:g.{name}"

    @pytest.mark.parametrize(
        ("position", "ref", "alt", "name"),
        [
            (1, "C", "", "1del"),
            (33, "C", "", "33del"),
            (1, "", "C", "1dup"),
            (34, "", "C", "33dup"),
            (34, "", "GC", "32_33dup"),
            (1, "", "T", "1delinsTC"),
            (34, "", "A", "33delinsCA"),
            (34, "", "CA", "33delinsCCA"),
        ],
    )
    def test_stays_on_the_contig(self, genome: Genome, position: int, ref: str, alt: str, name: str) -> None:
        assert genomic_name(Variant(position=position, ref=ref, alt=alt), genome) == f"NC_000021.9:g.{name}"

    def test_goes_along_a_whole_repeat(self) -> None:
        genome = Genome(Bases(text="C" + "A" * 200 + "G"), head="x:g.")
        assert genomic_name(Variant(position=2, ref="A", alt=""), genome) == "x:g.201del"
        assert genomic_name(Variant(position=2, ref="", alt="AA"), genome) == "x:g.200_201dup"
