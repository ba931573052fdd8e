"""What a file really is, told from its first bytes, in words a person knows, and what to do about it."""

import re
from dataclasses import dataclass

GZIP_MAGIC = b"\x1f\x8b"
BGZF_EOF = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")

_SNIFFED_BYTES = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of file that is no VCF: its name with the article, and how its sender gets to a VCF."""

    name: str
    advice: str


_SEND_VCF = "Send a VCF file: plain text, or compressed with gzip or bgzip."
_EXPORT = "Send the VCF that it was made from."
_CALL = "Call variants first, for example with 'bcftools mpileup' and 'bcftools call', and send the VCF."
_UNPACK = "Unpack it and send the VCF inside, plain or compressed with gzip or bgzip."
_RECODE = "Save it as UTF-8 (an editor offers that as encoding), or export it again."
_CHIP = (
    "Convert it to VCF first, for example with 'bcftools convert --tsv2vcf', "
    "and mind its genome build: it is mostly GRCh37."
)
_TO_VCF = "Convert it to VCF first, for example with 'bcftools view -Oz -o out.vcf.gz'."

EMPTY = Kind(name="an empty file", advice=_SEND_VCF)
TEXT = Kind(name="a text file", advice=_SEND_VCF)

_MAGIC = (
    (b"%PDF", "a PDF document", _SEND_VCF),
    (b"\x89PNG", "a PNG picture", _SEND_VCF),
    (b"\xff\xd8\xff", "a JPEG picture", _SEND_VCF),
    (b"GIF8", "a GIF picture", _SEND_VCF),
    (b"BAM\x01", "a BAM file with aligned reads", _CALL),
    (b"CRAM", "a CRAM file with aligned reads", _CALL),
    (b"@HD\t", "a SAM file with aligned reads", _CALL),
    (b"BCF", "a BCF file (binary VCF)", _TO_VCF),
    (b"TBI\x01", "an index (TBI)", "Send the VCF that the index belongs to."),
    (b"CSI\x01", "an index (CSI)", "Send the VCF that the index belongs to."),
    (b"\xd0\xcf\x11\xe0", "an old Microsoft Office document", _EXPORT),
    (GZIP_MAGIC, "a gzip file", "It was compressed twice: decompress it once and send it again."),
    (b"BZh", "a bzip2 archive", _UNPACK),
    (b"\xfd7zXZ", "an xz archive", _UNPACK),
    (b"7z\xbc\xaf", "a 7-Zip archive", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", _UNPACK),
    (b"Rar!", "a RAR archive", _UNPACK),
    (b"SQLite format 3", "an SQLite database", _SEND_VCF),
    (b"\xff\xfe", "a text in UTF-16", _RECODE),
    (b"\xfe\xff", "a text in UTF-16", _RECODE),
    (b"#\0#\0", "a text in UTF-16", _RECODE),
    (b"\0#\0#", "a text in UTF-16", _RECODE),
    (b"##gff-version", "a GFF file", "It holds features, not variants: send a VCF."),
)
_PATTERNS = (
    (rb"\APK\x03\x04.*word/", "a Word document (DOCX)", _EXPORT),
    (rb"\APK\x03\x04.*ppt/", "a PowerPoint document (PPTX)", _EXPORT),
    (rb"\APK\x03\x04.*(?:xl/|\[Content_Types\]\.xml)", "an Excel document (XLSX)", _EXPORT),
    (rb"\APK\x03\x04.*application/vnd\.oasis", "an OpenDocument file", _EXPORT),
    (rb"\APK\x03\x04", "a ZIP archive", _UNPACK),
    (
        rb"(?i)\A\s*<(?:!doctype html|html|head|body)",
        "a web page (HTML)",
        "Download the file again: an error or sign-in page was saved in its place.",
    ),
    (rb"23andMe", "raw data of 23andMe", _CHIP),
    (rb"AncestryDNA", "raw data of AncestryDNA", _CHIP),
    (rb"\A@[^\n]*\n[ACGTN\r]+\n\+", "a FASTQ file with reads", "Align the reads, call variants and send the VCF."),
    (rb"\A>[^\n]*\n[ACGTNacgtn]{10}", "a FASTA file", "It holds sequence, not variants: send a VCF."),
    (rb"[\x00-\x08\x0e-\x1f]", "a binary file", _SEND_VCF),
)
_BY_MAGIC = tuple((magic, Kind(name=name, advice=advice)) for magic, name, advice in _MAGIC)
_BY_PATTERN = tuple(
    (re.compile(pattern, re.DOTALL), Kind(name=name, advice=advice)) for pattern, name, advice in _PATTERNS
)


def is_gzip(data: bytes) -> bool:
    return data[:2] == GZIP_MAGIC


def is_bgzf(data: bytes) -> bool:
    """Whether the first gzip member carries the block size field (`BC`) of BGZF."""
    return data[:4] == b"\x1f\x8b\x08\x04" and data[12:14] == b"BC"


def describe(data: bytes) -> Kind:
    """Say what these first bytes of a file, already decompressed, belong to if not to a VCF."""
    if not data.strip():
        return EMPTY
    by_magic = (kind for magic, kind in _BY_MAGIC if data.startswith(magic))
    by_pattern = (kind for pattern, kind in _BY_PATTERN if pattern.search(data[:_SNIFFED_BYTES]))
    return next(by_magic, None) or next(by_pattern, TEXT)
