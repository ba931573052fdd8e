"""A first look at an upload: is it a VCF, and what does its header say?"""

import zlib
from dataclasses import dataclass

from annotator.errors import InvalidVcfError
from annotator.header import UTF8_BOM, HeaderParser, VcfHeader, missing_chrom_line, not_a_vcf
from annotator.sniffing import is_bgzf, is_gzip

HEAD_BYTES = 256 * 1024

_MAX_PLAIN_BYTES = 64 * 1024 * 1024
_GZIP_WINDOW = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class VcfHead:
    """What the first bytes of a VCF tell."""

    compression: str  # "plain", "gzip" or "bgzf"
    version: str
    sample_count: int | None  # None: the header goes on beyond the head
    build: str | None  # None: the header does not say
    contigs: tuple[str, ...]


def inspect_head(data: bytes, *, file_name: str) -> VcfHead:
    """Look at the first bytes of a file (HEAD_BYTES, or all of a smaller file); nothing else is read.

    Raises InvalidVcfError, naming what the file really is, when it cannot be a VCF.
    """
    plain = _decompress(data) if is_gzip(data) else data
    inside = " inside gzip" if is_gzip(data) else ""
    text = plain.removeprefix(UTF8_BOM)
    if not text.startswith(b"##fileformat="):
        raise _with_name(not_a_vcf(text, inside=inside), file_name=file_name, data=data)
    cut = len(data) >= HEAD_BYTES
    header, complete = _read_header(text, cut=cut)
    return VcfHead(
        compression="bgzf" if is_bgzf(data) else "gzip" if is_gzip(data) else "plain",
        version=header.version,
        sample_count=len(header.samples) if complete else None,
        build=header.build,
        contigs=tuple(name for name, _ in header.contigs),
    )


def _read_header(text: bytes, *, cut: bool) -> tuple[VcfHeader, bool]:
    refuse_old_line_ends(text)
    parser = HeaderParser()
    *lines, last = text.split(b"\n")
    for line in lines if cut else [*lines, last] if last else lines:
        if parser.feed(line):
            return parser.complete(newline=b"\r\n" if line.endswith(b"\r") else b"\n"), True
    if not cut:
        raise missing_chrom_line(line=parser.line_count)
    return parser.partial(), False


def refuse_old_line_ends(text: bytes) -> None:
    """Refuse a text whose lines end with a bare carriage return, as on old Macintosh systems."""
    if b"\n" not in text and b"\r" in text:
        raise InvalidVcfError(
            "OLD_LINE_ENDS",
            message="The lines end with a carriage return only, as on old Macintosh systems.",
            advice="Save the file with Unix line ends (LF).",
        )


def _decompress(data: bytes) -> bytes:
    plain = bytearray()
    while data and len(plain) < _MAX_PLAIN_BYTES:
        stream = zlib.decompressobj(wbits=_GZIP_WINDOW)
        try:
            plain += stream.decompress(data, _MAX_PLAIN_BYTES - len(plain))
        except zlib.error:
            if plain:
                break
            raise InvalidVcfError(
                "BROKEN_GZIP",
                message="The file is named or marked as gzip but cannot be decompressed.",
                advice="The file is damaged: compress or copy it again.",
            ) from None
        data = stream.unused_data
    return bytes(plain)


def _with_name(error: InvalidVcfError, *, file_name: str, data: bytes) -> InvalidVcfError:
    claims_gzip = file_name.lower().endswith((".gz", ".bgz"))
    if error.code == "NOT_A_VCF" and claims_gzip and not is_gzip(data):
        message = f"{error.message} Its name ends like a compressed file, but it is not compressed with gzip."
        return InvalidVcfError(error.code, message=message, advice=error.advice)
    return error
