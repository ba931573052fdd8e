"""What is known of a source beside its bytes: who told it on the command line, or the file says it itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from annotator.building.opening import open_source
from annotator.manifest import Source, sha256_of

_MAX_HEADER_LINES = 200
_SHORT_CHECKSUM = 12

# What the first lines of a file tell: of VCF, and of the GFF3 of GENCODE, Ensembl and RefSeq.
_VERSIONS = (
    re.compile(r"^##dbSNP_BUILD_ID=(?P<text>\S+)"),
    re.compile(r"^#description:.*\bversion (?P<text>\w+)"),
    re.compile(r"^#!annotation-source (?P<text>.+)"),
    re.compile(r"^#!genebuild-last-updated (?P<text>\S+)"),
    re.compile(r"^##(?:VEP_)?version=(?P<text>\S+)", re.IGNORECASE),
)
_DATES = (
    re.compile(r"^##source=.*\b(?P<text>\d{4}-\d\d-\d\d)\b"),
    re.compile(r"^##fileDate=(?P<text>\S+)"),
    re.compile(r"^#date: (?P<text>\S+)"),
    re.compile(r"^#!annotation-date (?P<text>\S+)"),
    re.compile(r"^#!genebuild-last-updated (?P<text>\S+)"),
)
# Some releases stand in the names of their files only.
_VERSIONS_IN_NAMES = (
    re.compile(r"^[A-Z][a-z]+_[a-z]+\.\w+\.(?P<text>\d+)\..*gff3"),
    re.compile(r"^(?:ensembl|dbsnp)[_-]?(?P<text>\d+)\b", re.IGNORECASE),
    re.compile(r"^MANE\.\w+\.(?P<text>v[\d.]*\d)\."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a file came from; what is empty is asked of the file itself, as far as that tells."""

    name: str = ""
    version: str = ""
    date: str = ""  # the source's own, as it writes it
    licence: str = ""
    url: str = ""


UNKNOWN = Origin()


def source_of(path: Path, *, identifier: str, origin: Origin, default: Origin) -> Source:
    """The manifest's entry of a file: by what was told, then by its first lines and its name, then by default.

    A version that nothing tells is the beginning of the checksum: it at least tells two versions apart.
    """
    checksum = sha256_of(path)
    told = _told_by_header(path)
    return Source(
        id=identifier,
        name=origin.name or default.name or path.name,
        version=origin.version
        or _match(_VERSIONS_IN_NAMES, [path.name])
        or told.version
        or told.date
        or default.version
        or f"sha256:{checksum[:_SHORT_CHECKSUM]}",
        date=origin.date or told.date,
        licence=origin.licence or default.licence,
        licence_file="",
        url=origin.url,
        file=path.name,
        size_bytes=path.stat().st_size,
        sha256=checksum,
    )


def origin_with(origin: Origin, *, told: dict[str, str]) -> Origin:
    """The origin with what was told; raises ValueError for a word that it does not know."""
    if unknown := told.keys() - set(Origin.__slots__):
        raise ValueError(f"{min(unknown)} is not known of a source, only {', '.join(Origin.__slots__)} are")
    return replace(origin, **told)


def _told_by_header(path: Path) -> Origin:
    lines = list(_header_lines(path))
    return Origin(version=_match(_VERSIONS, lines), date=_match(_DATES, lines))


def _header_lines(path: Path) -> Iterator[str]:
    with open_source(path) as stream:
        for _, line in zip(range(_MAX_HEADER_LINES), stream, strict=False):
            if not line.startswith(b"#"):
                return
            yield line[:1000].decode(errors="replace").rstrip()


def _match(patterns: tuple[re.Pattern[str], ...], lines: list[str]) -> str:
    for pattern in patterns:
        for line in lines:
            if match := pattern.search(line):
                return match["text"]
    return ""
