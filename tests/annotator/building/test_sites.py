"""Site tracks: every allele of a VCF is found by exactly that allele, and by no other."""

import gzip
from collections import defaultdict
from pathlib import Path

import pytest

from annotator.alleles import trim
from annotator.errors import InvalidReferenceError
from annotator.manifest import read_manifest
from annotator.reference import STARTER_FOLDER
from annotator.tracks import CLINVAR, DBSNP, GNOMAD, GNOMAD_SV
from tests.annotator.building.tracks import make, vcf

CLINVAR_HEADER = (
    '##INFO=<ID=CLNDN,Number=.,Type=String,Description="disease">',
    '##INFO=<ID=CLNSIG,Number=.,Type=String,Description="significance">',
    '##INFO=<ID=MC,Number=.,Type=String,Description="consequences">',
)
GNOMAD_HEADER = (
    '##INFO=<ID=AF,Number=A,Type=Float,Description="frequency">',
    '##INFO=<ID=AF_grpmax,Number=A,Type=Float,Description="highest">',
    '##INFO=<ID=grpmax,Number=A,Type=String,Description="group">',
)


class TestDbsnp:
    def test_g6_an_allele_counts_only_with_its_ref_and_alt(self, tmp_path: Path) -> None:
        made = make(tmp_path, (DBSNP, [vcf(tmp_path / "d.vcf", "NC_000001.11 100 rs5 A G . . RS=5")]))
        assert made.site(100, "A", "G") == ("rs5", "DBSNP=rs5")
        assert made.site(100, "A", "C") is None
        assert made.site(100, "T", "C") is None  # the complement, which the seed took for a hit
        assert made.site(101, "A", "G") is None

    def test_g6_any_class_of_variant_is_found(self, tmp_path: Path) -> None:
        rows = ["1 100 rs5 AT A . . .", "1 200 rs6 C CGG . . .", "1 300 rs7 AC GT . . ."]
        made = make(tmp_path, (DBSNP, [vcf(tmp_path / "d.vcf", *rows)]))
        assert made.site(100, "AT", "A") == ("rs5", "DBSNP=rs5")
        assert made.site(200, "C", "CGG") == ("rs6", "DBSNP=rs6")
        assert made.site(300, "AC", "GT") == ("rs7", "DBSNP=rs7")
        assert made.site(100, "AT", "G") is None

    def test_g8_each_alt_is_an_allele_of_its_own(self, tmp_path: Path) -> None:
        made = make(
            tmp_path, (DBSNP, [vcf(tmp_path / "d.vcf", "1 100 rs5 AC A,GC,T . . .", "1 101 . G <DEL>,. . . RS=9")])
        )
        assert made.site(100, "AC", "A") == ("rs5", "DBSNP=rs5")
        assert made.site(100, "A", "G") == ("rs5", "DBSNP=rs5")  # trimmed
        assert made.site(100, "AC", "T") == ("rs5", "DBSNP=rs5")
        assert dict(made.built.left_out) == {"an allele is not made of bases": 2}

    def test_takes_the_number_from_info_when_the_id_is_none(self, tmp_path: Path) -> None:
        made = make(
            tmp_path, (DBSNP, [vcf(tmp_path / "d.vcf", "1 100 COSM1 A G . . X=1;RS=77;Y", "1 101 . A G . . .")])
        )
        assert made.site(100, "A", "G") == ("rs77", "DBSNP=rs77")
        assert made.site(101, "A", "G") == ("", "")

    def test_finds_indels_wherever_a_repeat_has_them(self, tmp_path: Path) -> None:
        bases = b"T" * 50 + b"GCACACAG" + b"T" * 99_942
        made = make(tmp_path, (DBSNP, [vcf(tmp_path / "d.vcf", "1 55 rs5 ACA A . . .")]), bases={"1": bases})
        assert made.site(51, "GCA", "G") == ("rs5", "DBSNP=rs5")

    def test_leaves_out_alleles_whose_ref_differs(self, tmp_path: Path) -> None:
        rows = [f"1 {position} rs{position} A G . . ." for position in range(100, 400)]
        made = make(
            tmp_path, (DBSNP, [vcf(tmp_path / "d.vcf", "1 50 rs1 C G . . .", *rows)]), bases={"1": b"A" * 100_000}
        )
        assert made.built.entries == 300
        assert dict(made.built.left_out) == {"REF differs from the sequence": 1}

    def test_compares_nothing_with_unknown_bases(self, tmp_path: Path) -> None:
        made = make(tmp_path, (DBSNP, [vcf(tmp_path / "d.vcf", "1 50 rs1 C G . . .")]), bases={"1": b"N" * 100_000})
        assert made.site(50, "C", "G") == ("rs1", "DBSNP=rs1")

    def test_refuses_a_file_of_another_build(self, tmp_path: Path) -> None:
        rows = [f"1 {position} rs{position} C G . . ." for position in range(100, 130)]
        with pytest.raises(InvalidReferenceError, match="another genome build"):
            make(tmp_path, (DBSNP, [vcf(tmp_path / "d.vcf", *rows)]), bases={"1": b"A" * 100_000})

    def test_refuses_a_file_that_is_not_sorted(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidReferenceError, match=r"line 4: position 99 comes after 100"):
            make(tmp_path, (DBSNP, [vcf(tmp_path / "d.vcf", "1 100 rs5 A G . . .", "1 99 rs5 A G . . .")]))

    def test_refuses_a_contig_that_comes_twice(self, tmp_path: Path) -> None:
        rows = ["1 100 rs5 A G . . .", "2 9 rs6 A G . . .", "chr1 300 rs5 A G . . ."]
        with pytest.raises(InvalidReferenceError, match="contig 1 comes twice"):
            make(tmp_path, (DBSNP, [vcf(tmp_path / "d.vcf", *rows)]))

    def test_takes_one_contig_from_each_of_several_files(self, tmp_path: Path) -> None:
        files = [vcf(tmp_path / "a.vcf", "1 100 rs5 A G . . ."), vcf(tmp_path / "b.vcf", "2 9 rs6 A G . . .")]
        made = make(tmp_path, (DBSNP, files))
        assert (made.site(100, "A", "G"), made.site(9, "A", "G", contig="2")) == (
            ("rs5", "DBSNP=rs5"),
            ("rs6", "DBSNP=rs6"),
        )

    def test_refuses_lines_that_are_no_records(self, tmp_path: Path) -> None:
        (tmp_path / "d.vcf").write_text("##fileformat=VCFv4.2\nnot a record\n")
        with pytest.raises(InvalidReferenceError, match=r"d\.vcf, line 2, is not a record"):
            make(tmp_path, (DBSNP, [tmp_path / "d.vcf"]))
        assert not list((tmp_path / "reference").rglob("*"))


class TestClinvar:
    def test_tells_significance_stars_conditions_and_number(self, tmp_path: Path) -> None:
        info = (
            "ALLELEID=1;CLNDN=Breast_cancer|not_provided;CLNREVSTAT=criteria_provided,_multiple_submitters,_no_conflicts;"
            "CLNSIG=Pathogenic/Likely_pathogenic;MC=SO:0001583|missense_variant,SO:0001627|intron_variant;RS=12"
        )
        source = vcf(tmp_path / "c.vcf", f"1 100 4711 A G . . {info}", header=CLINVAR_HEADER)
        assert make(tmp_path, (CLINVAR, [source])).site(100, "A", "G") == (
            "rs12",
            (
                "CLINVAR_ID=4711;CLINVAR_SIG=Pathogenic/Likely_pathogenic;"
                "CLINVAR_REVIEW=criteria_provided%2C_multiple_submitters%2C_no_conflicts;CLINVAR_STARS=2;"
                "CLINVAR_DISEASE=Breast_cancer&not_provided;CLINVAR_MC=missense_variant&intron_variant"
            ),
        )


class TestGnomad:
    def test_gives_each_allele_its_own_frequency(self, tmp_path: Path) -> None:
        row = "1 100 rs1 A G,T . PASS AF=0.000123456,1;AF_grpmax=2.5e-03,.;grpmax=nfe,."
        made = make(tmp_path, (GNOMAD, [vcf(tmp_path / "g.vcf", row, header=GNOMAD_HEADER)]))
        assert made.site(100, "A", "G") == ("", "GNOMAD_AF=0.0001235;GNOMAD_POPMAX_AF=0.0025;GNOMAD_POPMAX=nfe")
        assert made.site(100, "A", "T") == ("", "GNOMAD_AF=1")

    def test_reads_the_names_of_version_2_and_the_filters(self, tmp_path: Path) -> None:
        row = "1 100 . A G . AC0;RF AF=0.00000e+00;AF_popmax=0.5;popmax=afr"
        assert make(tmp_path, (GNOMAD, [vcf(tmp_path / "g.vcf", row)])).site(100, "A", "G") == (
            "",
            "GNOMAD_AF=0;GNOMAD_POPMAX_AF=0.5;GNOMAD_POPMAX=afr;GNOMAD_FILTER=AC0&RF",
        )

    def test_lays_structural_variants_over_their_span(self, tmp_path: Path) -> None:
        source = vcf(tmp_path / "s.vcf", "1 100 gnomAD-SV_1 N <DEL> . PASS END=200;SVTYPE=DEL;AF=0.01")
        made = make(tmp_path, (GNOMAD_SV, [source]))
        assert [made.region(base) for base in (100, 201)] == ["", ""]
        assert made.region(101) == made.region(200) == "GNOMAD_SV=DEL|0.01|gnomAD-SV_1"


@pytest.mark.shared_data
class TestRealFiles:
    def test_every_dbsnp_allele_is_found(self, tmp_path: Path, shared_data: Path) -> None:
        source = shared_data / "dbsnp149.chr21.snv.vcf.gz"
        made = make(tmp_path, (DBSNP, [source]), contigs=read_manifest(STARTER_FOLDER).contigs)
        assert not made.built.left_out
        expected = sorted(
            (int(position), ref, alt, name)
            for _, position, name, ref, alts, *_ in records(source)
            for alt in alts.split(",")
        )
        assert made.built.entries == len(expected) >= 129_837
        found = sorted(
            (site.position, site.ref.decode(), site.alt.decode(), site.identifier.decode()) for site in made.store("21")
        )
        assert found == expected
        position, ref, alt, name = expected[len(expected) // 2]
        assert made.site(position, ref, alt, contig="21") == (name, f"DBSNP={name}")

    def test_every_clinvar_allele_is_found(self, tmp_path: Path, shared_data: Path) -> None:
        source = shared_data / "clinvar20241215.PLP.GRCh38.vcf.gz"
        made = make(tmp_path, (CLINVAR, [source]), contigs=read_manifest(STARTER_FOLDER).contigs)
        assert (made.built.entries, dict(made.built.left_out)) == (72_582, {})
        names: dict[tuple[str, int, bytes, bytes], set[str]] = defaultdict(set)
        for contig, position, name, ref, alt, *_ in records(source):
            names[contig, *trim(int(position), ref.encode(), alt.encode())].add(f"CLINVAR_ID={name}")
        for (contig, at, short_ref, short_alt), identifiers in names.items():
            found = made.site(at, short_ref.decode(), short_alt.decode(), contig=contig)
            assert found is not None
            assert found[1] in identifiers


def records(path: Path) -> list[list[str]]:
    with gzip.open(path, "rt") as stream:
        return [line.rstrip("\n").split("\t") for line in stream if not line.startswith("#")]
