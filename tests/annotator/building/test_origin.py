"""What files say of themselves, and what is told of them."""

import hashlib
from pathlib import Path

import pytest

from annotator.building.origin import UNKNOWN, Origin, origin_with, source_of
from tests.annotator.building.sources import put


class TestSourceOf:
    @pytest.mark.parametrize(
        ("name", "text", "version", "date"),
        [
            (
                "clinvar.vcf.gz",
                "##fileformat=VCFv4.1\n##fileDate=2024-12-15\n##source=ClinVar\n",
                "2024-12-15",
                "2024-12-15",
            ),
            ("x.vcf", "##fileDate=20230406\n##dbSNP_BUILD_ID=156\n", "156", "20230406"),
            (
                "gencode.gff3.gz",
                (
                    "##gff-version 3\n#description: annotation of the human genome (GRCh38), version 47 (Ensembl 113)\n"
                    "#provider: GENCODE\n#date: 2024-07-19\n"
                ),
                "47",
                "2024-07-19",
            ),
            (
                "GCF.gff",
                "##gff-version 3\n#!annotation-date 08/23/2024\n#!annotation-source NCBI RefSeq GCF_1.40-RS_2024_08\n",
                "NCBI RefSeq GCF_1.40-RS_2024_08",
                "08/23/2024",
            ),
            ("Homo_sapiens.GRCh38.115.gff3.gz", "#!genebuild-last-updated 2024-11\n", "115", "2024-11"),
            ("Homo_sapiens.GRCh38.115.chromosome.21.gff3", "##gff-version 3\n", "115", ""),
            ("MANE.GRCh38.v1.4.summary.txt.gz", "#NCBI_GeneID\n", "v1.4", ""),
        ],
    )
    def test_reads_versions_where_publishers_write_them(
        self, tmp_path: Path, name: str, text: str, version: str, date: str
    ) -> None:
        source = source_of(put(tmp_path / name, text), identifier="x", origin=UNKNOWN, default=UNKNOWN)
        assert (source.version, source.date) == (version, date)

    def test_lets_what_is_told_win(self, tmp_path: Path) -> None:
        path = put(tmp_path / "a.vcf", "##fileDate=2024-12-15\n")
        told = Origin(name="N", version="7", date="today", licence="L", url="https://example.org/a")
        source = source_of(path, identifier="x", origin=told, default=Origin(name="D", licence="E"))
        assert (source.name, source.version, source.date) == ("N", "7", "today")
        assert (source.licence, source.url) == ("L", "https://example.org/a")

    def test_names_a_version_after_the_bytes_where_nothing_tells_one(self, tmp_path: Path) -> None:
        path = put(tmp_path / "a.bed", "c1\t1\t2\n")
        checksum = hashlib.sha256(path.read_bytes()).hexdigest()
        source = source_of(path, identifier="x", origin=UNKNOWN, default=UNKNOWN)
        assert (source.name, source.version) == ("a.bed", f"sha256:{checksum[:12]}")
        assert (source.file, source.size_bytes, source.sha256) == ("a.bed", 7, checksum)


class TestOriginWith:
    def test_adds_to_what_was_told(self) -> None:
        assert origin_with(Origin(name="N"), told={"date": "d"}) == Origin(name="N", date="d")

    def test_refuses_other_words(self) -> None:
        with pytest.raises(ValueError, match="colour is not known"):
            origin_with(UNKNOWN, told={"colour": "red"})
