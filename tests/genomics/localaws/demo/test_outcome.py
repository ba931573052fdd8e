import gzip
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from genomics.localaws.demo.outcome import Outcome

_SOURCE = (
    b"##fileformat=VCFv4.2\n"
    b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    b"chr1\t7\t.\tA\tG\t9\tPASS\tDP=4\n"
    b"chrM\t3460\t.\tG\tA\t9\tPASS\t.\n"
)
_RESULT = (
    b"##fileformat=VCFv4.2\n"
    b'##INFO=<ID=CSQ,Number=.,Type=String,Description="Consequences. Format: Allele|Consequence|SYMBOL">\n'
    b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    b"chr1\t7\trs1\tA\tG\t9\tPASS\tDP=4;GENE=X\n"
    b"chrM\t3460\t.\tG\tA\t9\tPASS\tCSQ=A|upstream_gene_variant|MT-TL1,A|missense_variant|MT-ND1\n"
)


def _outcome(**changes: Any) -> Outcome:
    counts = {"records_read": 2, "annotated": 2, "passed": 0, "rejected": 0}
    right = Outcome(
        source=_SOURCE,
        vcf=gzip.compress(_RESULT),
        summary={"variants_by_consequence": {"missense_variant": 1}, "clinvar_hits": 1},
        ledger=counts,
        expected={
            **counts,
            "consequences": {"missense_variant": 1},
            "clinvar_hits": 1,
            "mitochondrial": {"3460": {"SYMBOL": "MT-ND1", "Consequence": "missense_variant"}},
        },
    )
    return replace(right, **changes)


class TestFaults:
    def test_finds_nothing_wrong_with_a_right_result(self) -> None:
        assert _outcome().faults() == []

    def test_refuses_half_a_file(self) -> None:
        assert "not a complete gzip file" in _outcome(vcf=gzip.compress(_RESULT)[:-20]).faults()[0]

    @pytest.mark.parametrize(
        ("change", "fault"),
        [
            (lambda vcf: vcf.replace(b"\trs1\tA\tG\t9", b"\trs1\tA\tG\t8"), "Record 1 changed outside ID and INFO."),
            (lambda vcf: vcf.replace(b"chr1\t7", b"1\t7"), "Record 1 changed outside ID and INFO."),
            (lambda vcf: vcf.replace(b"DP=4;", b""), "Record 1 lost some of its INFO."),
            (lambda vcf: vcf.replace(b"DP=4;", b"DP=40;"), "Record 1 lost some of its INFO."),
            (lambda vcf: vcf[: vcf.index(b"chrM")], "The result has 1 records instead of 2."),
            (lambda vcf: vcf.replace(b"A|missense_variant|MT-ND1", b"A|missense_variant|MT-ND2"), "m.3460 has not"),
            (lambda vcf: vcf.replace(b"##INFO=<ID=CSQ", b"##INFO=<ID=ANN"), "m.3460 has not"),
        ],
    )
    def test_sees_each_way_to_be_wrong(self, change: Callable[[bytes], bytes], fault: str) -> None:
        faults = _outcome(vcf=gzip.compress(change(_RESULT))).faults()
        assert any(found.startswith(fault) for found in faults), faults

    @pytest.mark.parametrize("name", ["records_read", "annotated", "passed", "rejected"])
    def test_sees_a_ledger_that_does_not_add_up(self, name: str) -> None:
        wrong = _outcome()
        faults = replace(wrong, ledger={**wrong.ledger, name: 1}).faults()
        assert any("does not add up" in fault for fault in faults) == (wrong.ledger[name] != 1)
        assert any(fault.startswith(f"{name} is 1 instead of") for fault in faults)

    def test_compares_consequences_and_clinvar_with_what_is_expected(self) -> None:
        faults = _outcome(summary={"variants_by_consequence": {}, "clinvar_hits": 0}).faults()
        assert faults == [
            "The consequences are {} instead of {'missense_variant': 1}.",
            "ClinVar knows 0 instead of 1.",
        ]
