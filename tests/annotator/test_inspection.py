"""The first look at an upload."""

import gzip
import time
import tracemalloc
from pathlib import Path

import pytest

from annotator.errors import InvalidVcfError
from annotator.inspection import HEAD_BYTES, MAX_HEADER_LINES, MAX_SAMPLES, MAX_TEXT_BYTES, inspect_head
from tests.annotator.vcf import COLUMN_LINE, HEADER, bgzip, record

SAMPLES = (
    "##fileformat=VCFv4.3\n##contig=<ID=chr1,length=248956422>\n"
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ta\tb\n"
)


class TestInspectHead:
    def test_tells_what_the_header_says(self) -> None:
        head = inspect_head(SAMPLES.encode(), file_name="x.vcf")
        assert (head.compression, head.version, head.sample_count) == ("plain", "VCFv4.3", 2)
        assert (head.build, head.contigs) == ("GRCh38", ("chr1",))

    def test_tells_the_compression(self, tmp_path: Path) -> None:
        text = (HEADER + record("chr1", 5, "A", "G")).encode()
        assert inspect_head(gzip.compress(text), file_name="x.vcf.gz").compression == "gzip"
        assert inspect_head(bgzip(text, folder=tmp_path), file_name="x.vcf.gz").compression == "bgzf"

    def test_does_not_mind_that_the_head_ends_within_a_compressed_block(self) -> None:
        lines = "".join(f"##note={number}{number**7}\n" for number in range(200_000))
        data = gzip.compress(f"##fileformat=VCFv4.2\n{lines}".encode())[:HEAD_BYTES]
        head = inspect_head(data, file_name="x.vcf.gz")
        assert head.sample_count is None
        assert head.version == "VCFv4.2"

    def test_refuses_a_small_file_that_ends_in_its_header(self) -> None:
        with pytest.raises(InvalidVcfError) as caught:
            inspect_head(b"##fileformat=VCFv4.2\n##x=y\n", file_name="x.vcf")
        assert caught.value.code == "NO_CHROM_LINE"

    def test_accepts_a_header_without_a_last_line_end(self) -> None:
        assert inspect_head(HEADER.rstrip("\n").encode(), file_name="x.vcf").sample_count == 0

    def test_tells_when_a_name_promises_compression_that_is_not_there(self) -> None:
        with pytest.raises(InvalidVcfError) as caught:
            inspect_head(b"%PDF-1.4", file_name="x.vcf.gz")
        assert "not compressed with gzip" in caught.value.message

    def test_tells_a_file_without_its_header_from_something_else(self) -> None:
        with pytest.raises(InvalidVcfError) as raised:
            inspect_head(b"chr1\t1000\t.\tA\tG\t50\tPASS\tDP=3\n", file_name="a.vcf")
        assert raised.value.code == "NO_HEADER"
        assert "##" in raised.value.advice

    def test_refuses_broken_gzip(self) -> None:
        with pytest.raises(InvalidVcfError) as caught:
            inspect_head(b"\x1f\x8b\x08\x00" + b"\xff" * 50, file_name="x.vcf.gz")
        assert caught.value.code == "BROKEN_GZIP"

    @pytest.mark.parametrize(
        ("line", "build"),
        [
            ("##contig=<ID=1,length=249250621>", "GRCh37"),
            ("##contig=<ID=chrM,length=16569,assembly=GRCh38>", "GRCh38"),
            ("##reference=file:///refs/Homo_sapiens_assembly38_hg38.fasta", "GRCh38"),
            ("##contig=<ID=chr1,length=248387328>", "T2T-CHM13v2.0"),
            ("##contig=<ID=chr1>", None),
        ],
    )
    def test_names_the_build(self, line: str, build: str | None) -> None:
        text = HEADER.replace("##reference=GRCh38", line)
        assert inspect_head(text.encode(), file_name="x.vcf").build == build


class TestBounds:
    """One small file must not stall whoever looks at it; what lies beyond a bound is the engine's to check."""

    def test_hold_for_a_compression_bomb_of_header_lines(self) -> None:
        data = gzip.compress(b"##fileformat=VCFv4.2\n" + b"##\n" * 5_000_000)
        assert len(data) < HEAD_BYTES
        tracemalloc.start()
        head = inspect_head(data, file_name="x.vcf.gz")
        _, peak_bytes = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert head.sample_count is None
        assert peak_bytes < 6 * MAX_TEXT_BYTES

    def test_hold_for_one_endless_line(self) -> None:
        data = gzip.compress(b"##fileformat=VCFv4.2\n##x=" + b"x" * 50_000_000)
        assert inspect_head(data, file_name="x.vcf.gz").sample_count is None

    def test_leave_header_lines_beyond_them_unread(self) -> None:
        meta = "##fileformat=VCFv4.2\n" + "##\n" * (MAX_HEADER_LINES - 1)
        assert inspect_head((meta + "no header line\n").encode(), file_name="x.vcf").sample_count is None

    def test_leave_more_samples_than_that_unread(self) -> None:
        samples = "\ta" * (MAX_SAMPLES + 1)
        text = f"##fileformat=VCFv4.2\n{COLUMN_LINE}\tFORMAT{samples}\n"
        assert inspect_head(gzip.compress(text.encode()), file_name="x.vcf.gz").sample_count is None

    def test_leave_time_to_find_the_one_sample_that_stands_twice(self) -> None:
        samples = "\t".join([*map(str, range(75_000)), "74999"])
        data = gzip.compress(f"##fileformat=VCFv4.2\n{COLUMN_LINE}\tFORMAT\t{samples}\n".encode())
        began = time.process_time()
        with pytest.raises(InvalidVcfError) as caught:
            inspect_head(data, file_name="x.vcf.gz")
        assert caught.value.code == "DUPLICATE_SAMPLE"
        assert time.process_time() - began < 5

    def test_reach_through_thousands_of_empty_gzip_members(self) -> None:
        empty = gzip.compress(b"", mtime=0)
        data = empty * (HEAD_BYTES // len(empty) - 10) + gzip.compress(HEADER.encode())
        assert inspect_head(data, file_name="x.vcf.gz").sample_count == 0


class TestCompressedHead:
    TEXT = (HEADER + "".join(record("chr1", position, "A", "G") for position in range(1, 2_000))).encode()

    def test_of_a_small_file_must_be_whole(self) -> None:
        data = gzip.compress(self.TEXT)
        with pytest.raises(InvalidVcfError) as caught:
            inspect_head(data[:-20], file_name="x.vcf.gz")
        assert caught.value.code == "TRUNCATED_GZIP"

    def test_of_a_small_file_must_be_sound(self) -> None:
        data = bytearray(gzip.compress(self.TEXT))
        data[-6] ^= 1
        with pytest.raises(InvalidVcfError) as caught:
            inspect_head(bytes(data), file_name="x.vcf.gz")
        assert caught.value.code == "BROKEN_GZIP"
