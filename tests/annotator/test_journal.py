"""The log for people."""

from pathlib import Path

import pytest

from annotator import journal
from annotator.chunk import Options
from annotator.findings import Hgvs
from annotator.limits import DEFAULT_LIMITS
from annotator.samples import SAMPLE_VCF
from tests.annotator.vcf import Runner, rcrs, record


class TestJournal:
    def test_tells_options_reference_sources_and_counts_in_this_order(self, run: Runner) -> None:
        log = run.annotate(SAMPLE_VCF).text("log")
        titles = [line for line in log.splitlines() if line and not line.startswith(" ")]
        assert titles == [
            titles[0],
            "Input: sample.vcf",
            "Options",
            "Reference: GRCh38 starter 2 (GRCh38)",
            "Sources",
            "Records",
            "Notes on annotated records",
            "Records found in each track",
            "Variants by most severe consequence",
            "Seconds",
        ]

    def test_says_why_records_were_passed_or_rejected(self, run: Runner) -> None:
        good = [record("MT", at, rcrs(at, at), "A" if rcrs(at, at) != "A" else "C") for at in range(1_000, 1_040)]
        log = run([record("chr1", 5, "A", "<DEL>"), *good, record("MT", 3460, "T", "A")]).text("log")
        assert "A symbolic allele such as <DEL>" in log
        assert "REF differs from the reference sequence" in log

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (Options(), ["the picked transcript, and all whose", "refuse the file"]),
            (Options(hgvs=Hgvs.ALL, parentheses=True), ["HGVS names: all transcripts", "p.(…)"]),
            (Options(hgvs=Hgvs.NONE, keeps_bad_lines=True), ["HGVS names: none", "up to 1,000 go to the ledger"]),
        ],
    )
    def test_tells_what_was_chosen(self, tmp_path: Path, options: Options, said: list[str]) -> None:
        lines = journal.Journal(tmp_path / "log.txt", input_name="a.vcf")
        lines.options(options, limits=DEFAULT_LIMITS)
        lines.write(stage_seconds={"read": 1.0})
        log = (tmp_path / "log.txt").read_text(encoding="utf-8")
        for text in said:
            assert text in log


class TestPercent:
    @pytest.mark.parametrize(
        ("count", "total", "said"),
        [
            (0, 0, ""),
            (0, 9, "0.0%"),
            (9, 9, "100.0%"),
            (1, 3, "33.3%"),
            (1, 1_000_000, "0.1%"),
            (999_999, 1_000_000, "99.9%"),
        ],
    )
    def test_is_nothing_or_all_only_when_it_is(self, count: int, total: int, said: str) -> None:
        assert journal._percent(count, total) == said
