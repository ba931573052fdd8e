"""Inputs that are refused: each with its code, its place, and nothing left but a log that says why."""

import gzip
import random
import re
from dataclasses import replace

import pytest

from annotator.errors import InvalidVcfError
from annotator.inspection import HEAD_BYTES
from annotator.limits import DEFAULT_LIMITS, Limits
from tests.annotator.vcf import COLUMN_LINE, HEADER, Runner, bgzip, rcrs, record

GOOD = record("chr1", 1000, "A", "G")
GOOD_ELSEWHERE = record("chr2", 1000, "A", "G")


def refusal(run: Runner, content: str | bytes, *, limits: Limits = DEFAULT_LIMITS) -> InvalidVcfError:
    with pytest.raises(InvalidVcfError) as caught:
        run(content, limits=limits)
    error = caught.value
    assert error.message.endswith(".")
    assert error.advice
    assert str(error).isprintable()
    assert len(str(error)) < 500
    assert not re.search(r"\bline \d", error.message, re.IGNORECASE)  # pages show the place beside the message
    assert [path.name for path in run.output.iterdir()] == ["log.txt"]
    assert error.code in run.log
    assert error.message in run.log
    return error


class TestQuotedText:
    @pytest.mark.parametrize(
        ("line", "shown"),
        [
            (record("chr\x1b[31m", 5, "A", "G"), r"'chr\x1b[31m'"),
            (record("chr\u202e1", 5, "A", "G"), r"'chr\u202e1'"),
            (record("c" * 100_000, 5, "A", "G"), "cccc…'"),
            (record("chr2", "5\x07", "A", "G"), r"'5\x07'"),
            (record("chr2", "9" * 100_000, "A", "G"), "9999…'"),
            (record("chr2", 5, "A\x7f", "G"), r"'A\x7f'"),
            (record("chr2", 5, "A" + "é" * 100_000, "G"), "éééé…'"),
            (record(f"HLA-{'A' * 200}", 5, "A", "G") + record(f"HLA-{'A' * 200}", 4, "A", "G"), "AAAA…:5"),
        ],
    )
    def test_is_short_and_visible(self, run: Runner, line: str, shown: str) -> None:
        error = refusal(run, HEADER + GOOD + line)
        assert shown in error.message

    def test_is_shown_though_it_is_no_text(self, run: Runner) -> None:
        error = refusal(run, (HEADER + GOOD).encode() + b"chr\xff\t5\t.\tA\tG\t.\t.\t.\n")
        assert r"'chr\xff'" in error.message


class TestMismatches:
    def test_above_the_share_fail_the_file_and_name_the_first(self, run: Runner) -> None:
        wrong = [
            record("MT", position, "A" if rcrs(position, position) != "A" else "C", "G")
            for position in range(3400, 3410)
        ]
        error = refusal(run, HEADER + "".join(wrong))
        assert error.code == "REF_MISMATCH"
        assert f"MT:3400, where the file says 'A' and the reference has '{rcrs(3400, 3400)}'" in error.message
        assert "build" in error.advice
        assert error.line == 4

    def test_that_are_many_fail_even_a_file_that_can_hardly_be_compared(self, run: Runner) -> None:
        nuclear = [record("chr1", position, "A", "G") for position in range(1000, 1100)]
        wrong = [
            record("MT", position, "A" if rcrs(position, position) != "A" else "C", "G")
            for position in range(3400, 3420)
        ]
        assert refusal(run, HEADER + "".join(nuclear + wrong)).code == "REF_MISMATCH"


class TestCompression:
    TEXT = (HEADER + "".join(record("chr1", position, "A", "G") for position in range(1, 20_000))).encode()

    def test_that_is_sound_is_read(self, run: Runner) -> None:
        for data in (self.TEXT, gzip.compress(self.TEXT), bgzip(self.TEXT)):
            assert run(data).done.records_read == 19_999

    def test_damaged_beyond_the_head_is_the_files_fault(self, run: Runner) -> None:
        noise = random.Random(1).randbytes(HEAD_BYTES).hex()
        sound = gzip.compress(self.TEXT.replace(b"##reference", f"##noise={noise}\n##reference".encode()))
        assert len(sound) > HEAD_BYTES
        invalid_block = b"\x1f\x8b\x08\x00" + b"\xff" * 50
        assert refusal(run, sound + invalid_block).code == "BROKEN_GZIP"

    @pytest.mark.parametrize("end", [b"\n", b"\0\n", b"chr1\t5\n", b"##x\n", b"#CHROM\n"])
    def test_that_is_damaged_is_told_whatever_the_garbage_looks_like(self, run: Runner, end: bytes) -> None:
        data = bytearray(gzip.compress(self.TEXT + end + self.TEXT * 10, mtime=0))
        data[-6] ^= 1
        assert refusal(run, bytes(data)).code == "BROKEN_GZIP"

    def test_that_is_damaged_far_behind_a_fault_is_not_looked_for(self, run: Runner) -> None:
        data = bytearray(gzip.compress(self.TEXT + b"\n" + self.TEXT * 10, mtime=0))
        data[-6] ^= 1
        limits = replace(DEFAULT_LIMITS, max_blame_bytes=1)
        assert refusal(run, bytes(data), limits=limits).code == "EMPTY_LINE"


class TestLimits:
    TEXT = HEADER + "".join(record("chr1", position, "A", "G") for position in range(1, 200)) + GOOD_ELSEWHERE

    @pytest.mark.parametrize(
        ("limits", "code", "line"),
        [
            ({"max_records": 10}, "TOO_MANY_RECORDS", 14),
            ({"max_line_bytes": 20}, "LINE_TOO_LONG", 4),
            ({"max_uncompressed_bytes": 1_000}, "TOO_LARGE", None),
            ({"max_output_bytes": 100}, "OUTPUT_TOO_LARGE", None),
            ({"max_header_lines": 2}, "HEADER_TOO_LARGE", 3),
            ({"max_contigs": 1}, "TOO_MANY_CONTIGS", 203),
            ({"max_contig_name_bytes": 3}, "UNKNOWN_CONTIG", 4),
        ],
    )
    def test_are_kept(self, run: Runner, limits: dict[str, int], code: str, line: int | None) -> None:
        error = refusal(run, self.TEXT, limits=replace(DEFAULT_LIMITS, **limits))
        assert (error.code, error.line) == (code, line)

    def test_refuse_a_line_without_end(self, run: Runner) -> None:
        endless = HEADER + "chr1\t5\t.\tA\tG\t.\t.\t" + "x" * 3_000_000
        limits = replace(DEFAULT_LIMITS, max_line_bytes=1_000_000)
        assert refusal(run, endless, limits=limits).code == "LINE_TOO_LONG"

    def test_are_kept_for_header_bytes(self, run: Runner) -> None:
        text = self.TEXT.replace("##reference", f"##{'x' * 1_100}\n" * 2_000 + "##reference")
        error = refusal(run, text, limits=replace(DEFAULT_LIMITS, max_header_bytes=1_000_000))
        assert (error.code, error.line) == ("HEADER_TOO_LARGE", None)
        assert run(text, limits=replace(DEFAULT_LIMITS, max_header_bytes=3_000_000)).done.records_read == 200

    def test_are_kept_for_alleles(self, run: Runner) -> None:
        text = HEADER + record("chr1", 5, "ACGT", "A,C,G")
        error = refusal(run, text, limits=replace(DEFAULT_LIMITS, max_allele_bytes=11))
        assert (error.code, error.line, error.column) == ("TOO_MANY_ALLELES", 4, "ALT")
        assert "3 ALT alleles and a REF of 4 bases" in error.message
        assert run(text, limits=replace(DEFAULT_LIMITS, max_allele_bytes=12)).done.annotated == 1

    def test_are_kept_for_samples(self, run: Runner) -> None:
        text = f"##fileformat=VCFv4.2\n{COLUMN_LINE}\tFORMAT\ta\tb\tc\n"
        error = refusal(run, text, limits=replace(DEFAULT_LIMITS, max_samples=2))
        assert (error.code, error.line) == ("TOO_MANY_SAMPLES", 2)
        assert run(text, limits=replace(DEFAULT_LIMITS, max_samples=3)).json("summary")["samples"] == 3

    def test_name_the_line_in_a_header_of_many_blocks(self, run: Runner) -> None:
        meta = "##fileformat=VCFv4.2\n" + f"##{'x' * 1_000}\n" * 2_000
        limits = replace(DEFAULT_LIMITS, max_line_bytes=1_500_000)
        assert refusal(run, f"{meta}##{'x' * 4_000_000}", limits=limits).line == 2_002
        assert refusal(run, f"{meta}##\0\n").line == 2_002

    def test_refuse_a_compression_bomb(self, run: Runner) -> None:
        bomb = gzip.compress((HEADER + GOOD * 200_000).encode())
        limits = replace(DEFAULT_LIMITS, max_compression_ratio=50, ratio_from_bytes=1_000_000)
        assert refusal(run, bomb, limits=limits).code == "COMPRESSION_RATIO"
