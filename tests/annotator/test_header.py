"""The header, line by line."""

import pytest

from annotator.errors import InvalidVcfError
from annotator.header import HeaderParser, VcfHeader
from tests.annotator.vcf import COLUMN_LINE


def parse(*lines: bytes) -> VcfHeader:
    parser = HeaderParser()
    for line in (b"##fileformat=VCFv4.2", *lines):
        assert not parser.feed(line)
    assert parser.feed(COLUMN_LINE.encode() + b"\tFORMAT\tone\ttwo")
    return parser.complete(newline=b"\n")


class TestHeaderParser:
    def test_keeps_the_meta_lines_byte_for_byte(self) -> None:
        header = parse(b"##odd=\xff\r", b"##even")
        assert header.meta == b"##fileformat=VCFv4.2\n##odd=\xff\r\n##even\n"

    def test_counts_samples_and_columns(self) -> None:
        header = parse()
        assert (header.sample_count, header.column_count) == (2, 11)

    def test_knows_the_line_of_each_contig(self) -> None:
        (contig,) = parse(b"##x=y", b"##contig=<ID=chr1,length=100>").contigs
        assert (contig.name, contig.length, contig.line) == ("chr1", 100, 3)

    @pytest.mark.parametrize("length", [b"9" * 5_000, "٣".encode(), b"x", b""])
    def test_takes_a_length_that_is_no_length_for_none(self, length: bytes) -> None:
        (contig,) = parse(b"##contig=<ID=chr1,length=" + length + b">").contigs
        assert contig.length is None

    def test_tells_samples_apart_by_their_bytes(self) -> None:
        parser = HeaderParser()
        parser.feed(b"##fileformat=VCFv4.2")
        assert parser.feed(COLUMN_LINE.encode() + b"\tFORMAT\tM\xfcller\tM\xf6ller")

    def test_names_the_sample_that_stands_twice(self) -> None:
        parser = HeaderParser()
        parser.feed(b"##fileformat=VCFv4.2")
        with pytest.raises(InvalidVcfError) as caught:
            parser.feed(COLUMN_LINE.encode() + b"\tFORMAT\tone\ttwo\tone\r")
        assert caught.value.message == "The sample 'one' stands twice in the #CHROM line."
        assert (caught.value.line, caught.value.column) == (2, "12")

    @pytest.mark.parametrize("version", [b"VCFv4.\x002", "VCFv4.٣".encode(), b"VCFv4." + b"2" * 1_000_000, b""])
    def test_refuses_a_version_that_is_none(self, version: bytes) -> None:
        with pytest.raises(InvalidVcfError) as caught:
            HeaderParser().feed(b"##fileformat=" + version)
        assert caught.value.code == "UNSUPPORTED_VERSION"
        assert caught.value.message.isprintable()
        assert len(caught.value.message) < 200
