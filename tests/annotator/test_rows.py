"""The rows of the table say what the annotated records say."""

import itertools
from typing import Any

import pyarrow.parquet as pq
import pytest

from annotator.alleles import CLASSES
from annotator.samples import SAMPLE_VCF
from tests.annotator.vcf import COLUMN_LINE, Outcome, Runner, rcrs, record

GENOTYPED = f"##fileformat=VCFv4.2\n##reference=GRCh38\n{COLUMN_LINE}\tFORMAT\tsample\n"


def table(outcome: Outcome) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(outcome.done.files["table"]).to_pylist()
    return rows


class TestRows:
    @pytest.fixture
    def sample(self, run: Runner) -> Outcome:
        return run.annotate(SAMPLE_VCF)

    def test_are_one_for_each_allele_in_the_order_of_the_file(self, sample: Outcome) -> None:
        expected = [(row[0], int(row[1]), row[3], alt) for row in sample.rows for alt in row[4].split(",")]
        assert [(row["chrom"], row["pos"], row["ref"], row["alt"]) for row in table(sample)] == expected
        assert [row["row_id"] for row in table(sample)] == list(range(len(expected)))

    def test_say_what_the_picked_entry_says(self, sample: Outcome) -> None:
        told = {(row["chrom"], row["pos"], row["alt"]): row for row in table(sample)}
        compared = 0
        for index, columns in enumerate(sample.rows):
            if "CSQ=" not in columns[7]:
                continue
            for alt, entries in zip(
                columns[4].split(","),
                [list(group) for _, group in itertools.groupby(sample.csq(index), key=lambda entry: entry["Allele"])],
                strict=True,
            ):
                row = told[columns[0], int(columns[1]), alt]
                (picked,) = [entry for entry in entries if entry["PICK"]]
                for name, column in (
                    ("consequence", "Consequence"),
                    ("symbol", "SYMBOL"),
                    ("feature", "Feature"),
                    ("biotype", "BIOTYPE"),
                    ("exon", "EXON"),
                    ("intron", "INTRON"),
                    ("hgvsc", "HGVSc"),
                    ("protein_position", "Protein_position"),
                    ("amino_acids", "Amino_acids"),
                ):
                    assert (row[name] or "") == picked[column], (columns[:5], name)
                assert (row["hgvsp"] or "").replace("=", "%3D") == picked["HGVSp"]
                assert row["most_severe"] in entries[0]["Consequence"].split("&")
                compared += 1
        assert compared >= 5

    def test_have_no_consequence_where_none_is_known(self, run: Runner) -> None:
        (row,) = table(run([record("chr17", 7675088, "C", "T")]))
        assert (row["consequence"], row["impact"], row["hgvsc"], row["symbol"]) == (None, None, None, None)
        assert (row["clinvar_sig"], row["class"]) == ("Pathogenic", "SNV")

    def test_keep_the_alleles_of_a_record_apart(self, run: Runner) -> None:
        rows = table(run([record("chr17", 7675088, "C", "G,T"), record("MT", 8993, "T", "G,C,*")]))
        assert [(row["alt"], row["clinvar_sig"]) for row in rows[:2]] == [("G", None), ("T", "Pathogenic")]
        assert [(row["alt"], row["amino_acids"]) for row in rows[2:]] == [("G", "L/R"), ("C", "L/P")]

    def test_name_the_class_of_each_allele(self, run: Runner) -> None:
        base = rcrs(3460, 3463)
        alts = [("C" if base[0] != "C" else "T"), f"{base[0]}A"]
        lines = [record("MT", 3460, base[0], alt) for alt in alts]
        lines += [record("MT", 3460, base[:2], base[0]), record("MT", 3460, base[:2], "NN".replace("N", alts[0]))]
        classes = [row["class"] for row in table(run(lines))]
        assert classes[:3] == ["SNV", "insertion", "deletion"]
        assert set(classes) <= set(CLASSES)

    def test_give_the_identifier_of_the_result(self, run: Runner) -> None:
        outcome = run([record("chr17", 7675088, "C", "T"), record("chr17", 7675088, "C", "T", identifier="mine")])
        assert [row["id"] for row in table(outcome)] == [outcome.rows[0][2], "mine"]

    def test_tell_genotype_zygosity_and_depth_of_the_first_sample(self, run: Runner) -> None:
        line = record("MT", 8993, "T", "G,C").rstrip("\n")
        (first, second) = table(run(f"{GENOTYPED}{line}\tGT:DP:GQ\t0/2:17:35\n"))
        assert (first["genotype"], first["zygosity"], second["zygosity"]) == ("0/2", "NONE", "HET")
        assert (first["depth"], first["genotype_quality"]) == (17, 35.0)

    def test_are_none_for_a_file_without_alleles(self, run: Runner) -> None:
        assert table(run([record("MT", 3460, "G", ".")])) == []
