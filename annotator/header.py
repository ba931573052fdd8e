"""The header of a VCF: read line by line, refused with the line and what to do when it is not one."""

import re
from dataclasses import dataclass

from annotator.builds import build_by_lengths, build_by_words
from annotator.errors import InvalidVcfError
from annotator.quoting import excerpt
from annotator.sniffing import EMPTY, TEXT, describe

FIXED_COLUMNS = ("CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO")
UTF8_BOM = b"\xef\xbb\xbf"
PUT_TABS_BACK = "Copying the text or an editor may have done this. Send the original, or put tabs back in every line."

_VERSION = re.compile(r"VCFv4\.[0-9]{1,2}")
_ID = re.compile(r"[<,]ID=([^,>]+)")
_LENGTH = re.compile(r"[<,]length=([0-9]{1,18})(?![0-9])")
_ASSEMBLY = re.compile(r"assembly=([^,>]+)")
_RECORD = re.compile(rb"[^\t\n]+\t\d+\t[^\t\n]*\t[ACGTNacgtn]+\t")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredContig:
    """One `##contig` line; `line` is its 1-based number."""

    name: str
    length: int | None  # None: the line states no length that could be one
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VcfHeader:
    """What the header of a VCF says."""

    version: str
    meta: bytes  # the lines before `#CHROM`, with their ends
    columns: bytes  # the `#CHROM` line, without its end
    newline: bytes
    contigs: tuple[DeclaredContig, ...]
    info_ids: frozenset[str]
    build: str | None  # None: the header does not say

    @property
    def column_count(self) -> int:
        return self.columns.count(b"\t") + 1

    @property
    def sample_count(self) -> int:
        return len(self.samples)

    @property
    def samples(self) -> tuple[bytes, ...]:
        """The names of the samples."""
        return tuple(self.columns.split(b"\t")[len(FIXED_COLUMNS) + 1 :])


class HeaderParser:
    """Collect header lines until `#CHROM`; each refused line raises InvalidVcfError."""

    def __init__(self) -> None:
        self.line_count = 0
        self._meta = bytearray()
        self._columns = b""
        self._version = ""
        self._contigs: list[DeclaredContig] = []
        self._info_ids: set[str] = set()
        self._build_words: set[str] = set()

    def feed(self, line: bytes) -> bool:
        """Take one line without its `\\n`; say whether the header is complete with it."""
        self.line_count += 1
        if self.line_count == 1:
            line = line.removeprefix(UTF8_BOM)
            self._version = _read_version(line)
        if line.startswith(b"##"):
            self._meta += line + b"\n"
            self._read_meta(line.decode("utf-8", "replace"))
            return False
        if line.startswith(b"#CHROM"):
            self._columns = line.removesuffix(b"\r")
            _check_columns(self._columns, line=self.line_count)
            return True
        raise InvalidVcfError(
            "NO_CHROM_LINE",
            message="The header ends without the line that starts with #CHROM.",
            advice="Put the line '#CHROM POS ID REF ALT QUAL FILTER INFO', separated by tabs, before the records.",
            line=self.line_count,
        )

    def partial(self) -> VcfHeader:
        """What is known so far, for a header that goes on; it has no columns yet."""
        return self.complete(newline=b"\n")

    def complete(self, *, newline: bytes) -> VcfHeader:
        """The header, once `feed` has said that it is complete."""
        lengths = {contig.name: contig.length for contig in self._contigs if contig.length is not None}
        return VcfHeader(
            version=self._version,
            meta=bytes(self._meta),
            columns=self._columns,
            newline=newline,
            contigs=tuple(self._contigs),
            info_ids=frozenset(self._info_ids),
            build=build_by_lengths(lengths) or build_by_words(" ".join(self._build_words)),
        )

    def _read_meta(self, text: str) -> None:
        if text.startswith("##contig=") and (name := _ID.search(text)):
            length = _LENGTH.search(text)
            self._contigs.append(
                DeclaredContig(name=name[1], length=int(length[1]) if length else None, line=self.line_count)
            )
            self._build_words.update(_ASSEMBLY.findall(text))
        elif text.startswith("##INFO=") and (name := _ID.search(text)):
            self._info_ids.add(name[1])
        elif text.startswith(("##reference=", "##assembly=")):
            self._build_words.add(text.partition("=")[2])


def missing_chrom_line(*, line: int) -> InvalidVcfError:
    """The refusal of a file that ends inside its header."""
    return InvalidVcfError(
        "NO_CHROM_LINE",
        message="The file ends before the line that starts with #CHROM.",
        advice="The file looks cut off: export or copy it again.",
        line=line,
    )


def separated_by_spaces(line: bytes) -> bool:
    """Whether a line without tabs holds the fixed columns nevertheless."""
    return b"\t" not in line and len(line.split(maxsplit=len(FIXED_COLUMNS))) >= len(FIXED_COLUMNS)


def not_a_vcf(data: bytes, *, inside: str = "") -> InvalidVcfError:
    """The refusal of a file that is something else; `data` are its first bytes, decompressed."""
    kind = describe(data)
    if kind == EMPTY:
        return InvalidVcfError(
            "EMPTY_FILE", message=f"The {'compressed ' if inside else ''}file is empty.", advice=kind.advice
        )
    if kind == TEXT and b"#CHROM" in data[:65_536]:
        return InvalidVcfError(
            "NO_FILEFORMAT",
            message="The file does not begin with ##fileformat=VCFv4.x.",
            advice="Put '##fileformat=VCFv4.2' as the very first line, before anything else.",
            line=1,
        )
    if kind == TEXT and _RECORD.match(data):
        return InvalidVcfError(
            "NO_HEADER",
            message="The file begins with a record; its header is missing.",
            advice="Put the header back: the lines with ##, then the line with #CHROM, before the first record.",
            line=1,
        )
    message = f"This is {kind.name}{inside}, not a VCF."
    if kind == TEXT:
        message = f"{message} It begins with '{excerpt(_first_line(data))}' instead of ##fileformat=VCFv4.x."
    return InvalidVcfError("NOT_A_VCF", message=message, advice=kind.advice)


def _first_line(data: bytes) -> bytes:
    """The first line that holds anything, out of the beginning of a text."""
    return data[:65_536].lstrip().splitlines()[0]


def _read_version(line: bytes) -> str:
    name, _, value = line.partition(b"=")
    if name != b"##fileformat":
        raise not_a_vcf(line)
    version = value.strip()
    text = version.decode("utf-8", "replace")
    if _VERSION.fullmatch(text) is None:
        says = f"its format is '{excerpt(version)}'" if version else "nothing about its format"
        raise InvalidVcfError(
            "UNSUPPORTED_VERSION",
            message=f"The file says {says}; VCFv4.0 to VCFv4.5 are understood.",
            advice="Export or convert the file as VCF 4.2.",
            line=1,
        )
    return text


def _check_columns(text: bytes, *, line: int) -> None:
    columns = text.removeprefix(b"#").split(b"\t")
    for number, expected in enumerate(FIXED_COLUMNS, start=1):
        if len(columns) < number or columns[number - 1] != expected.encode():
            raise _bad_columns(columns, number=number, line=line)
    if len(columns) > len(FIXED_COLUMNS) and columns[len(FIXED_COLUMNS)] != b"FORMAT":
        raise InvalidVcfError(
            "BAD_COLUMNS",
            message="Column 9 of the #CHROM line must be FORMAT when samples follow.",
            advice="Put FORMAT between INFO and the first sample.",
            line=line,
            column="FORMAT",
        )
    _check_samples(columns, line=line)


def _bad_columns(columns: list[bytes], *, number: int, line: int) -> InvalidVcfError:
    expected = FIXED_COLUMNS[number - 1]
    found = f"is '{excerpt(columns[number - 1])}'" if number <= len(columns) else "is missing"
    message = f"Column {number} of the #CHROM line must be {expected}, but {found}."
    advice = "Write the #CHROM line with the eight fixed columns, separated by single tabs."
    if separated_by_spaces(columns[0]):
        message = "The columns of the #CHROM line are separated by spaces instead of tabs."
        advice = PUT_TABS_BACK
    return InvalidVcfError("BAD_COLUMNS", message=message, advice=advice, line=line, column=expected)


def _check_samples(columns: list[bytes], *, line: int) -> None:
    seen: set[bytes] = set()
    first = len(FIXED_COLUMNS) + 1
    for number, sample in enumerate(columns[first:], start=first + 1):
        if not sample:
            raise InvalidVcfError(
                "EMPTY_SAMPLE",
                message=f"Column {number} of the #CHROM line is empty: a sample has no name.",
                advice="Give every sample a name, or remove a surplus tab.",
                line=line,
                column=str(number),
            )
        if sample in seen:
            raise InvalidVcfError(
                "DUPLICATE_SAMPLE",
                message=f"The sample '{excerpt(sample)}' stands twice in the #CHROM line.",
                advice="Give every sample a name of its own.",
                line=line,
                column=str(number),
            )
        seen.add(sample)
