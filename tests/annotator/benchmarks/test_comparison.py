import gzip
from pathlib import Path

import pytest

from annotator.benchmarks.answers import Answers, Entry, bare_lines, read_answers
from annotator.benchmarks.comparison import COLUMNS, compare, worst_class
from annotator.benchmarks.differences import KNOWN

ALLELE = ("5", "A", "G")


def entry(consequence: str = "missense_variant", **columns: str) -> Entry:
    known = dict.fromkeys((*COLUMNS, "HGVSc", "HGVSp"), "")
    return {**known, "Consequence": consequence, "BIOTYPE": "protein_coding", "Feature": "ENST1", **columns}


def answers(one: Entry, *, allele: tuple[str, str, str] = ALLELE) -> Answers:
    return {allele: {"ENST1": one}}


class TestWorstClass:
    @pytest.mark.parametrize(
        ("consequence", "expected"),
        [
            ("intron_variant&splice_donor_5th_base_variant", "splice_region_variant"),
            ("splice_polypyrimidine_tract_variant&intron_variant", "intron_variant"),
            ("upstream_gene_variant", ""),
            ("", ""),
        ],
    )
    def test_folds_what_vep_tells_apart(self, consequence: str, expected: str) -> None:
        assert worst_class(consequence) == expected


class TestCompare:
    def test_counts_what_is_equal(self) -> None:
        score = compare(answers(entry(HGVSp="ENSP1.1:p.Ala2Val")), answers(entry(HGVSp="ENSP1.1:p.(Ala2Val)")))
        assert score.differences == []
        assert score.equal["class SNV"] == score.total["class SNV"] == 1
        assert score.share("HGVSp SNV") == 100

    def test_tells_what_is_not(self) -> None:
        score = compare(answers(entry()), answers(entry("stop_gained")))
        assert [(one.column, one.theirs, one.ours) for one in score.differences] == [
            ("Consequence", "missense_variant", "stop_gained"),
            ("class SNV", "missense_variant", "stop_gained"),
        ]
        assert score.share("class SNV") == 0

    def test_misses_records_and_entries(self) -> None:
        score = compare(answers(entry()), {})
        assert (score.missing_records, score.missing_entries) == (1, 1)
        assert compare(answers(entry()), {ALLELE: {}}).missing_entries == 1

    def test_credits_no_entry_of_ours_alone(self) -> None:
        assert compare({ALLELE: {}}, answers(entry())).further_entries == 1

    def test_leaves_out_names_of_incomplete_transcripts(self) -> None:
        score = compare(answers(entry(FLAGS="cds_end_NF", HGVSc="x:c.5A>G")), answers(entry(FLAGS="cds_end_NF")))
        assert score.total["HGVSc SNV"] == 0


class TestKnown:
    @pytest.mark.parametrize(
        ("column", "theirs", "ours"),
        [
            ("Consequence", "inframe_insertion&stop_retained_variant", "stop_gained&frameshift_variant"),
            ("HGVSp indel", "p.SerLeu301=", "p.Ser301_Leu302="),
            ("HGVSp indel", "p.Ter109delextTer24", "p.Ter109ArgextTer8"),
        ],
    )
    def test_fits_one_kind(self, column: str, theirs: str, ours: str) -> None:
        assert sum(column.startswith(one.column) and one.fits(theirs, ours) for one in KNOWN) == 1

    @pytest.mark.parametrize(
        ("column", "theirs", "ours"),
        [("Consequence", "missense_variant", "stop_gained"), ("HGVSp SNV", "p.Ala2Val", "p.Ala2Gly")],
    )
    def test_fits_none_for_a_mistake(self, column: str, theirs: str, ours: str) -> None:
        assert not any(column.startswith(one.column) and one.fits(theirs, ours) for one in KNOWN)


class TestAnswers:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        path = tmp_path / "answers.vcf.gz"
        text = (
            "##fileformat=VCFv4.2\n"
            '##INFO=<ID=CSQ,Number=.,Type=String,Description="by VEP. Format: Allele|Consequence|Feature">\n'
            "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tone\n"
            "21\t5\t.\tA\tG\t.\t.\tDP=1;CSQ=G|stop_gained|ENST1.2,G|intergenic_variant|\tGT\t0/1\n"
        )
        path.write_bytes(gzip.compress(text.encode()))
        return path

    def test_are_read_by_transcript(self, path: Path) -> None:
        assert read_answers(path) == {
            ALLELE: {"ENST1": {"Allele": "G", "Consequence": "stop_gained", "Feature": "ENST1.2"}}
        }

    def test_leave_their_variants_bare(self, path: Path) -> None:
        assert "".join(bare_lines(path)) == (
            "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n21\t5\t.\tA\tG\t.\t.\t.\n"
        )
