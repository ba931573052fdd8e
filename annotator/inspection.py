"""A first look at an upload: is it a VCF, what does its header say, and are its first records sound?

Whoever looks must not be stalled by one small file, so the look is bounded: what lies beyond is the engine's to check.
"""

import io
from dataclasses import dataclass

from annotator.build_check import check_build
from annotator.contigs import ContigTable
from annotator.errors import InvalidVcfError
from annotator.header import UTF8_BOM, HeaderParser, VcfHeader, missing_chrom_line, not_a_vcf
from annotator.limits import DEFAULT_LIMITS, HEAD_LIMITS
from annotator.manifest import Manifest
from annotator.record_faults import nul_byte
from annotator.records import RecordChecker
from annotator.sniffing import BGZF_EOF, is_bgzf, is_gzip
from annotator.unpacking import TRUNCATED, Unpacked, missing_end_mark

HEAD_BYTES = HEAD_LIMITS.file_bytes
TAIL_BYTES = len(BGZF_EOF)

_PIECE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class VcfHead:
    """What the first bytes of a VCF tell."""

    compression: str  # "plain", "gzip" or "bgzf"
    version: str
    sample_count: int | None  # None: the header goes on beyond what was looked at
    build: str | None  # None: the header does not say
    contigs: tuple[str, ...]
    records_checked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The beginning of a file that says it is a VCF."""

    compression: str
    has_byte_order_mark: bool
    text: bytes  # decompressed, without the byte order mark
    cut: bool  # the file goes on beyond the text
    stream: Unpacked | None  # None: the file is not compressed


def inspect_head(data: bytes, *, file_name: str, reference: Manifest | None = None) -> VcfHead:
    """Look at the first bytes of a file (HEAD_BYTES, or all of a smaller file); nothing else is read.

    Without a `reference`, contigs and genome build are not compared with one.
    Raises InvalidVcfError when the file cannot be annotated: naming what it really is, or the line and the column.
    """
    look = look_at(data, file_name=file_name)
    try:
        head = _examine(look, contigs=ContigTable(reference) if reference else None)
    except InvalidVcfError as fault:
        raise _damage(look, size_bytes=len(data)) or fault from None
    if damage := _damage(look, size_bytes=len(data)):
        raise damage
    return head


def inspect_tail(data: bytes, *, head: VcfHead) -> None:
    """Look at the last bytes of a file (TAIL_BYTES of them); raise InvalidVcfError when it was cut off."""
    if head.compression == "bgzf" and data != BGZF_EOF:
        raise missing_end_mark()


def look_at(data: bytes, *, file_name: str) -> Look:
    """Decompress the first bytes of a file; raise InvalidVcfError, naming what it really is, when it is no VCF."""
    whole = len(data) < HEAD_BYTES
    if whole and is_bgzf(data) and not data.endswith(BGZF_EOF):
        raise missing_end_mark()
    stream = Unpacked(io.BytesIO(data)) if is_gzip(data) else None
    plain = _decompress(stream, whole=whole) if stream else data
    text = plain.removeprefix(UTF8_BOM)
    if not text.startswith(b"##fileformat="):
        inside = " inside gzip" if stream else ""
        raise _with_name(not_a_vcf(text, inside=inside), file_name=file_name, data=data)
    _refuse_old_line_ends(text)
    return Look(
        compression="bgzf" if is_bgzf(data) else "gzip" if stream else "plain",
        has_byte_order_mark=plain.startswith(UTF8_BOM),
        text=text,
        cut=not whole or len(plain) >= HEAD_LIMITS.text_bytes,
        stream=stream,
    )


def _decompress(stream: Unpacked, *, whole: bool) -> bytes:
    plain = bytearray()
    try:
        while len(plain) < HEAD_LIMITS.text_bytes and (piece := stream.read_some(_PIECE_BYTES)):
            plain += piece
    except InvalidVcfError as fault:
        if whole or fault.code != TRUNCATED:
            raise
    return bytes(plain[: HEAD_LIMITS.text_bytes])


def _damage(look: Look, *, size_bytes: int) -> InvalidVcfError | None:
    """The fault of the compression, as far as `data` goes; that a file's beginning ends in the middle is none."""
    fault = look.stream.damage(HEAD_LIMITS.blame_bytes) if look.stream else None
    return None if fault and fault.code == TRUNCATED and size_bytes >= HEAD_BYTES else fault


def _examine(look: Look, *, contigs: ContigTable | None) -> VcfHead:
    _refuse_nul(look.text)
    lines = io.BytesIO(look.text)
    header, complete = _read_header(lines, cut=look.cut)
    if contigs:
        check_build(header, contigs=contigs)
    records_checked = 0
    if complete:
        first_line = header.meta.count(b"\n") + 2
        checker = RecordChecker(column_count=header.column_count, contigs=contigs, limits=DEFAULT_LIMITS)
        records_checked = _check_records(lines, checker=checker, first_line=first_line, cut=look.cut)
    return VcfHead(
        compression=look.compression,
        version=header.version,
        sample_count=header.sample_count if complete else None,
        build=header.build,
        contigs=tuple(contig.name for contig in header.contigs),
        records_checked=records_checked,
    )


def _refuse_nul(text: bytes) -> None:
    before, nul, _ = text.partition(b"\0")
    if nul:
        raise nul_byte(before[before.rfind(b"\n") + 1 :], line=before.count(b"\n") + 1)


def _read_header(lines: io.BytesIO, *, cut: bool) -> tuple[VcfHeader, bool]:
    """The header as far as it goes, and whether that is all of it."""
    parser = HeaderParser()
    while parser.line_count < HEAD_LIMITS.header_lines:
        line = lines.readline()
        if cut and not line.endswith(b"\n"):
            break
        if not line:
            raise missing_chrom_line(line=parser.line_count)
        if line.count(b"\t") > HEAD_LIMITS.samples:
            break
        line = line.removesuffix(b"\n")
        if parser.feed(line):
            return parser.complete(newline=b"\r\n" if line.endswith(b"\r") else b"\n"), True
    return parser.partial(), False


def _check_records(lines: io.BytesIO, *, checker: RecordChecker, first_line: int, cut: bool) -> int:
    """Check the records that follow, and give their number; one that is cut off at the end is not looked at."""
    number = first_line
    for line in lines:
        if cut and not line.endswith(b"\n"):
            break
        checker.take(line.removesuffix(b"\n"), number=number)
        number += 1
    return number - first_line


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
