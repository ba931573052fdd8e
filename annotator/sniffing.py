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
_PATTERNS = (
    (re.compile(rb"\APK\x03\x04.*word/", re.DOTALL), "a Word document (DOCX)"),
    (re.compile(rb"\APK\x03\x04.*(?:xl/|\[Content_Types\]\.xml)", re.DOTALL), "an Excel document (XLSX)"),
    (re.compile(rb"\APK\x03\x04"), "a ZIP archive"),
    (re.compile(rb"\A\s*<(?:!doctype html|html|head|body)", re.IGNORECASE), "a web page (HTML)"),
    (re.compile(rb"23andMe"), "raw data of 23andMe"),
    (re.compile(rb"AncestryDNA"), "raw data of AncestryDNA"),
    (re.compile(rb"\A@[^\n]*\n[ACGTN\r]+\n\+"), "a FASTQ file with reads"),
    (re.compile(rb"\A>[^\n]*\n[ACGTNacgtn]{10}"), "a FASTA file"),
    (re.compile(rb"[\x00-\x08\x0e-\x1f]"), "a binary file"),
)


def is_gzip(data: bytes) -> bool:
    return data[:2] == GZIP_MAGIC


def is_bgzf(data: bytes) -> bool:
    """Whether the first gzip member carries the block size field (`BC`) of BGZF."""
    return data[:4] == b"\x1f\x8b\x08\x04" and data[12:14] == b"BC"


def describe(data: bytes) -> str:
    """Say what these first bytes of a file, already decompressed, belong to if not to a VCF."""
    if not data.strip():
        return "an empty file"
    by_magic = (name for magic, name in _MAGIC if data.startswith(magic))
    by_pattern = (name for pattern, name in _PATTERNS if pattern.search(data[:4_096]))
    return next(by_magic, None) or next(by_pattern, "a text file")
