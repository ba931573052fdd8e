"""Files that look odd and are fine."""

import gzip

from tests.annotator.bad_files.shape import FineFile, header_with, right_bases, wrong_bases
from tests.annotator.vcf import HEADER, bgzip, record

_MT = record("MT", 3460, "G", "A")


def _million_keys() -> bytes:
    keys = ";".join(f"K{number}=1" for number in range(1_000_000))
    return (HEADER + record("MT", 3460, "G", "A", info=keys)).encode()


FINE_FILES = (
    FineFile(name="CRLF", build=(HEADER + _MT).replace("\n", "\r\n").encode, annotated=1),
    FineFile(
        name="plain gzip",
        build=lambda: gzip.compress((HEADER + _MT).encode(), mtime=0),
        annotated=1,
        file_name="input.vcf.gz",
    ),
    FineFile(name="BGZF", build=lambda: bgzip((HEADER + _MT).encode()), annotated=1, file_name="input.vcf.gz"),
    FineFile(
        name="BOM",
        build=lambda: b"\xef\xbb\xbf" + (HEADER + _MT).encode(),
        annotated=1,
        remark="The file begins with a byte order mark; the result is written without it.",
    ),
    FineFile(name="header only", build=HEADER.encode, annotated=0, remark="The file has a header, but no records."),
    FineFile(name="0 samples", build=(HEADER + _MT).encode, annotated=1),
    FineFile(
        name="gVCF",
        build=(
            HEADER + record("MT", 3000, "C", "<NON_REF>", info="END=3459") + record("MT", 3460, "G", "A,<NON_REF>")
        ).encode,
        annotated=1,
        passed=1,
        remark="This is a gVCF: 1 block of reference calls was passed through unchanged.",
    ),
    FineFile(
        name="symbolic alleles",
        build=(HEADER + record("chr1", 5, "N", "<DEL>", info="SVTYPE=DEL;END=300000000") + _MT).encode,
        annotated=1,
        passed=1,
    ),
    FineFile(
        name="no build named",
        build=header_with("##x=y", records=_MT).encode,
        annotated=1,
        remark="The header does not name the genome build; GRCh38 was assumed.",
    ),
    FineFile(
        name="few REF mismatches",
        build=(HEADER + right_bases(3_300, 30) + wrong_bases(3_400, 3)).encode,
        annotated=30,
        rejected=3,
    ),
    FineFile(
        name="mismatches too few to judge by",
        build=(HEADER + right_bases(3_300, 16) + wrong_bases(3_400, 3)).encode,
        annotated=16,
        rejected=3,
        remark=(
            "REF differs from the reference sequence in 3 of the 19 records that could be compared, too few to judge "
            "the genome build by: check that the file was made on GRCh38."
        ),
    ),
    FineFile(
        name="10^6 INFO keys in a record",
        build=_million_keys,
        annotated=1,
    ),
)
