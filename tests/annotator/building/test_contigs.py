"""Contigs: named by their sequence, known under the names of the build."""

from pathlib import Path

import pytest

from annotator.building.contigs import mitochondrion_of, name_contigs
from annotator.builds import GRCH37, GRCH38, NCBI36, T2T
from annotator.errors import InvalidReferenceError
from annotator.manifest import Contig
from annotator.reference import STARTER_FOLDER, Reference

CHR21 = Contig(name="21", length=46_709_983, aliases=("chr21", "CM000683.2", "NC_000021.9"))
PATH = Path("genome.fa")


class TestNameContigs:
    @pytest.mark.parametrize("name", ["21", "chr21", "CM000683.2", "NC_000021.9"])
    def test_knows_a_chromosome_of_the_build_by_any_name(self, name: str) -> None:
        assert name_contigs({name: 46_709_983}, build=GRCH38, path=PATH) == {name: CHR21}

    def test_agrees_with_the_starter(self) -> None:
        contigs = Reference(STARTER_FOLDER).manifest.contigs
        named = name_contigs({contig.name: contig.length for contig in contigs}, build=GRCH38, path=PATH)
        assert tuple(named.values()) == contigs

    @pytest.mark.parametrize(
        ("build", "name", "length", "alias"),
        [
            (GRCH37, "chrX", 155_270_560, "NC_000023.10"),
            (GRCH37, "5", 180_915_260, "CM000667.1"),
            (T2T, "chr1", 248_387_328, "NC_060925.1"),
            (T2T, "Y", 62_460_029, "CP086569.2"),
            (GRCH38, "chrM", 16_569, "NC_012920.1"),
        ],
    )
    def test_knows_the_accessions_of_other_builds(self, build: str, name: str, length: int, alias: str) -> None:
        assert alias in name_contigs({name: length}, build=build, path=PATH)[name].aliases

    def test_trusts_the_sequence_where_a_length_is_its_own(self) -> None:
        lengths = {str(number): 46_709_983 for number in range(1, 11)}
        contigs = name_contigs(lengths, build=GRCH38, path=PATH)
        assert contigs["1"] == Contig(name="1", length=46_709_983, aliases=("chr1",))
        assert len(contigs) == 10

    @pytest.mark.parametrize(
        ("name", "aliases"),
        [("c1", ()), ("chr3", ("3",)), ("X", ("chrX",)), ("chrUn_KI270302v1", ()), ("scaffold_1", ())],
    )
    def test_gives_other_sequences_their_own_names(self, name: str, aliases: tuple[str, ...]) -> None:
        assert name_contigs({name: 99}, build=GRCH38, path=PATH)[name] == Contig(name=name, length=99, aliases=aliases)

    def test_refuses_another_build(self) -> None:
        with pytest.raises(InvalidReferenceError, match=r"genome\.fa holds GRCh37, .* and not GRCh38"):
            name_contigs({"chr21": 48_129_895}, build=GRCH38, path=PATH)

    def test_refuses_one_sequence_under_two_names(self) -> None:
        with pytest.raises(InvalidReferenceError, match="chr21 and 21, which are two names"):
            name_contigs({"chr21": 46_709_983, "21": 46_709_983}, build=GRCH38, path=PATH)

    def test_takes_a_build_that_nobody_knows(self) -> None:
        assert name_contigs({"c1": 5}, build="mine", path=PATH)["c1"].name == "c1"

    def test_has_no_accessions_of_old_builds(self) -> None:
        contig = name_contigs({"chr1": 247_249_719}, build=NCBI36, path=PATH)["chr1"]
        assert contig == Contig(name="1", length=247_249_719, aliases=("chr1",))


class TestMitochondrionOf:
    @pytest.mark.parametrize("name", ["MT", "chrM", "M", "NC_012920.1"])
    def test_finds_it_by_any_name(self, name: str) -> None:
        found = mitochondrion_of(name_contigs({name: 16_569, "c1": 9}, build=GRCH38, path=PATH))
        assert found is not None
        assert found.name == "MT"

    def test_keeps_another_sequence_apart(self) -> None:
        contigs = name_contigs({"chrM": 16_571, "MT": 16_569}, build=GRCH37, path=PATH)
        assert contigs["chrM"] == Contig(name="chrM", length=16_571, aliases=())
        assert contigs["MT"].name == "MT"

    def test_is_none_without_one(self) -> None:
        assert mitochondrion_of(name_contigs({"c1": 9}, build=GRCH38, path=PATH)) is None
