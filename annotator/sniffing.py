"""What a file really is, told from its first bytes, in words a person knows."""

import re

GZIP_MAGIC = b"\x1f\x8b"
BGZF_EOF = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")

_MAGIC = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"BAM\x01", "a BAM file with aligned reads"),
    (b"BCF", "a BCF file (binary VCF)"),
    (b"CRAM", "a CRAM file with aligned reads"),
    (b"\xd0\xcf\x11\xe0", "an old Microsoft Office document"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"Rar!", "a RAR archive"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\xff\xfe", "a text in UTF-16"),
    (b"\xfe\xff", "a text in UTF-16"),
    (b"@HD\t", "a SAM file with aligned reads"),
    (b"##gff-version", "a GFF file"),
)
_HTML = re.compile(rb"\s*<(?:!doctype html|html|head|body)", re.IGNORECASE)
_FASTA = re.compile(rb">[^\n]*\n[ACGTNacgtn\r\n]+")
_FASTQ = re.compile(rb"@[^\n]*\n[ACGTN\r]+\n\+")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")


def is_gzip(data: bytes) -> bool:
    return data[:2] == GZIP_MAGIC


def is_bgzf(data: bytes) -> bool:
    """Whether the first gzip member carries the block size field (`BC`) of BGZF."""
    return data[:4] == b"\x1f\x8b\x08\x04" and data[12:14] == b"BC"


def describe(data: bytes) -> str:
    """Say what these first bytes of a file, already decompressed, belong to if not to a VCF."""
    if not data.strip():
        return "an empty file"
    for magic, name in _MAGIC:
        if data.startswith(magic):
            return name
    if data.startswith(b"PK\x03\x04"):
        return _describe_zip(data)
    if _HTML.match(data):
        return "a web page (HTML)"
    if b"23andMe" in data[:2_000]:
        return "raw data of 23andMe"
    if b"AncestryDNA" in data[:2_000]:
        return "raw data of AncestryDNA"
    if _FASTQ.match(data):
        return "a FASTQ file with reads"
    if _FASTA.match(data):
        return "a FASTA file"
    return "a binary file" if _CONTROL.search(data[:4_096]) else "a text file"


def _describe_zip(data: bytes) -> str:
    if b"xl/" in data[:4_096] or b"[Content_Types].xml" in data[:200]:
        return "an Excel or other Office document (XLSX)" if b"word/" not in data[:4_096] else "a Word document"
    return "a ZIP archive"
