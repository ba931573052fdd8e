"""The catalogue of official sources: what a reference of a genome build can be installed from."""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from annotator.errors import InvalidReferenceError
from annotator.tracks import BY_ID

CATALOGUE_FILE = Path(__file__).parents[1] / "catalogue.toml"

Role = Literal["fasta", "gff3", "mane", "vcf", "table"]
ChecksumKind = Literal["md5-file", "md5-list", "bsd-sums", "google-header", "none"]

TRACK_ROLES = ("vcf", "table")
_ROLES = ("fasta", "gff3", "mane", *TRACK_ROLES)
_CHECKSUMS = ("md5-file", "md5-list", "bsd-sums", "google-header", "none")
_CHROMOSOMES = (*map(str, range(1, 23)), "X", "Y")
_TEMPLATE = "{chromosome}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueSource:
    """One source. What is not known is empty."""

    id: str
    build: str
    role: Role
    name: str
    licence: str
    urls: tuple[str, ...]
    version: str = ""
    file: str = ""  # what the file is to be called; empty: as its address ends
    checksum: ChecksumKind = "none"
    checksum_url: str = ""
    size_hint: str = ""
    tracks: tuple[str, ...] = ()  # empty: the track of its id
    default: bool = True
    note: str = ""

    @property
    def track_ids(self) -> tuple[str, ...]:
        """The tracks that it makes; none for the sequence and the models."""
        return (self.tracks or (self.id,)) if self.role in TRACK_ROLES else ()

    def file_name(self, url: str) -> str:
        """What the file of this address is called."""
        return self.file or urlsplit(url).path.rsplit("/", 1)[-1]


def read_catalogue(path: Path = CATALOGUE_FILE) -> tuple[CatalogueSource, ...]:
    """Read a catalogue; raises InvalidReferenceError, naming the source, for one that cannot be used."""
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("source", [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidReferenceError(f"The catalogue {path} cannot be read: {error}.") from error
    return tuple(_source(entry, path=path) for entry in entries)


def chosen_sources(
    catalogue: Sequence[CatalogueSource], *, build: str, tracks: Iterable[str] | None
) -> tuple[CatalogueSource, ...]:
    """The sources to install for a build: the sequence and the models, and the tracks asked for.

    `tracks` None means those that are installed by default; `all` means all. Raises InvalidReferenceError for a build
    or a track that the catalogue does not have.
    """
    of_build = [source for source in catalogue if source.build == build]
    if not of_build:
        builds = ", ".join(sorted({source.build for source in catalogue}))
        raise InvalidReferenceError(f"The catalogue has nothing for {build}; it has {builds}.")
    known = {track for source in of_build for track in source.track_ids}
    wanted = None if tracks is None else set(tracks)
    if wanted is not None and "all" in wanted:
        wanted = known
    if wanted is not None and (unknown := wanted - known):
        raise InvalidReferenceError(
            f"For {build} the catalogue has no track {min(unknown)}; it has {', '.join(sorted(known))}."
        )
    return tuple(
        source
        for source in of_build
        if source.role not in TRACK_ROLES
        or (source.default if wanted is None else not wanted.isdisjoint(source.track_ids))
    )


def redirected(source: CatalogueSource, *, base_url: str) -> CatalogueSource:
    """The same source on a mirror that keeps every publisher's files below the name of its host."""

    def moved(url: str) -> str:
        return f"{base_url.rstrip('/')}/{url.partition('://')[2]}" if url else ""

    return replace(source, urls=tuple(map(moved, source.urls)), checksum_url=moved(source.checksum_url))


def _source(entry: dict[str, Any], *, path: Path) -> CatalogueSource:
    name = entry.get("id", "?")
    try:
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()
        }
        source = CatalogueSource(**values)
    except TypeError as error:
        raise InvalidReferenceError(f"{path}: source {name}: {error}.") from error
    unknown = [track for track in source.track_ids if track not in BY_ID]
    faults = (
        (source.role not in _ROLES, f"role {source.role} is none of {', '.join(_ROLES)}"),
        (source.checksum not in _CHECKSUMS, f"checksum {source.checksum} is none of {', '.join(_CHECKSUMS)}"),
        (not source.urls, "it has no address"),
        (not source.licence, "it has no licence"),
        (bool(unknown), f"there is no track {', '.join(unknown)}"),
        (source.checksum in _CHECKSUMS[:3] and not source.checksum_url, "it has no checksum_url"),
        (any(urlsplit(url).scheme not in ("http", "https") for url in source.urls), "an address is not http(s)"),
    )
    for is_fault, text in faults:
        if is_fault:
            raise InvalidReferenceError(f"{path}: source {name}: {text}.")
    return replace(source, urls=tuple(_expanded(source.urls)))


def _expanded(urls: Iterable[str]) -> Iterable[str]:
    for url in urls:
        if _TEMPLATE in url:
            yield from (url.replace(_TEMPLATE, chromosome) for chromosome in _CHROMOSOMES)
        else:
            yield url
