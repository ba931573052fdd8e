"""Variants on the same copy of a chromosome, from genotypes to HAPLOTYPE_CSQ.

27       39|40        82|83           99
ATGGCTTGGAAAT|GTAAGT…TTCAG|TTGGCCTCTTCAAATGA
 M  A  W  K  F             F  G  L  F  K  *
"""

from dataclasses import replace

import pytest

from annotator import run_haplotypes
from annotator.chunk import Options
from annotator.findings import Hgvs
from annotator.run_haplotypes import COLUMNS
from tests.annotator.genes import Genes, build_genes
from tests.annotator.vcf import COLUMN_LINE, Outcome, Runner

TOGETHER = Options(haplotypes=True)


@pytest.fixture(scope="module")
def genes(tmp_path_factory: pytest.TempPathFactory) -> Genes:
    return build_genes(tmp_path_factory.mktemp("genes"))


class Cohort:
    """Files of some samples, with the changes and genotypes of a test."""

    def __init__(self, run: Runner, genes: Genes) -> None:
        self._run = run
        self._genes = genes

    def __call__(
        self,
        *records: tuple[int, str, str, str],
        samples: tuple[str, ...] = ("kim",),
        keys: str = "GT",
        options: Options = TOGETHER,
        gene: int = 0,
    ) -> Outcome:
        """This function will annotate changes of the forward gene, each with its samples' columns, spaces between."""
        lines = [f"##fileformat=VCFv4.2\n{COLUMN_LINE}\tFORMAT\t{chr(9).join(samples)}\n"]
        for position, ref, alt, columns in records:
            at, *alleles = self._genes.change(position, ref, alt, gene=gene)
            lines.append("\t".join(("c1", str(at), ".", *alleles, ".", ".", ".", keys, *columns.split())) + "\n")
        return self._run("".join(lines), reference=self._genes.folder, options=options)


@pytest.fixture
def annotate(run: Runner, genes: Genes) -> Cohort:
    return Cohort(run, genes)


def joint(outcome: Outcome, row: int = 0, *, key: str = "HAPLOTYPE_CSQ") -> list[dict[str, str]]:
    text = outcome.info(row).get(key, "")
    names = COLUMNS.split("|")
    return [dict(zip(names, entry.split("|"), strict=True)) for entry in text.split(",") if entry and entry[0] != "@"]


def told(outcome: Outcome) -> list[str]:
    """This function will give what each record says, an entry as its consequence."""
    texts = [outcome.info(row).get("HAPLOTYPE_CSQ", "") for row in range(len(outcome.rows))]
    return [",".join(one.split("|")[1] if "|" in one else one for one in text.split(",")) for text in texts]


class TestAddHaplotypes:
    def test_joins_two_changes_of_a_codon_in_cis(self, annotate: Cohort) -> None:
        outcome = annotate((33, "T", "C", "0|1"), (35, "G", "T", "0|1"))
        [entry] = joint(outcome)
        assert entry == {
            "Variants": "33:T>C&35:G>T",
            "Consequence": "missense_variant",
            "IMPACT": "MODERATE",
            "SYMBOL": "G0",
            "Gene": "ENSG0",
            "Feature": "ENST0",
            "BIOTYPE": "protein_coding",
            "EXON": "1/2",
            "HGVSc": "ENST0.1:c.[7T>C%3B9G>T]",
            "HGVSp": "P0:p.Trp3Arg",
            "CDS_position": "7-9",
            "Protein_position": "3",
            "Amino_acids": "W/R",
            "Codons": "TGG/CGT",
            "Copies": "1",
            "Carriers": "kim:2",
        }
        assert told(outcome) == ["missense_variant", "@33"]
        assert outcome.json("ledger")["notes"]["HAPLOTYPES"] == 2

    def test_leaves_what_each_does_alone_as_it_is(self, annotate: Cohort) -> None:
        records = (33, "T", "C", "0|1"), (35, "G", "T", "0|1")
        alone = annotate(*records, options=Options())
        entries = [alone.csq(row) for row in (0, 1)]
        assert b"HAPLOTYPE" not in alone.result
        together = annotate(*records)
        assert [together.csq(row) for row in (0, 1)] == entries
        assert b"##INFO=<ID=HAPLOTYPE_CSQ,Number=.,Type=String," in together.result

    @pytest.mark.parametrize("second", ["1|0", "0/1", "0|0", "./.", ".|.", "0|."])
    def test_does_not_join_what_is_not_known_to_lie_together(self, annotate: Cohort, second: str) -> None:
        assert told(annotate((33, "T", "C", "0|1"), (35, "G", "T", second))) == ["", ""]

    @pytest.mark.parametrize(
        ("first", "second", "carriers"),
        [
            ("1|1", "0|1", "kim:2"),
            ("1/1", "1|0", "kim:1"),
            ("1/1", "1/1", "kim:1&kim:2"),
            ("1", "1", "kim:1"),
            ("1|0|1", "0|0|1", "kim:3"),
            (".|1", "0|1", "kim:2"),
        ],
    )
    def test_takes_equal_copies_for_phased(self, annotate: Cohort, first: str, second: str, carriers: str) -> None:
        [entry] = joint(annotate((33, "T", "C", first), (35, "G", "T", second)))
        assert (entry["Carriers"], entry["Copies"]) == (carriers, str(carriers.count(":")))

    @pytest.mark.parametrize(
        ("first", "second", "joined"),
        [
            ("0|1:5", "0|1:5", True),
            ("0|1:5", "0|1:9", False),
            ("0|1:5", "0|1:.", False),
            ("0|1:5", "0|1", False),
            ("0|1", "0|1:.", True),
            ("1|1:5", "0|1:9", True),
            ("1/1", "0|1:9", True),
        ],
    )
    def test_keeps_phase_sets_apart(self, annotate: Cohort, first: str, second: str, joined: bool) -> None:
        outcome = annotate((33, "T", "C", first), (35, "G", "T", second), keys="GT:PS")
        assert bool(joint(outcome)) == joined

    def test_sees_a_frame_restored(self, annotate: Cohort) -> None:
        in_cis = annotate((30, "GC", "G", "1|0"), (35, "G", "GC", "1|0"))
        assert told(in_cis) == ["missense_variant", "@30"]
        assert joint(in_cis)[0]["HGVSp"] == "P0:p.Ala2_Trp3delinsValGly"
        assert in_cis.csq(0)[0]["Consequence"] == "frameshift_variant"
        in_trans = annotate((30, "GC", "G", "1|0"), (35, "G", "GC", "0|1"))
        assert told(in_trans) == ["", ""]

    @pytest.mark.parametrize(("gene", "order"), [(0, 1), (1, -1), (2, 1)])
    def test_joins_across_an_intron_on_either_strand(self, annotate: Cohort, gene: int, order: int) -> None:
        changes = [(39, "T", "G", "0|1"), (83, "T", "A", "0|1")][::order]
        [entry] = joint(annotate(*changes, gene=gene))
        assert (entry["Amino_acids"], entry["EXON"], entry["Gene"]) == ("F/D", "1-2/2", f"ENSG{gene}")
        assert entry["HGVSc"] == f"ENST{gene}.1:c.[13T>G%3B14T>A]"

    def test_names_the_alleles_of_a_record_that_are_meant(self, annotate: Cohort) -> None:
        outcome = annotate((33, "T", "A,C", "1|2"), (35, "G", "T", "0|1"))
        [entry] = joint(outcome)
        assert entry["Variants"] == "33:T>C&35:G>T"

    def test_ignores_what_has_no_bases(self, annotate: Cohort) -> None:
        assert told(annotate((33, "T", "*,<DEL>", "1|2"), (35, "G", "T", "1|1"))) == ["", ""]

    def test_counts_all_carriers_and_names_some(self, annotate: Cohort) -> None:
        samples = tuple(f"s:{number}" for number in range(30))
        both = " ".join("1|1" if number % 2 else "0|1" for number in range(30))
        [entry] = joint(annotate((33, "T", "C", both), (35, "G", "T", both), samples=samples))
        assert entry["Copies"] == "45"
        assert entry["Carriers"].split("&")[:4] == ["s%3A0:2", "s%3A1:1", "s%3A1:2", "s%3A2:2"]
        assert entry["Carriers"].count("&") == 9

    def test_tells_the_commonest_where_there_are_too_many(
        self, annotate: Cohort, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(run_haplotypes, "_MOST_TOLD", 1)
        outcome = annotate(
            (33, "T", "C", "1|1 1|0"), (34, "G", "A", "0|1 0|0"), (35, "G", "T", "1|0 1|0"), samples=("a", "b")
        )
        assert told(outcome) == ["missense_variant", "", "@33"]
        assert joint(outcome)[0]["Carriers"] == "a:1&b:1"
        assert outcome.json("ledger")["notes"]["HAPLOTYPES_LEFT_OUT"] == 1

    def test_tells_different_copies_apart(self, annotate: Cohort) -> None:
        outcome = annotate(
            (33, "T", "C", "1|0 1|1"), (34, "G", "A", "0|1 0|1"), (35, "G", "T", "1|1 1|0"), samples=("a", "b")
        )
        entries = {entry["Variants"]: entry["Carriers"] for entry in joint(outcome) + joint(outcome, 1)}
        assert entries == {
            "33:T>C&35:G>T": "a:1&b:1",
            "33:T>C&34:G>A": "b:2",
            "34:G>A&35:G>T": "a:2",
        }
        assert told(outcome)[2] == "@33,@34"

    def test_writes_no_names_when_none_are_wanted(self, annotate: Cohort) -> None:
        records = (33, "T", "C", "0|1"), (35, "G", "T", "0|1")
        [bare] = joint(annotate(*records, options=replace(TOGETHER, hgvs=Hgvs.NONE)))
        assert (bare["HGVSc"], bare["HGVSp"], bare["Amino_acids"]) == ("", "", "W/R")
        [predicted] = joint(annotate(*records, options=replace(TOGETHER, parentheses=True)))
        assert predicted["HGVSp"] == "P0:p.(Trp3Arg)"

    def test_takes_another_name_where_the_input_has_the_field(self, run: Runner, genes: Genes) -> None:
        declared = '##INFO=<ID=HAPLOTYPE_CSQ,Number=1,Type=String,Description="x">\n'
        lines = [f"c1\t{at}\t.\t{ref}\t{alt}\t.\t.\t.\tGT\t0|1\n" for at, ref, alt in ((33, "T", "C"), (35, "G", "T"))]
        content = f"##fileformat=VCFv4.2\n{declared}{COLUMN_LINE}\tFORMAT\ta\n{''.join(lines)}"
        outcome = run(content, reference=genes.folder, options=TOGETHER)
        assert len(joint(outcome, key="GC_HAPLOTYPE_CSQ")) == 1

    def test_needs_genotypes(self, run: Runner, genes: Genes) -> None:
        lines = [f"c1\t{at}\t.\t{ref}\t{alt}\t.\t.\t.\n" for at, ref, alt in ((33, "T", "C"), (35, "G", "T"))]
        outcome = run(
            f"##fileformat=VCFv4.2\n{COLUMN_LINE}\n{''.join(lines)}", reference=genes.folder, options=TOGETHER
        )
        assert told(outcome) == ["", ""]
