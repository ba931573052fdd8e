"""Compressed and oversized files."""

import gzip
import io
from collections.abc import Callable

from tests.annotator.bad_files.shape import GOOD, SEND_VCF, BadFile
from tests.annotator.vcf import COLUMN_LINE, HEADER, bgzip, record

SEND_AGAIN = "The copy or upload was cut off: send the file again."
COPY_AGAIN = "Compress or copy the file again."
DAMAGED = "The compressed file is damaged and cannot be decompressed."
SHORTEN = "Shorten the record, or split the file by samples."
_MANY = "".join(record("chr1", position, "A", "G", info=f"DP={position % 97}") for position in range(1, 5_000))


def _flipped(data: bytes, *, at: int) -> bytes:
    damaged = bytearray(data)
    damaged[at] ^= 0x04
    return bytes(damaged)


def _compressed(
    name: str, build: Callable[[], bytes], code: str, message: str, advice: str, *, in_head: bool = True
) -> BadFile:
    return BadFile(
        name=name,
        build=build,
        code=code,
        message=message,
        advice=advice,
        in_head=in_head,
        file_name="input.vcf.gz",
    )


_TEXT = (HEADER + _MANY).encode()
_GZIP = gzip.compress(_TEXT, mtime=0)
_BGZF = bgzip(_TEXT)
_NO_END_MARK = "The file is compressed with bgzip but its end mark is missing, so it was cut off."
_COPY_OR_BGZIP = "Copy or upload the file again; if it is complete, run it through bgzip once more."
COMPRESSED = (
    _compressed(
        "truncated gzip",
        lambda: _GZIP[: len(_GZIP) // 2],
        "TRUNCATED_GZIP",
        "The compressed file ends in the middle.",
        SEND_AGAIN,
    ),
    _compressed(
        "truncated gzip trailer",
        lambda: _GZIP[:-3],
        "TRUNCATED_GZIP",
        "The compressed file ends in the middle.",
        SEND_AGAIN,
    ),
    _compressed("truncated BGZF", lambda: _BGZF[: len(_BGZF) // 2], "TRUNCATED_BGZF", _NO_END_MARK, _COPY_OR_BGZIP),
    _compressed("missing EOF block", lambda: _BGZF[:-28], "TRUNCATED_BGZF", _NO_END_MARK, _COPY_OR_BGZIP),
    _compressed("flipped bit in gzip", lambda: _flipped(_GZIP, at=len(_GZIP) // 2), "BROKEN_GZIP", DAMAGED, COPY_AGAIN),
    _compressed("flipped bit in BGZF", lambda: _flipped(_BGZF, at=len(_BGZF) // 2), "BROKEN_GZIP", DAMAGED, COPY_AGAIN),
    _compressed("flipped bit in the checksum", lambda: _flipped(_GZIP, at=-6), "BROKEN_GZIP", DAMAGED, COPY_AGAIN),
    _compressed("something behind gzip", lambda: _GZIP + b"rubbish" * 100, "BROKEN_GZIP", DAMAGED, COPY_AGAIN),
)


def _bomb(start: bytes, piece: bytes, *, times: int) -> bytes:
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=6, mtime=0) as stream:
        stream.write(start)
        for _ in range(times):
            stream.write(piece)
    return buffer.getvalue()


def _info_lines(count: int) -> bytes:
    return b"".join(b'##INFO=<ID=K%d,Number=1,Type=String,Description="x">\n' % number for number in range(count))


# Each as small as it can be while still meeting its limit.
LARGE = (
    BadFile(
        name="gzip bomb of zeros",
        build=lambda: _bomb(b"", bytes(1 << 20), times=300),
        code="NOT_A_VCF",
        message="This is a binary file inside gzip, not a VCF.",
        advice=SEND_VCF,
        file_name="input.vcf.gz",
    ),
    BadFile(
        name="gzip bomb of junk",
        build=lambda: _bomb(HEADER.encode(), b"x" * (1 << 20), times=300),
        code="LINE_TOO_LONG",
        message="The line is longer than 16,777,216 bytes.",
        advice=SHORTEN,
        line=4,
        in_head=False,
        file_name="input.vcf.gz",
    ),
    BadFile(
        name="gzip bomb of header lines",
        build=lambda: _bomb(b"##fileformat=VCFv4.2\n", b"##x=y\n" * 200_000, times=30),
        code="HEADER_TOO_LARGE",
        message="The header has more than 200,000 lines.",
        advice="Remove header lines that no record needs, such as contigs without records.",
        line=200_001,
        in_head=False,
        file_name="input.vcf.gz",
    ),
    BadFile(
        name="gzip bomb of long records",
        build=lambda: _bomb(HEADER.encode(), GOOD.replace("PASS", "x" * 100_000).encode(), times=2_000),
        code="COMPRESSION_RATIO",
        message="The file unpacks to more than 500 times its size.",
        advice="No real VCF does that; send the file uncompressed if it is one.",
        in_head=False,
        file_name="input.vcf.gz",
    ),
    BadFile(
        name="line of 80 MB",
        build=lambda: HEADER.encode() + b"chr1\t5\t.\tA\tG\t.\t.\tX=" + b"x" * 80_000_000 + b"\n",
        code="LINE_TOO_LONG",
        message="The line is longer than 16,777,216 bytes.",
        advice=SHORTEN,
        line=4,
        in_head=False,
    ),
    BadFile(
        name="10^6 INFO keys in the header",
        build=lambda: b"##fileformat=VCFv4.2\n" + _info_lines(1_000_000) + f"{COLUMN_LINE}\n{GOOD}".encode(),
        code="HEADER_TOO_LARGE",
        message="The header has more than 200,000 lines.",
        advice="Remove header lines that no record needs, such as contigs without records.",
        line=200_001,
        in_head=False,
    ),
    BadFile(
        name="records on 10^6 contigs",
        build=lambda: HEADER.encode() + b"".join(b"HLA-A%d\t5\t.\tA\tG\t.\t.\t.\n" % n for n in range(1_000_000)),
        code="TOO_MANY_CONTIGS",
        message="The file has records on more than 10,000 contigs.",
        advice="Keep the chromosomes only, or split the file by contig and send the parts.",
        line=10_004,
        column="CHROM",
    ),
)
