"""The first look at an upload."""

import gzip
import random
import time
import tracemalloc
from collections.abc import Callable

import pytest

from annotator.errors import InvalidVcfError
from annotator.inspection import HEAD_BYTES, TAIL_BYTES, inspect_head, inspect_tail
from annotator.limits import HEAD_LIMITS
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

    def test_tells_the_compression(self) -> None:
        text = (HEADER + record("chr1", 5, "A", "G")).encode()
        assert inspect_head(gzip.compress(text), file_name="x.vcf.gz").compression == "gzip"
        assert inspect_head(bgzip(text), file_name="x.vcf.gz").compression == "bgzf"

    def test_does_not_mind_that_the_head_ends_within_a_compressed_block(self) -> None:
        lines = "".join(f"##note={number}{number**7}\n" for number in range(200_000))
        data = gzip.compress(f"##fileformat=VCFv4.2\n{lines}".encode())[:HEAD_BYTES]
        head = inspect_head(data, file_name="x.vcf.gz")
        assert head.sample_count is None
        assert head.version == "VCFv4.2"

    def test_accepts_a_header_without_a_last_line_end(self) -> None:
        assert inspect_head(HEADER.rstrip("\n").encode(), file_name="x.vcf").sample_count == 0

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


class TestInspectTail:
    @pytest.mark.parametrize("cut", [1, TAIL_BYTES])
    def test_refuses_bgzf_that_was_cut_off(self, cut: int) -> None:
        data = bgzip((HEADER + record("chr1", 5, "A", "G")).encode())
        head = inspect_head(data, file_name="x.vcf.gz")
        inspect_tail(data[-TAIL_BYTES:], head=head)
        with pytest.raises(InvalidVcfError, match="end"):
            inspect_tail(data[:-cut][-TAIL_BYTES:], head=head)

    def test_expects_nothing_of_other_files(self) -> None:
        text = (HEADER + record("chr1", 5, "A", "G")).encode()
        for data in (text, gzip.compress(text)):
            inspect_tail(data[-TAIL_BYTES:], head=inspect_head(data, file_name="x.vcf"))


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
        assert peak_bytes < 6 * HEAD_LIMITS.text_bytes

    def test_hold_for_one_endless_line(self) -> None:
        data = gzip.compress(b"##fileformat=VCFv4.2\n##x=" + b"x" * 50_000_000)
        assert inspect_head(data, file_name="x.vcf.gz").sample_count is None

    def test_leave_header_lines_beyond_them_unread(self) -> None:
        meta = "##fileformat=VCFv4.2\n" + "##\n" * (HEAD_LIMITS.header_lines - 1)
        assert inspect_head((meta + "no header line\n").encode(), file_name="x.vcf").sample_count is None

    def test_leave_more_samples_than_that_unread(self) -> None:
        samples = "\ta" * (HEAD_LIMITS.samples + 1)
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


class TestRecords:
    TEXT = HEADER + "".join(record("chr1", position, "A", "G") for position in range(1, 20_000))

    def test_of_a_small_file_are_all_checked(self) -> None:
        text = HEADER + record("chr1", 5, "A", "G") + record("chr1", 6, "A", "G").rstrip("\n")
        assert inspect_head(text.encode(), file_name="x.vcf").records_checked == 2

    def test_are_checked_up_to_the_end_of_the_look(self) -> None:
        head = inspect_head(self.TEXT.encode()[:HEAD_BYTES], file_name="x.vcf")
        assert head.records_checked == self.TEXT[:HEAD_BYTES].count("\n") - HEADER.count("\n")

    def test_are_not_compared_with_a_reference_that_is_not_known(self) -> None:
        text = HEADER.replace("GRCh38", "GRCh37") + record("scaffold_1", 400_000_000, "A", "G")
        assert inspect_head(text.encode(), file_name="x.vcf").records_checked == 1

    def test_are_checked_for_order_without_a_reference_too(self) -> None:
        text = HEADER + record("scaffold_1", 5, "A", "G") + record("scaffold_1", 4, "A", "G")
        with pytest.raises(InvalidVcfError) as caught:
            inspect_head(text.encode(), file_name="x.vcf")
        assert caught.value.code == "NOT_SORTED"

    @pytest.mark.parametrize("compress", [gzip.compress, bgzip])
    def test_may_end_in_the_middle_of_a_compressed_block(self, compress: Callable[[bytes], bytes]) -> None:
        data = compress(_hard_to_compress().encode())
        assert len(data) > HEAD_BYTES
        assert inspect_head(data[:HEAD_BYTES], file_name="x.vcf.gz").records_checked > 1_000

    def test_that_look_wrong_may_be_damage_further_on(self) -> None:
        text = self.TEXT.replace("chr1\t9\t", "chr1\tnine\t") + record("chr1", 20_000, "A", "G") * 50_000
        assert len(text) > HEAD_LIMITS.text_bytes
        data = bytearray(gzip.compress(text.encode(), mtime=0))
        assert len(data) < HEAD_BYTES
        with pytest.raises(InvalidVcfError) as caught:
            inspect_head(bytes(data), file_name="x.vcf.gz")
        assert caught.value.code == "BAD_POSITION"
        data[-6] ^= 1
        with pytest.raises(InvalidVcfError) as caught:
            inspect_head(bytes(data), file_name="x.vcf.gz")
        assert caught.value.code == "BROKEN_GZIP"

    def test_that_look_right_may_be_followed_by_damage(self) -> None:
        text = self.TEXT + record("chr1", 20_000, "A", "G") * 50_000
        data = bytearray(gzip.compress(text.encode(), mtime=0))
        assert inspect_head(bytes(data), file_name="x.vcf.gz").records_checked > 20_000
        with pytest.raises(InvalidVcfError) as caught:
            inspect_head(bytes(data[:-100]), file_name="x.vcf.gz")
        assert caught.value.code == "TRUNCATED_GZIP"


def _hard_to_compress() -> str:
    chance = random.Random(1)
    infos = (chance.randbytes(40).hex() for _ in range(20_000))
    return HEADER + "".join(record("chr1", at, "A", "G", info=info) for at, info in enumerate(infos, start=1))
