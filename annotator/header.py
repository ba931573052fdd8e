"""The header of a VCF: read line by line, refused with the line and what to do when it is not one."""

import re
from dataclasses import dataclass

from annotator.builds import build_by_lengths, build_by_words
from annotator.errors import InvalidVcfError
from annotator.sniffing import describe

FIXED_COLUMNS = ("CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO")
UTF8_BOM = b"\xef\xbb\xbf"

_VERSION = re.compile(r"VCFv4\.\d+")
_ID = re.compile(r"[<,]ID=([^,>]+)")
_LENGTH = re.compile(r"[<,]length=(\d+)")
_NOT_A_VCF = "Send a VCF file: plain text, or compressed with gzip or bgzip."


@dataclass(frozen=True, slots=True, kw_only=True)
class VcfHeader:
    """What the header of a VCF says."""

    version: str
    lines: tuple[bytes, ...]  # without line ends, `#CHROM` the last
    newline: bytes
    samples: tuple[str, ...]
    contigs: tuple[tuple[str, int | None], ...]  # None: the line states no length
    info_ids: frozenset[str]
    build: str | None  # None: the header does not say

    @property
    def column_count(self) -> int:
        return self.lines[-1].count(b"\t") + 1


class HeaderParser:
    """Collect header lines until `#CHROM`; each refused line raises InvalidVcfError."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._version = ""
        self._contigs: list[tuple[str, int | None]] = []
        self._info_ids: set[str] = set()
        self._build_words: list[str] = []

    @property
    def line_count(self) -> int:
        return len(self._lines)

    def feed(self, line: bytes) -> bool:
        """Take one line without its `\\n`; say whether the header is complete with it."""
        text = line.removesuffix(b"\r")
        if not self._lines:
            text = text.removeprefix(UTF8_BOM)
            self._version = _read_version(text)
        self._lines.append(text)
        if text.startswith(b"##"):
            self._read_meta(text)
            return False
        if text.startswith(b"#CHROM"):
            _check_columns(text, line=len(self._lines))
            return True
        raise InvalidVcfError(
            "NO_CHROM_LINE",
            message="The header ends without the line that starts with #CHROM.",
            advice="Put the line '#CHROM POS ID REF ALT QUAL FILTER INFO', separated by tabs, before the records.",
            line=len(self._lines),
        )

    def partial(self) -> VcfHeader:
        """What is known so far, for a header that goes on; it has no samples yet."""
        return self._header(samples=(), newline=b"\n")

    def complete(self, *, newline: bytes) -> VcfHeader:
        """The header, once `feed` has said that it is complete."""
        columns = self._lines[-1].decode("utf-8", "replace").split("\t")
        return self._header(samples=tuple(columns[len(FIXED_COLUMNS) + 1 :]), newline=newline)

    def _header(self, *, samples: tuple[str, ...], newline: bytes) -> VcfHeader:
        lengths = {name: length for name, length in self._contigs if length is not None}
        return VcfHeader(
            version=self._version,
            lines=tuple(self._lines),
            newline=newline,
            samples=samples,
            contigs=tuple(self._contigs),
            info_ids=frozenset(self._info_ids),
            build=build_by_lengths(lengths) or build_by_words(" ".join(self._build_words)),
        )

    def _read_meta(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace")
        if text.startswith("##contig=") and (name := _ID.search(text)):
            length = _LENGTH.search(text)
            self._contigs.append((name[1], int(length[1]) if length else None))
            self._build_words += re.findall(r"assembly=([^,>]+)", text)
        elif text.startswith("##INFO=") and (name := _ID.search(text)):
            self._info_ids.add(name[1])
        elif text.startswith(("##reference=", "##assembly=")):
            self._build_words.append(text.partition("=")[2])


def missing_chrom_line(*, line: int) -> InvalidVcfError:
    """The refusal of a file that ends inside its header."""
    return InvalidVcfError(
        "NO_CHROM_LINE",
        message="The file ends before the line that starts with #CHROM.",
        advice="The file looks cut off: export or copy it again.",
        line=line,
    )


def not_a_vcf(data: bytes, *, inside: str = "") -> InvalidVcfError:
    """The refusal of a file that is something else; `data` are its first bytes, decompressed."""
    what = describe(data)
    if what == "an empty file":
        return InvalidVcfError("EMPTY_FILE", message="The file is empty.", advice=_NOT_A_VCF)
    if what == "a text file" and b"#CHROM" in data[:65_536]:
        return InvalidVcfError(
            "NO_FILEFORMAT",
            message="The file does not begin with ##fileformat=VCFv4.x.",
            advice="Put '##fileformat=VCFv4.2' as the very first line, before anything else.",
            line=1,
        )
    return InvalidVcfError("NOT_A_VCF", message=f"This is {what}{inside}, not a VCF.", advice=_NOT_A_VCF, line=None)


def _read_version(line: bytes) -> str:
    name, _, value = line.decode("utf-8", "replace").partition("=")
    version = value.strip()
    if name != "##fileformat":
        raise not_a_vcf(line)
    if _VERSION.fullmatch(version) is None:
        raise InvalidVcfError(
            "UNSUPPORTED_VERSION",
            message=f"The file says that it is {version[:40] or 'nothing'}; VCFv4.0 to VCFv4.5 are understood.",
            advice="Convert the file to VCF 4.2 or later.",
            line=1,
        )
    return version


def _check_columns(text: bytes, *, line: int) -> None:
    columns = text.decode("utf-8", "replace").removeprefix("#").split("\t")
    for number, expected in enumerate(FIXED_COLUMNS, start=1):
        if len(columns) < number or columns[number - 1] != expected:
            separated = "" if len(columns) > 1 else " Its columns are not separated by tabs."
            raise InvalidVcfError(
                "BAD_COLUMNS",
                message=f"Column {number} of the #CHROM line must be {expected}.{separated}",
                advice="Write the #CHROM line with the eight fixed columns, separated by single tabs.",
                line=line,
                column=expected,
            )
    if len(columns) > len(FIXED_COLUMNS) and columns[len(FIXED_COLUMNS)] != "FORMAT":
        raise InvalidVcfError(
            "BAD_COLUMNS",
            message="Column 9 of the #CHROM line must be FORMAT when samples follow.",
            advice="Put FORMAT between INFO and the first sample.",
            line=line,
            column="FORMAT",
        )
    samples = columns[len(FIXED_COLUMNS) + 1 :]
    if len(set(samples)) < len(samples):
        twice = next(name for index, name in enumerate(samples) if name in samples[:index])
        raise InvalidVcfError(
            "DUPLICATE_SAMPLE",
            message=f"The sample {twice[:60]} stands twice in the #CHROM line.",
            advice="Give every sample a name of its own.",
            line=line,
        )
