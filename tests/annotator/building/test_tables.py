"""Tables: what UCSC, HGNC and GenCC write lands on the bases that they mean.

Tests named after a row of the seed's faults (G6 …) keep that fault from coming back.
"""

import gzip
from pathlib import Path

import pytest

from annotator.errors import InvalidReferenceError
from annotator.tracks import (
    CNV,
    CPG_ISLANDS,
    CYTOBANDS,
    GENCC,
    GWAS,
    HGNC,
    MIRNA_SITES,
    SEGMENTAL_DUPLICATIONS,
    TFBS,
)
from tests.annotator.building.tracks import gene, make, table


def duplication(start: int, end: int, other: tuple[str, int, int], identity: str) -> list[object]:
    row: list[object] = [1, "chr1", start, end, "name", 0, "+", *other, 100, 1, *(["x"] * 14), identity, 0, 0, 0]
    assert len(row) == 30
    return row


def dgv(start: int, end: int, kind: str) -> list[object]:
    return [1, "chr1", start, end, "esv1", 0, "+", start, start, "0,0,0", kind, "Study", 1, "m", "p", "", "", 9, 1, 2]


def association(start: int, end: int, trait: str) -> list[object]:
    return [
        *(1, "chr1", start, end, "rs7", 123, "Doe J", "2020-01-01", "Journal", "Title", trait, "many", "more", "1p1"),
        *("ABC1", "rs7-A", "0.3", "3E-8", "", "1.1", "[1-2]", "Chip", "N"),
    ]


class TestUcscTables:
    def test_g10_start_one_base_after_the_half_open_start(self, tmp_path: Path) -> None:
        rows = table(
            tmp_path / "cytoBand.txt", ("chr1", 0, 1000, "p36.33", "gneg"), ("chr1", 1000, 2000, "p36.32", "x")
        )
        made = make(tmp_path, (CYTOBANDS, [rows]))
        assert [made.region(base) for base in (1, 1000, 1001, 2000, 2001)] == [
            *("CYTOBAND=1p36.33", "CYTOBAND=1p36.33", "CYTOBAND=1p36.32", "CYTOBAND=1p36.32", "")
        ]

    def test_g10_gwas_hits_the_base_of_its_snp_and_no_other(self, tmp_path: Path) -> None:
        made = make(tmp_path, (GWAS, [table(tmp_path / "g.txt", association(99, 100, "Body height; tall, very"))]))
        assert [made.region(base) for base in (99, 101)] == ["", ""]
        assert made.region(100) == "GWAS=Body%20height%3B%20tall%2C%20very|rs7|rs7-A|3E-8|123"

    def test_g13_duplications_keep_all_partners(self, tmp_path: Path) -> None:
        rows = [duplication(100, 200, ("chr2", 500, 600), "0.98"), duplication(150, 250, ("chr9", 0, 100), "0.912345")]
        made = make(tmp_path, (SEGMENTAL_DUPLICATIONS, [table(tmp_path / "d.txt", *rows)]))
        assert made.region(160) == "SEGDUP=chr2%3A501-600|0.98,chr9%3A1-100|0.9123"

    def test_g13_binding_sites_keep_all_factors(self, tmp_path: Path) -> None:
        rows = [(1, "chr1", 10, 20, factor, 1000, 1) for factor in ("CTCF", "MAX", "MYC")]
        made = make(tmp_path, (TFBS, [table(tmp_path / "t.txt", *rows)]))
        assert made.region(15) == "TFBS=CTCF,MAX,MYC"

    def test_g13_copy_number_regions_say_their_kinds_once(self, tmp_path: Path) -> None:
        rows = [dgv(0, 100, "deletion"), dgv(10, 50, "deletion"), dgv(20, 30, "duplication")]
        made = make(tmp_path, (CNV, [table(tmp_path / "c.txt", *rows)]))
        assert [made.region(base) for base in (15, 25, 101)] == ["CNV=deletion", "CNV=deletion,duplication", ""]

    def test_number_cpg_islands_and_name_mirna_sites(self, tmp_path: Path) -> None:
        islands = table(tmp_path / "i.txt", (1, "chr1", 10, 20, "CpG: 116", 10, 116, 8, 9, 9, 1))
        sites = table(tmp_path / "m.txt", (1, "chr1", 10, 17, "ABC1:miR-1/206", 90, "+"))
        made = make(tmp_path, (CPG_ISLANDS, [islands]), (MIRNA_SITES, [sites]))
        assert made.region(15) == "CPG_ISLAND=116;MIRNA_SITE=ABC1%3AmiR-1/206"

    def test_may_be_packed_and_may_lack_the_bin_column(self, tmp_path: Path) -> None:
        packed = tmp_path / "t.txt.gz"
        packed.write_bytes(gzip.compress(b"#a comment\ntrack name=x\nchr1\t10\t20\tCTCF\t5\n"))
        assert make(tmp_path, (TFBS, [packed])).region(11) == "TFBS=CTCF"

    def test_count_rows_that_do_not_fit(self, tmp_path: Path) -> None:
        rows = [
            (1, "chrUn_9", 1, 5, "A", 1),
            (1, "chr1", 100_000, 100_001, "A", 1),
            (1, "chr1", 99_990, 100_010, "B", 1),
        ]
        made = make(tmp_path, (TFBS, [table(tmp_path / "t.txt", *rows)]))
        assert made.built.entries == 1
        assert made.region(100_000) == "TFBS=B"
        assert dict(made.built.left_out) == {
            "the reference has no such contig": 1,
            "lies past the end of its contig": 1,
        }

    def test_are_refused_with_the_line_where_places_are_no_numbers(self, tmp_path: Path) -> None:
        rows = table(tmp_path / "t.txt", (1, "chr1", 1, 5, "A"), (1, "chr1", "x", 5, "A"))
        with pytest.raises(InvalidReferenceError, match=r"t\.txt, line 2: chromStart and chromEnd"):
            make(tmp_path, (TFBS, [rows]))


HGNC_COLUMNS = ("hgnc_id", "symbol", "name", "alias_symbol", "prev_symbol", "ensembl_gene_id")
GENCC_COLUMNS = ("uuid", "gene_symbol", "disease_title", "classification_title", "moi_title", "submitter_title")


class TestTablesOfGenes:
    def test_give_names_to_the_gene_with_that_identifier(self, tmp_path: Path) -> None:
        rows = table(
            tmp_path / "hgnc.txt",
            HGNC_COLUMNS,
            ("HGNC:5", "NEW1", "a gene; of sorts", '"OLD1|OLDER 1"', "", "ENSG_ABC1"),
            ("HGNC:6", "XYZ", "another gene", "", "", ""),
            ("HGNC:7", "NONE", "not here", "", "", "ENSG9"),
        )
        made = make(tmp_path, (HGNC, [rows]), genes=[gene("ABC1", 10, 20), gene("XYZ", 30, 40)])
        assert made.region(10) == "HGNC_ID=5;GENE_NAME=a%20gene%3B%20of%20sorts;GENE_SYNONYM=NEW1&OLD1&OLDER%201"
        assert made.region(35) == "HGNC_ID=6;GENE_NAME=another%20gene"
        assert dict(made.built.left_out) == {"the gene is not among the models": 1}

    def test_keep_every_disease_of_a_gene(self, tmp_path: Path) -> None:
        rows = table(
            tmp_path / "gencc.tsv",
            GENCC_COLUMNS,
            ("1", "ABC1", '"a disease"', "Definitive", "Autosomal dominant", "Lab A"),
            ("2", "ABC1", "another", "Limited", "", "Lab B"),
        )
        made = make(tmp_path, (GENCC, [rows]), genes=[gene("ABC1", 10, 20)])
        assert made.region(20).split(",") == [
            "GENCC=ABC1|a%20disease|Definitive|Autosomal%20dominant|Lab%20A",
            "ABC1|another|Limited||Lab%20B",
        ]

    def test_need_a_line_of_column_names(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidReferenceError, match="no column gene_symbol"):
            make(tmp_path, (GENCC, [table(tmp_path / "gencc.tsv", ("a", "b"))]))
