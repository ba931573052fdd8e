"""The manifest of a reference folder: what is in it, where each part came from, and the checksum of every file."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from annotator.errors import InvalidReferenceError
from annotator.info import InfoField

LAYOUT = 3
MANIFEST_NAME = "manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where data came from; `date` is the source's own, as it writes it. What is not known is empty."""

    id: str
    name: str
    version: str
    date: str
    licence: str
    licence_file: str  # its text, relative to the reference folder
    url: str  # empty: a local file
    file: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contig:
    """One contig: the name the reference uses, its length in bases, other names for the same sequence."""

    name: str
    length: int
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One annotation source as INFO fields; `kind` is "region" or "site", `path` the folder of its stores.

    Region tracks share one flattened store per contig; a site track has stores of its own.
    """

    id: str
    kind: str
    path: str
    label: str
    source: str
    fields: tuple[InfoField, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Everything `manifest.json` says. Paths are relative to the reference folder."""

    name: str
    version: str
    build: str
    engine: str
    contigs: tuple[Contig, ...]
    mitochondrion: str | None  # None: no contig needs the vertebrate mitochondrial code
    sequence: str | None  # None: the reference has no sequence, REF cannot be compared
    models: str | None  # folder of stores; None: there are no transcript models, and no consequences
    model_contigs: tuple[str, ...]
    tracks: tuple[Track, ...]
    sources: tuple[Source, ...]
    files: dict[str, str]

    @property
    def label(self) -> str:
        return f"{self.name} {self.version}"


def write_manifest(folder: Path, *, manifest: Manifest) -> None:
    """Write `manifest.json`, with sorted keys so that the same reference gives the same bytes."""
    value = {"layout": LAYOUT, **asdict(manifest)}
    for track in value["tracks"]:
        for field in track["fields"]:
            del field["source"], field["version"]
    text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False)
    (folder / MANIFEST_NAME).write_text(text + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """Read `manifest.json` of a reference folder; raise InvalidReferenceError when it is not one of ours."""
    path = folder / MANIFEST_NAME
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        if (layout := value.pop("layout")) != LAYOUT:
            raise InvalidReferenceError(
                f"{path} has layout {layout}, and this version of the annotator reads layout {LAYOUT}: "
                "build or install the reference again."
            )
        return _manifest(value)
    except FileNotFoundError:
        raise InvalidReferenceError(f"{folder} is not a reference: it has no {MANIFEST_NAME}.") from None
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidReferenceError(f"{path} is damaged: {error!r}.") from error


def checksums(folder: Path) -> dict[str, str]:
    """The checksum of every file inside a folder, by its relative path, sorted."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in paths}


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def damaged_files(folder: Path, *, manifest: Manifest) -> list[str]:
    """Names of the files that are missing or differ from the manifest's checksums, sorted."""
    return [
        name
        for name, expected in sorted(manifest.files.items())
        if not (folder / name).is_file() or sha256_of(folder / name) != expected
    ]


def _manifest(value: dict[str, Any]) -> Manifest:
    sources = tuple(Source(**source) for source in value.pop("sources"))
    by_id = {source.id: source for source in sources}
    tracks = tuple(_track(track, source=by_id[track["source"]]) for track in value.pop("tracks"))
    contigs = tuple(
        Contig(name=contig["name"], length=contig["length"], aliases=tuple(contig["aliases"]))
        for contig in value.pop("contigs")
    )
    model_contigs = tuple(value.pop("model_contigs"))
    return Manifest(contigs=contigs, tracks=tracks, sources=sources, model_contigs=model_contigs, **value)


def _track(value: dict[str, Any], *, source: Source) -> Track:
    fields = tuple(
        InfoField.from_json(field, source=source.name, version=source.version) for field in value.pop("fields")
    )
    return Track(fields=fields, **value)
