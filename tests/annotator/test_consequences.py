"""Consequences on chromosome 21, held against Ensembl VEP."""

import gzip
import re
from collections import Counter
from pathlib import Path

import pytest

from annotator.ontology import TERMS
from tests.annotator.vcf import Outcome, Runner, assemble_chr21

FOLDED = {
    "splice_donor_5th_base_variant": "splice_region_variant",
    "splice_donor_region_variant": "splice_region_variant",
    "splice_polypyrimidine_tract_variant": "intron_variant",
}
NEARBY = {"upstream_gene_variant", "downstream_gene_variant", "intergenic_variant"}

Answers = dict[tuple[str, str, str, str], str]


def worst_terms(lines: list[str]) -> Answers:
    """Worst term by (POS, REF, ALT, coding transcript), finer splice terms folded, neighbours left out."""
    answers: Answers = {}
    names: list[str] = []
    for line in lines:
        if line.startswith("##INFO=<ID=CSQ"):
            names = line.split("Format: ")[1].rstrip('">').split("|")
        if line.startswith("#"):
            continue
        columns = line.split("\t")
        info = dict(item.partition("=")[::2] for item in columns[7].split(";"))
        for entry in filter(None, info.get("CSQ", "").split(",")):
            values = dict(zip(names, entry.split("|"), strict=False))
            terms = {FOLDED.get(term, term) for term in values["Consequence"].split("&")} - NEARBY
            if terms and values["BIOTYPE"] == "protein_coding":
                key = (columns[1], columns[3], columns[4], values["Feature"])
                answers[key] = min(terms, key=lambda term: TERMS[term].rank)
    return answers


@pytest.mark.shared_data
class TestAgainstVep:
    @pytest.fixture
    def truth(self, shared_data: Path) -> list[str]:
        return gzip.decompress((shared_data / "vep115.dev.vcf.gz").read_bytes()).decode().splitlines()

    @pytest.fixture
    def outcome(self, run: Runner, shared_data: Path, truth: list[str], tmp_path: Path) -> Outcome:
        bare = [re.sub(r"CSQ=[^;\t]*", ".", line) for line in truth if not line.startswith("##INFO=<ID=CSQ")]
        reference = assemble_chr21(shared_data, folder=tmp_path / "chr21")
        return run("\n".join(bare) + "\n", reference=reference)

    def test_agrees_on_the_worst_consequence(self, outcome: Outcome, truth: list[str]) -> None:
        expected = worst_terms(truth)
        found = worst_terms(outcome.result.decode().splitlines())
        agreed: Counter[str] = Counter()
        total: Counter[str] = Counter()
        for key, term in expected.items():
            kind = "single base" if len(key[1]) == len(key[2]) == 1 else "longer"
            total[kind] += 1
            agreed[kind] += found.get(key) == term
        assert agreed["single base"] / total["single base"] > 0.999
        assert agreed["longer"] / total["longer"] > 0.95


@pytest.mark.shared_data
class TestUnknownSequence:
    def test_is_no_mismatch(self, run: Runner, shared_data: Path, tmp_path: Path) -> None:
        reference = assemble_chr21(shared_data, folder=tmp_path / "chr21")
        outcome = run.annotate(shared_data / "PG_NA12878_hg38-chr21.vcf.gz", reference=reference)
        assert outcome.done.rejected == 0
        assert outcome.json("ledger")["notes"] == {"REFERENCE_IS_N": 63_310}
