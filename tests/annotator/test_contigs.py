"""Names of contigs."""

from pathlib import Path

import pytest

from annotator.building.contigs import name_contigs
from annotator.builds import GRCH37, GRCH38, chromosome_lengths
from annotator.contigs import accession_of
from annotator.manifest import Contig


class TestAccessionOf:
    @pytest.mark.parametrize(
        ("build", "chromosome", "accession"),
        [
            (GRCH38, "1", "NC_000001.11"),
            (GRCH38, "17", "NC_000017.11"),
            (GRCH38, "21", "NC_000021.9"),
            (GRCH38, "X", "NC_000023.11"),
            (GRCH38, "Y", "NC_000024.10"),
            (GRCH37, "1", "NC_000001.10"),
            (GRCH37, "13", "NC_000013.10"),
            (GRCH37, "21", "NC_000021.8"),
            (GRCH37, "X", "NC_000023.10"),
        ],
    )
    def test_is_refseqs_for_chromosomes_of_a_build(self, build: str, chromosome: str, accession: str) -> None:
        length = chromosome_lengths(build)[chromosome]
        contigs = name_contigs({f"chr{chromosome}": length, "MT": 16_569}, build=build, path=Path("x.fa"))
        assert accession_of(contigs[f"chr{chromosome}"]) == accession
        assert accession_of(contigs["MT"]) == "NC_012920.1"

    def test_is_the_name_of_any_other_contig(self) -> None:
        assert accession_of(Contig(name="chrM", length=16_571, aliases=("M",))) == "chrM"
        assert accession_of(Contig(name="KI270706.1", length=5, aliases=("NT_187361.1",))) == "KI270706.1"
