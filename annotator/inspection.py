"""A first look at an upload: is it a VCF, and what does its header say?

Whoever looks must not be stalled by one small file, so the look is bounded: what lies beyond is the engine's to check.
"""

import io
from dataclasses import dataclass

from annotator.errors import InvalidVcfError
from annotator.header import UTF8_BOM, HeaderParser, VcfHeader, missing_chrom_line, not_a_vcf
from annotator.sniffing import is_bgzf, is_gzip
from annotator.unpacking import TRUNCATED, Unpacked

HEAD_BYTES = 256 * 1024  # of the file
MAX_TEXT_BYTES = 1024 * 1024  # decompressed
MAX_HEADER_LINES = 10_000
MAX_SAMPLES = 100_000

_PIECE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class VcfHead:
    """What the first bytes of a VCF tell."""

    compression: str  # "plain", "gzip" or "bgzf"
    version: str
    sample_count: int | None  # None: the header goes on beyond what was looked at
    build: str | None  # None: the header does not say
    contigs: tuple[str, ...]


def inspect_head(data: bytes, *, file_name: str) -> VcfHead:
    """Look at the first bytes of a file (HEAD_BYTES, or all of a smaller file); nothing else is read.

    Raises InvalidVcfError, naming what the file really is, when it cannot be a VCF.
    """
    cut = len(data) >= HEAD_BYTES
    plain = _decompress(data, cut=cut) if is_gzip(data) else data
    inside = " inside gzip" if is_gzip(data) else ""
    text = plain.removeprefix(UTF8_BOM)
    if not text.startswith(b"##fileformat="):
        raise _with_name(not_a_vcf(text, inside=inside), file_name=file_name, data=data)
    header, complete = _read_header(text, cut=cut or len(plain) >= MAX_TEXT_BYTES)
    return VcfHead(
        compression="bgzf" if is_bgzf(data) else "gzip" if is_gzip(data) else "plain",
        version=header.version,
        sample_count=header.sample_count if complete else None,
        build=header.build,
        contigs=tuple(contig.name for contig in header.contigs),
    )


def _decompress(data: bytes, *, cut: bool) -> bytes:
    stream = Unpacked(io.BytesIO(data))
    plain = bytearray()
    try:
        while len(plain) < MAX_TEXT_BYTES and (piece := stream.read_some(_PIECE_BYTES)):
            plain += piece
    except InvalidVcfError as error:
        if not (cut and error.code == TRUNCATED):
            raise
    return bytes(plain[:MAX_TEXT_BYTES])


def _read_header(text: bytes, *, cut: bool) -> tuple[VcfHeader, bool]:
    """The header as far as it goes, and whether that is all of it."""
    _refuse_old_line_ends(text)
    parser = HeaderParser()
    lines = io.BytesIO(text)
    while parser.line_count < MAX_HEADER_LINES:
        line = lines.readline()
        if cut and not line.endswith(b"\n"):
            break
        if not line:
            raise missing_chrom_line(line=parser.line_count)
        if line.count(b"\t") > MAX_SAMPLES:
            break
        line = line.removesuffix(b"\n")
        if parser.feed(line):
            return parser.complete(newline=b"\r\n" if line.endswith(b"\r") else b"\n"), True
    return parser.partial(), False


def _refuse_old_line_ends(text: bytes) -> None:
    """Refuse a text whose lines end with a bare carriage return, as on old Macintosh systems."""
    if b"\n" not in text and b"\r" in text:
        raise InvalidVcfError(
            "OLD_LINE_ENDS",
            message="The lines end with a carriage return only, as on old Macintosh systems.",
            advice="Save the file with Unix line ends (LF).",
        )


def _with_name(error: InvalidVcfError, *, file_name: str, data: bytes) -> InvalidVcfError:
    claims_gzip = file_name.lower().endswith((".gz", ".bgz"))
    if error.code == "NOT_A_VCF" and claims_gzip and not is_gzip(data):
        message = f"{error.message} Its name ends like a compressed file, but it is not compressed with gzip."
        return InvalidVcfError(error.code, message=message, advice=error.advice)
    return error
