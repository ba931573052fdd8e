"""From codons to amino acids, one by one and many at once."""

import random

import pytest

from annotator.effects.genetic_code import MITOCHONDRIAL, STANDARD, UNKNOWN, GeneticCode, translate


class TestTranslate:
    @pytest.mark.parametrize("code", [STANDARD, MITOCHONDRIAL])
    @pytest.mark.parametrize("length", [0, 1, 2, 3, 5, 90, 91, 92, 93, 3000])
    def test_gives_the_acid_of_each_whole_codon(self, code: GeneticCode, length: int) -> None:
        bases = "".join(random.Random(length).choices("ACGTN", weights=(9, 9, 9, 9, 1), k=length))
        codons = [bases[at : at + 3] for at in range(0, length - 2, 3)]
        assert translate(bases, code) == "".join(code.get(codon, UNKNOWN) for codon in codons)

    def test_knows_both_codes(self) -> None:
        assert translate("ATGTGAAGA", STANDARD) == "M*R"
        assert translate("ATGTGAAGA", MITOCHONDRIAL) == "MW*"
