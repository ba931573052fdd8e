"""What GT values say."""

import numpy as np
import pytest

from annotator.coded import Coded
from annotator.genotypes import genotype_of, zygosities, zygosity_of


class TestGenotype:
    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            ("0/0", "hom_ref"),
            ("0|0|0", "hom_ref"),
            ("0/1", "het"),
            ("2|1", "het"),
            ("/0/1", "het"),
            ("1|1", "hom_alt"),
            ("12/12", "hom_alt"),
            ("0", "haploid_ref"),
            ("1", "haploid_alt"),
            ("|1", "haploid_alt"),
            (".", "missing"),
            ("./.", "missing"),
            ("./1", "partly_missing"),
            ("", "unreadable"),
            ("XX", "unreadable"),
            ("0/-1", "unreadable"),
            ("0/", "unreadable"),
            ("٣/1", "unreadable"),
            ("0/9999999999", "unreadable"),
        ],
    )
    def test_is_told_by_its_text(self, text: str, kind: str) -> None:
        assert genotype_of(text) == kind


class TestZygosity:
    @pytest.mark.parametrize(
        ("text", "allele", "zygosity"),
        [
            ("0/1", 1, "HET"),
            ("1|2", 2, "HET"),
            ("1/1", 1, "HOM"),
            ("1", 1, "HEMI"),
            ("0/1", 2, "NONE"),
            ("0/0", 1, "NONE"),
            ("./.", 1, "MISSING"),
            ("./0", 1, "MISSING"),
            ("./1", 1, "HET"),
            ("XX", 1, None),
        ],
    )
    def test_is_that_of_one_allele(self, text: str, allele: int, zygosity: str | None) -> None:
        assert zygosity_of(text, allele=allele) == zygosity

    def test_of_many_rows_is_that_of_each(self) -> None:
        texts = [b"0/1", b"1/1", b"XX"]
        genotypes = Coded(codes=np.array([0, 1, -1, 2, 0], np.int32), values=texts)
        found = zygosities(genotypes, alleles=np.array([1, 1, 1, 1, 2]))
        assert [None if code < 0 else found.values[code] for code in found.codes] == ["HET", "HOM", None, None, "NONE"]
