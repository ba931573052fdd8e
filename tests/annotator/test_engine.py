"""The engine, end to end, with the starter reference."""

import gzip
import json
import shutil
import time
from dataclasses import replace
from pathlib import Path
from zipfile import BadZipFile

import pyarrow.parquet as pq
import pysam
import pytest

from annotator.chunk import Options
from annotator.errors import EngineError, InvalidReferenceError, InvalidVcfError
from annotator.findings import Hgvs
from annotator.limits import DEFAULT_LIMITS
from annotator.progress import Progress, Stage
from annotator.provenance import verify
from annotator.reference import STARTER_FOLDER
from annotator.result_files import stem_of
from annotator.samples import SAMPLE_EXPECTED, SAMPLE_VCF
from tests.annotator.vcf import COLUMN_LINE, HEADER, Outcome, Runner, rcrs, record


def without_additions(outcome: Outcome, original: bytes) -> list[bytes]:
    """The result's lines with our header lines, INFO additions and filled IDs taken out again."""
    fields = outcome.json("summary")["fields"].values()
    own_headers = tuple(f"##INFO=<ID={name}," for name in fields)
    kept = []
    original_records = [line for line in original.split(b"\n") if line and not line.startswith(b"#")]
    position = 0
    for line in outcome.result.split(b"\n"):
        if line.startswith(b"#"):
            if not line.decode().startswith((*own_headers, "##GenomicsCloudAnnotator")):
                kept.append(line)
            continue
        if not line:
            continue
        before = original_records[position].split(b"\t")
        after = line.split(b"\t")
        position += 1
        if before[2] == b".":
            after[2] = b"."
        if before[7] == b"." and after[7] != b".":
            after[7] = b"."
        else:
            assert after[7] == before[7] or after[7].startswith(before[7] + b";")
            after[7] = before[7]
        kept.append(b"\t".join(after))
    return kept


def contents(outcome: Outcome) -> dict[str, bytes]:
    """The bytes of all files by kind, but for the log, which holds times."""
    return {kind: Path(path).read_bytes() for kind, path in outcome.done.files.items() if kind != "log"}


def assert_preserved(outcome: Outcome, original: bytes) -> None:
    assert without_additions(outcome, original) == [line for line in original.split(b"\n") if line]


def assert_ledger_adds_up(outcome: Outcome) -> None:
    ledger = outcome.json("ledger")
    assert ledger["records_read"] == ledger["annotated"] + ledger["passed"] + ledger["rejected"]
    assert ledger["records_read"] == len(outcome.rows)
    assert sum(ledger["passed_by_reason"].values()) == ledger["passed"]
    assert sum(ledger["rejected_by_reason"].values()) == ledger["rejected"]


class TestSample:
    @pytest.fixture
    def outcome(self, run: Runner) -> Outcome:
        return run.annotate(SAMPLE_VCF)

    def test_finds_what_is_expected(self, outcome: Outcome) -> None:
        expected = json.loads(SAMPLE_EXPECTED.read_text())
        summary = outcome.json("summary")
        for key in ("records_read", "annotated", "passed", "rejected", "clinvar_hits"):
            assert summary[key] == expected[key]
        assert outcome.done.consequences == expected["consequences"]

    def test_names_the_protein_changes_of_the_mitochondrial_variants(self, outcome: Outcome) -> None:
        expected = json.loads(SAMPLE_EXPECTED.read_text())["mitochondrial"]
        found = {columns[1]: outcome.csq(index) for index, columns in enumerate(outcome.rows) if columns[0] == "chrM"}
        assert found.keys() == expected.keys()
        for position, columns in expected.items():
            assert any(columns.items() <= entry.items() for entry in found[position])

    def test_keeps_every_record(self, outcome: Outcome) -> None:
        assert_preserved(outcome, SAMPLE_VCF.read_bytes())
        assert_ledger_adds_up(outcome)

    def test_gives_nuclear_variants_no_consequence(self, outcome: Outcome) -> None:
        nuclear = [columns[7] for columns in outcome.rows if columns[0] != "chrM"]
        assert nuclear
        assert not any("CSQ=" in info for info in nuclear)

    def test_is_readable_by_htslib_and_indexed(self, outcome: Outcome) -> None:
        with pysam.VariantFile(outcome.done.files["vcf"]) as result:
            (variant,) = result.fetch("chr7", 117559589, 117559590)
            assert variant.id == "rs113993960"
            assert variant.info["GENE"] == ("CFTR",)
            assert variant.info["CLINVAR_ID"] == (7105,)

    def test_gives_the_same_bytes_again(self, outcome: Outcome, run: Runner) -> None:
        first = contents(outcome)
        assert contents(run.annotate(SAMPLE_VCF)) == first

    def test_tells_stages_in_order_and_progress_that_never_falls(self, outcome: Outcome) -> None:
        stages = [event.stage for event in outcome.events if isinstance(event, Stage)]
        assert stages == ["read", "annotate", "finish"]
        assert list(outcome.done.stage_seconds) == stages
        fractions = [event.fraction for event in outcome.events if isinstance(event, Progress)]
        assert fractions == sorted(fractions)

    def test_writes_a_log_for_people(self, outcome: Outcome) -> None:
        log = outcome.text("log")
        assert "GRCh38 starter" in log
        assert "ClinVar (npm ideogram 1.53.0): version 2024-12-15 (CC0-1.0)" in log
        assert "228    100.0%" in log

    def test_counts_in_the_log_in_plain_english(self, outcome: Outcome, run: Runner) -> None:
        assert "VCFv4.2, plain, 1 sample, build GRCh38" in outcome.text("log")
        assert "VCFv4.2, plain, 0 samples, build GRCh38" in run([]).text("log")

    def test_leaves_no_staging_behind(self, outcome: Outcome, run: Runner) -> None:
        assert sorted(path.name for path in run.output.iterdir()) == [
            "ledger.json",
            "log.txt",
            "manifest.json",
            "preview.json",
            "result.annot.vcf.gz",
            "result.annot.vcf.gz.tbi",
            "result.variants.parquet",
            "summary.json",
        ]

    def test_is_proved_by_its_manifest(self, outcome: Outcome, run: Runner) -> None:
        manifest = outcome.json("manifest")
        proved = {output["kind"]: output["name"] for output in manifest["outputs"]}
        assert proved == {
            kind: Path(path).name for kind, path in outcome.done.files.items() if kind not in ("log", "manifest")
        }
        findings = verify(run.output / "manifest.json", input_file=SAMPLE_VCF, reference=STARTER_FOLDER)
        assert [finding for finding in findings if finding.trouble] == []

    def test_has_a_row_of_the_table_for_each_variant(self, outcome: Outcome) -> None:
        table = pq.read_table(outcome.done.files["table"]).to_pylist()
        assert len(table) == 228
        assert [(row["chrom"], str(row["pos"])) for row in table] == [tuple(columns[:2]) for columns in outcome.rows]
        (row,) = (row for row in table if row["pos"] == 3460 and row["chrom"] == "chrM")
        assert (row["symbol"], row["hgvsp"]) == ("MT-ND1", "ENSP00000354687:p.Ala52Thr")
        assert [row[0] for row in outcome.json("preview")["rows"]] == list(range(100))


class TestConsequences:
    def test_are_given_for_each_allele(self, run: Runner) -> None:
        outcome = run([record("MT", 8993, "T", "G,C")])
        assert [(entry["Allele"], entry["Amino_acids"]) for entry in outcome.hits(0)] == [
            ("G", "L/R"),
            ("C", "L/P"),
        ]
        assert outcome.info(0)["CONSEQUENCE"] == "missense_variant,missense_variant"
        assert outcome.info(0)["CLINVAR_ID"] == "9641,9642"

    def test_use_the_mitochondrial_code(self, run: Runner) -> None:
        outcome = run([record("MT", 3564, "A", "G")])
        (entry,) = outcome.hits(0)
        assert entry["Consequence"] == "synonymous_variant"
        assert entry["Amino_acids"] == "W"

    def test_name_both_genes_where_two_overlap(self, run: Runner) -> None:
        outcome = run([record("MT", 8528, "T", "C")])
        assert {entry["SYMBOL"] for entry in outcome.hits(0)} == {"MT-ATP6", "MT-ATP8"}

    def test_write_indels_as_vep_does(self, run: Runner) -> None:
        base = rcrs(3460, 3462)
        outcome = run([record("MT", 3460, base[:2], base[0]), record("MT", 3460, base[0], f"{base[0]}A")])
        hits = [outcome.hits(row) for row in (0, 1)]
        assert [[entry["Allele"] for entry in entries] for entries in hits] == [["-"], ["A"]]
        assert all(entry["Consequence"] == "frameshift_variant" for entries in hits for entry in entries)
        assert [entry["HGVSc"].partition(":")[2] for entries in hits for entry in entries] == [
            "c.156del",  # the last of its kind, as the 3' rule wants
            "c.154_155insA",
        ]

    def test_tell_the_distance_to_genes_nearby(self, run: Runner) -> None:
        outcome = run([record("MT", 100, rcrs(100, 100), "A" if rcrs(100, 100) != "A" else "C")])
        assert outcome.hits(0) == []
        (entry,) = (entry for entry in outcome.csq(0) if entry["SYMBOL"] == "MT-ND2")
        assert (entry["Consequence"], entry["DISTANCE"]) == ("upstream_gene_variant", str(4470 - 100))
        assert "MT-CO1" not in {entry["SYMBOL"] for entry in outcome.csq(0)}  # farther than 5,000 bases

    def test_come_with_the_most_severe_first_and_one_picked(self, run: Runner) -> None:
        outcome = run([record("MT", 3460, "G", "A")])
        first, *others = outcome.csq(0)
        assert (first["Consequence"], first["PICK"]) == ("missense_variant", "1")
        assert {entry["PICK"] for entry in others} == {""}

    @pytest.mark.parametrize(
        ("hgvs", "named"),
        [(Hgvs.DEFAULT, {"MT-ATP6", "MT-ATP8"}), (Hgvs.NONE, set()), (Hgvs.ALL, {"MT-ATP6", "MT-ATP8"})],
    )
    def test_are_named_as_a_person_chose(self, run: Runner, hgvs: Hgvs, named: set[str]) -> None:
        outcome = run([record("MT", 8528, "T", "C")], options=Options(hgvs=hgvs))
        assert {entry["SYMBOL"] for entry in outcome.csq(0) if entry["HGVSc"] or entry["HGVSp"]} == named

    def test_may_be_named_as_predicted(self, run: Runner) -> None:
        outcome = run([record("MT", 3460, "G", "A")], options=Options(parentheses=True))
        assert outcome.hits(0)[0]["HGVSp"] == "ENSP00000354687:p.(Ala52Thr)"

    def test_have_a_dot_for_an_allele_without_any(self, run: Runner) -> None:
        outcome = run([record("MT", 3460, "G", "A,*")])
        assert outcome.info(0)["IMPACT"] == "MODERATE,."
        assert outcome.json("ledger")["notes"]["SOME_ALLELES_PASSED"] == 1


class TestStructuralAlleles:
    def test_have_what_can_be_said_of_them(self, run: Runner) -> None:
        outcome = run([record("MT", 3000, rcrs(3000, 3000), "<DEL>", info="SVTYPE=DEL;END=4300")])
        entries = {entry["SYMBOL"]: entry for entry in outcome.csq(0)}
        assert entries["MT-ND1"]["Consequence"] == "transcript_ablation"
        assert "feature_truncation" in entries["MT-RNR2"]["Consequence"].split("&")
        assert entries["MT-ND1"]["Allele"] == "deletion"
        assert outcome.info(0)["CONSEQUENCE"] == "transcript_ablation"
        assert outcome.info(0)["SVTYPE"] == "DEL"

    def test_stand_beside_plain_ones_of_the_same_record(self, run: Runner) -> None:
        outcome = run([record("MT", 3460, "G", "A,<DEL>", info="SVLEN=.,-10")])
        assert outcome.info(0)["IMPACT"] == "MODERATE,HIGH"
        assert {entry["Allele"] for entry in outcome.csq(0)} == {"A", "deletion"}

    def test_are_called_as_the_record_calls_them(self, run: Runner) -> None:
        base = rcrs(3460, 3460)
        lines = [
            record("MT", 3460, base, "<INS:ME:ALU>"),
            record("MT", 3460, base, "<INS:ME:ALU>", info="SVTYPE=INS"),
            record("MT", 3460, base, "<INS:ME:ALU>", info="XSVTYPE=DEL;SVTYPE=MEI;END=3460"),
            record("MT", 3460, base, "<DUP:TANDEM>,<DEL>", info="SVTYPE=DUP"),
            record("MT", 3460, base, "G[MT:9[", info="SVTYPE=BND"),
        ]
        outcome = run(lines)
        told = [list(dict.fromkeys(entry["Allele"] for entry in outcome.csq(row))) for row in range(len(lines))]
        assert told == [
            ["Alu_insertion"],
            ["insertion"],
            ["Alu_insertion"],
            ["tandem_duplication", "deletion"],
            ["G[MT:9["],
        ]

    def test_are_passed_and_counted(self, run: Runner) -> None:
        outcome = run(
            [record("MT", 3460, "G", "<DEL>", info="END=3470"), record("MT", 3500, rcrs(3500, 3500), "G[MT:9[")]
        )
        ledger = outcome.json("ledger")
        assert ledger["passed_by_reason"] == {"BREAKEND": 1, "SYMBOLIC_ALLELE": 1}
        assert ledger["notes"]["STRUCTURAL"] == 2

    def test_of_unknown_kinds_pass_through_unchanged(self, run: Runner) -> None:
        outcome = run([record("MT", 3460, "G", "<WHO_KNOWS>", info="DP=3")])
        assert outcome.rows[0][7] == "DP=3"


class TestSites:
    def test_match_the_allele_and_not_only_the_place(self, run: Runner) -> None:
        outcome = run([record("chr17", 7675088, "C", "G"), record("chr17", 7675088, "C", "T")])
        assert "CLINVAR_ID" not in outcome.info(0)
        assert outcome.info(1)["CLINVAR_SIG"] == "Pathogenic"

    def test_match_after_trimming(self, run: Runner) -> None:
        outcome = run([record("chr13", 20189545, "CAC", "CA")])
        assert outcome.info(0)["GENE"] == "GJB2"
        assert outcome.rows[0][1] == "20189545"
        assert "CLINVAR_ID" in outcome.info(0)

    def test_match_one_of_several_alleles(self, run: Runner) -> None:
        outcome = run([record("chr17", 7675088, "C", "G,T")])
        assert outcome.info(0)["CLINVAR_SIG"] == ".,Pathogenic"

    def test_fill_only_an_empty_identifier(self, run: Runner) -> None:
        outcome = run([record("chr17", 7675088, "C", "T", identifier="mine")])
        assert outcome.rows[0][2] == "mine"

    def test_match_lower_case_alleles(self, run: Runner) -> None:
        outcome = run([record("chr17", 7675088, "c", "t")])
        assert outcome.info(0)["CLINVAR_SIG"] == "Pathogenic"
        assert outcome.rows[0][3:5] == ["c", "t"]


class TestPreservation:
    def test_keeps_carriage_returns(self, run: Runner) -> None:
        text = HEADER.replace("\n", "\r\n") + record("MT", 3460, "G", "A", info="DP=5").replace("\n", "\r\n")
        outcome = run(text)
        lines = outcome.result.split(b"\n")[:-1]
        assert all(line.endswith(b"\r") for line in lines)
        assert lines[-1].split(b"\t")[7].startswith(b"DP=5;CSQ=")

    def test_puts_nothing_before_the_first_addition(self, run: Runner) -> None:
        outcome = run([record("chr1", 5, "A", "G"), record("chr1", 6, "A", "G", info="DP=1")])
        assert [columns[7] for columns in outcome.rows] == ["CYTOBAND=1p36.33", "DP=1;CYTOBAND=1p36.33"]

    def test_keeps_the_fields_of_a_lab_that_has_names_of_ours(self, run: Runner) -> None:
        declared = '##INFO=<ID=CSQ,Number=.,Type=String,Description="by VEP">'
        text = f"##fileformat=VCFv4.2\n{declared}\n{COLUMN_LINE}\n" + record("MT", 3460, "G", "A", info="CSQ=old|one")
        outcome = run(text)
        assert outcome.info(0)["CSQ"] == "old|one"
        assert outcome.csq(0, key="GC_CSQ")[0]["SYMBOL"] == "MT-ND1"
        assert declared in outcome.header
        assert outcome.json("summary")["fields"]["CSQ"] == "GC_CSQ"

    def test_never_repeats_a_key_that_the_header_does_not_declare(self, run: Runner) -> None:
        outcome = run([record("MT", 3460, "G", "A", info="GENE=mine")])
        assert outcome.rows[0][7].count("GENE=") == 1
        assert outcome.info(0)["GENE"] == "mine"
        assert outcome.json("ledger")["notes"]["FIELD_LEFT_OUT"] == 1
        assert "1 record holds an undeclared INFO key of ours" in outcome.text("log")

    def test_keeps_samples_and_odd_text(self, run: Runner) -> None:
        text = (
            "##fileformat=VCFv4.2\n##odd=<é ü>\n" + COLUMN_LINE + "\tFORMAT\tone\ttwo\n"
            "chr21\t5097843\t=cmd\tA\tG,<NON_REF>\t0\tq10;s50\tx=<script>;y\tGT:XX\t0/1:,,\t./.\n"
        )
        outcome = run(text)
        assert_preserved(outcome, text.encode())

    def test_accepts_what_our_own_output_holds(self, run: Runner) -> None:
        first = run([record("MT", 3460, "G", "A")])
        again = run(first.result)
        assert again.info(0)["CSQ"] == first.info(0)["CSQ"] == again.info(0)["GC_CSQ"]

    def test_adds_a_missing_last_line_end(self, run: Runner) -> None:
        outcome = run(HEADER + record("MT", 3460, "G", "A").rstrip("\n"))
        assert outcome.result.endswith(b"\n")
        assert outcome.done.records_read == 1


class TestLedger:
    def test_passes_what_cannot_be_annotated(self, run: Runner) -> None:
        lines = [
            record("chr1", 1000, "A", "."),
            record("chr1", 1001, "A", "*"),
            record("chr1", 1002, "A", "<DEL>", info="END=1100;SVTYPE=DEL"),
            record("chr1", 1003, "A", "A[chr2:500["),
            record("chr1", 1004, "A", "<NON_REF>", info="END=1200"),
            record("chr1", 1005, "A", "N"),
            record("chr1", 1006, "A", "A"),
            record("chr1_KI270706v1_random", 5, "A", "G"),
            record("HLA-A*01:01:01:01", 5, "A", "G"),
        ]
        outcome = run(lines)
        assert_ledger_adds_up(outcome)
        assert outcome.json("ledger")["passed_by_reason"] == {
            "AMBIGUOUS_BASES": 1,
            "AUXILIARY_CONTIG": 2,
            "BREAKEND": 1,
            "NO_ALTERNATE_ALLELE": 1,
            "OVERLAPPING_DELETION": 1,
            "REFERENCE_BLOCK": 1,
            "SAME_AS_REF": 1,
            "SYMBOLIC_ALLELE": 1,
        }
        assert outcome.result.decode().splitlines()[-9:] == [line.rstrip("\n") for line in lines]

    def test_rejects_few_mismatches_and_keeps_their_records(self, run: Runner) -> None:
        good = [
            record("MT", position, base, "A" if base != "A" else "G")
            for position in range(1000, 1020)
            if (base := rcrs(position, position))
        ]
        wrong = record("MT", 3460, "T", "A")
        outcome = run([*good, wrong])
        ledger = outcome.json("ledger")
        assert ledger["rejected_by_reason"] == {"REF_MISMATCH": 1}
        assert ledger["rejections"] == [
            {
                "line": 24,
                "contig": "MT",
                "position": 3460,
                "reason": "REF_MISMATCH",
                "detail": "the file says 'T' and the reference has 'G'",
                "text": r"MT\t3460\t.\tT\tA\t.\tPASS\t.",
            }
        ]
        assert outcome.result.decode().splitlines()[-1] + "\n" == wrong
        assert_ledger_adds_up(outcome)

    def test_does_not_judge_the_build_by_the_few_records_that_it_can_compare(self, run: Runner) -> None:
        nuclear = [record("chr1", position, "A", "G") for position in range(1000, 1010)]
        outcome = run([*nuclear, record("MT", 3460, "T", "A")])
        assert outcome.json("ledger")["rejected_by_reason"] == {"REF_MISMATCH": 1}
        assert_ledger_adds_up(outcome)

    def test_does_not_call_an_unknown_reference_base_a_mismatch(self, run: Runner) -> None:
        outcome = run([record("MT", 3107, "A", "G")])
        assert outcome.done.rejected == 0
        assert outcome.json("ledger")["notes"] == {"REFERENCE_IS_N": 1}
        assert "CSQ" not in outcome.info(0)

    def test_is_fine_with_no_records_and_no_samples(self, run: Runner) -> None:
        outcome = run([])
        assert outcome.done.records_read == 0
        assert Path(outcome.done.files["index"]).stat().st_size > 0

    def test_shortens_the_name_of_an_odd_contig(self, run: Runner) -> None:
        outcome = run([record(f"HLA-{'A' * 200}", 5, "A", "G")])
        (name,) = outcome.json("summary")["records_by_chromosome"]
        assert len(name) == 60


class TestManyAlleles:
    def test_that_are_all_alike_cost_no_more_than_each(self, run: Runner) -> None:
        began = time.process_time()
        outcome = run([record("chr17", 7675088, "C", ",".join(["T"] * 240_000))])
        assert outcome.info(0)["CLINVAR_SIG"] == ",".join(["Pathogenic"] * 240_000)
        assert time.process_time() - began < 15


class TestJournal:
    def test_shows_an_odd_file_name_on_one_line(self, run: Runner) -> None:
        outcome = run([], name="a\n\x1bb.vcf")
        assert r"Input: a\n\x1bb.vcf" in outcome.text("log").splitlines()


class TestContigNames:
    @pytest.mark.parametrize("name", ["chrM", "M", "MT", "chrMT", "NC_012920.1"])
    def test_are_known_under_all_their_names_and_stay(self, run: Runner, name: str) -> None:
        outcome = run([record(name, 3460, "G", "A")])
        assert outcome.rows[0][0] == name
        assert outcome.csq(0)[0]["SYMBOL"] == "MT-ND1"

    def test_may_mix_within_a_file(self, run: Runner) -> None:
        outcome = run([record("1", 1013983, "G", "A"), record("chr2", 5000, "G", "A")])
        assert "CLINVAR_ID" in outcome.info(0)
        assert outcome.info(1)["CYTOBAND"] == "2p25.3"


class TestFailure:
    @pytest.fixture
    def broken(self, tmp_path: Path) -> Path:
        """This function will give a reference whose models cannot be read."""
        folder = shutil.copytree(STARTER_FOLDER, tmp_path / "reference")
        (folder / "models" / "MT.npz").write_bytes(b"PK\x03\x04 no archive")
        return folder

    def test_leaves_no_result(self, run: Runner, broken: Path) -> None:
        with pytest.raises(BadZipFile):
            run([record("MT", 3460, "G", "A")], reference=broken)
        assert [path.name for path in run.output.iterdir()] == ["log.txt"]
        assert "not at fault" in run.log

    def test_of_a_process_of_many_leaves_no_result(self, run: Runner, broken: Path) -> None:
        with pytest.raises(EngineError, match="worker process failed: BadZipFile"):
            run([record("MT", 3460, "G", "A")], reference=broken, processes=2)
        assert [path.name for path in run.output.iterdir()] == ["log.txt"]

    def test_of_the_reference_is_ours(self, run: Runner, tmp_path: Path) -> None:
        with pytest.raises(InvalidReferenceError, match="not a reference"):
            run([record("MT", 3460, "G", "A")], reference=tmp_path)


class TestProcesses:
    LINES = tuple(
        [
            record("chr1", position, "A", "G,<DEL>", info=f"DP={position % 97};X={'y' * 40}")
            for position in range(1, 30_000)
        ]
        + [record("chrM", at, rcrs(at, at), "A" if rcrs(at, at) != "A" else "C") for at in range(577, 3_107)]
    )

    def test_of_whatever_number_give_the_same_bytes(self, run: Runner) -> None:
        first = contents(run(self.LINES))
        assert len(first["vcf"]) > 300_000
        for processes in (2, 3):
            assert contents(run(self.LINES, processes=processes)) == first

    def test_refuse_the_same_line(self, run: Runner) -> None:
        for processes in (1, 2):
            with pytest.raises(InvalidVcfError) as caught:
                run([*self.LINES, record("chr1", 5, "A", "G")], processes=processes)
            assert (caught.value.code, caught.value.line) == ("CONTIG_IN_TWO_BLOCKS", 4 + len(self.LINES))


class TestBadLines:
    KEEP = Options(keeps_bad_lines=True)
    BAD = (
        "chr1\t1001\n",
        record("chr1", "1e3", "A", "G"),
        record("chr99", 5, "A", "G"),
        record("chr2", "x", "A", "G"),
        record("chr1", 248_956_423, "A", "G"),
        record("chr1", 5_000, "A/C", "G"),
        "\n",
    )
    CODES = (
        *("WRONG_COLUMN_COUNT", "BAD_POSITION", "UNKNOWN_CONTIG", "BAD_POSITION"),
        *("PAST_CONTIG_END", "BAD_REF", "EMPTY_LINE"),
    )
    GOOD = (record("chr1", 1_000, "A", "G"), record("chr1", 1_002, "A", "G"), record("chr2", 5, "A", "G"))

    def lines(self) -> list[str]:
        return [self.GOOD[0], *self.BAD, *self.GOOD[1:]]

    def test_refuse_the_file_by_default(self, run: Runner) -> None:
        with pytest.raises(InvalidVcfError) as caught:
            run(self.lines())
        assert (caught.value.code, caught.value.line) == ("WRONG_COLUMN_COUNT", 5)

    def test_go_to_the_ledger_and_not_into_the_result(self, run: Runner) -> None:
        clean = run(self.GOOD).rows
        outcome = run(self.lines(), options=self.KEEP)
        assert outcome.rows == clean
        ledger = outcome.json("ledger")
        assert [(one["line"], one["reason"]) for one in ledger["rejections"]] == list(enumerate(self.CODES, start=5))
        assert ledger["rejections"][0]["text"] == r"chr1\t1001"
        assert (ledger["records_read"], ledger["annotated"], ledger["rejected"]) == (10, 3, 7)
        assert "7 lines are no records and were left out" in outcome.text("log")
        assert "up to 1,000 go to the ledger" in outcome.text("log")

    def test_may_be_all_there_is(self, run: Runner) -> None:
        outcome = run(self.BAD, options=self.KEEP)
        assert (outcome.rows, outcome.done.rejected) == ([], 7)

    def test_that_are_one_too_many_refuse_the_file(self, run: Runner) -> None:
        limits = replace(DEFAULT_LIMITS, max_bad_lines=6)
        with pytest.raises(InvalidVcfError) as caught:
            run(self.lines(), options=self.KEEP, limits=limits)
        assert (caught.value.code, caught.value.line) == ("EMPTY_LINE", 11)
        assert run(self.lines(), options=self.KEEP, limits=replace(limits, max_bad_lines=7)).done.rejected == 7

    def test_are_counted_over_blocks_and_processes(self, run: Runner) -> None:
        filler = [record("chr1", at, "A", "G", info="x" * 1_000) for at in range(1, 3_000)]
        lines = [*filler[:100], self.BAD[0], *filler[100:2_500], self.BAD[1], *filler[2_500:], self.BAD[-1]]
        limits = replace(DEFAULT_LIMITS, max_bad_lines=2)
        for processes in (1, 2):
            with pytest.raises(InvalidVcfError) as caught:
                run(lines, options=self.KEEP, limits=limits, processes=processes)
            assert (caught.value.code, caught.value.line) == ("EMPTY_LINE", 3 + len(lines))
        assert run(lines, options=self.KEEP).done.rejected == 3

    @pytest.mark.parametrize(
        ("line", "code"),
        [
            (record("chr1", 999, "A", "G"), "NOT_SORTED"),
            (record("chr2", 1, "A", "G") + record("1", 2_000, "A", "G"), "CONTIG_IN_TWO_BLOCKS"),
            (COLUMN_LINE + "\n", "HEADER_AFTER_RECORDS"),
        ],
    )
    def test_that_tell_of_the_whole_file_refuse_it(self, run: Runner, line: str, code: str) -> None:
        with pytest.raises(InvalidVcfError) as caught:
            run([self.GOOD[0], self.BAD[0], line], options=self.KEEP)
        assert caught.value.code == code

    def test_do_not_hide_disorder_across_blocks(self, run: Runner) -> None:
        filler = [record("chr1", at, "A", "G", info="x" * 1_000) for at in range(1, 2_000)]
        lines = [*filler, self.BAD[0], record("chr1", 5, "A", "G"), record("chr1", 4, "A", "G")]
        with pytest.raises(InvalidVcfError) as caught:
            run(lines, options=self.KEEP)
        assert (caught.value.code, caught.value.line) == ("NOT_SORTED", 3 + len(filler) + 2)


class TestStem:
    @pytest.mark.parametrize(
        ("name", "stem"),
        [
            ("x.VCF", "x"),
            ("x.vcf.gz", "x"),
            ("x.Vcf.Bgz", "x"),
            ("my.vcf.backup.vcf", "my.vcf.backup"),
            ("plain", "plain"),
            (".vcf", ".vcf"),
        ],
    )
    def test_leaves_the_ending_out(self, name: str, stem: str) -> None:
        assert stem_of(name) == stem


@pytest.mark.shared_data
class TestRealSample:
    def test_na12878_is_preserved_and_accounted_for(self, run: Runner, shared_data: Path) -> None:
        path = shared_data / "PG_NA12878_hg38-chr21.vcf.gz"
        outcome = run.annotate(path)
        assert outcome.done.records_read == 65_370
        assert_ledger_adds_up(outcome)
        assert_preserved(outcome, gzip.decompress(path.read_bytes()))
