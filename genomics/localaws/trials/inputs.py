"""VCFs of any length for trials: the same number of records is the same file, byte for byte."""

import gzip
from functools import cache

from jobs.loadtest import Sample

_STEP = 500  # bases between two records: 400,000 of them fit on chromosome 1
_HEADER = (
    "##fileformat=VCFv4.2\n"
    "##contig=<ID=chr1,length=248956422>\n"
    '##INFO=<ID=DP,Number=1,Type=Integer,Description="Depth">\n'
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
)


@cache
def of_records(records: int) -> Sample:
    """This function will give a compressed VCF with so many sites on chromosome 1."""
    lines = "".join(_record(number) for number in range(records))
    return Sample(name=f"sites-{records}.vcf.gz", content=gzip.compress((_HEADER + lines).encode(), mtime=0))


@cache
def broken_after(records: int) -> Sample:
    """This function will give a VCF whose record after so many good ones lacks a column: its job must fail."""
    good = of_records(records)
    lines = gzip.decompress(good.content) + b"chr1\t248000000\t.\tA\tG\t.\t.\n"
    return Sample(name=f"broken-{records}.vcf.gz", content=gzip.compress(lines, mtime=0))


def _record(number: int) -> str:
    return f"chr1\t{100 + _STEP * number}\t.\tA\tG\t50\tPASS\tDP={number % 97}\n"
