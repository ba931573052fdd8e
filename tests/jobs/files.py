"""Files that labs send: one that is right, and what goes wrong."""

import gzip
import zlib

HEADER = (
    "##fileformat=VCFv4.2\n"
    "##contig=<ID=chrM,length=16569>\n"
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tNA1\n"
)
RECORD = "chrM\t3460\t.\tG\tA\t50\tPASS\tDP=30\tGT\t0/1\n"
VCF = (HEADER + RECORD).encode()
GZIPPED = gzip.compress(VCF, mtime=0)

NO_VCF = {
    "report.vcf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n",
    "plot.vcf": b"\x89PNG\r\n\x1a\n" + bytes(50),
    "reads.vcf.gz": gzip.compress(b"BAM\x01" + bytes(60), mtime=0),
    "notes.vcf": b"dear colleagues, here are the variants we talked about\n",
    "headless.vcf": RECORD.encode(),
    "half.vcf": b"##fileformat=VCFv4.2\n##contig=<ID=chrM,length=16569>\n",
}


def with_records(*records: str) -> bytes:
    return (HEADER + "".join(record + "\n" for record in records)).encode()


def truncated_gzip(records: int = 2000) -> bytes:
    """This function will give a gzip file whose end is missing; its header is intact."""
    lines = "".join(f"chrM\t{1 + number}\t.\tN\tA\t.\t.\t.\tGT\t0/1\n" for number in range(records))
    whole = gzip.compress((HEADER + lines).encode(), mtime=0)
    assert zlib.decompressobj(31).decompress(whole)
    return whole[: len(whole) // 2]
