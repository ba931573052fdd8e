"""Where the references lie that jobs name, what is in them, and which of them a file gets.

Jobs call a reference by the name of its folder. A web server may have none but the starter: it then knows the others
by the settings alone, and leaves it to the workers to compare a file with them.
"""

import logging
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from annotator.builds import GRCH38
from annotator.errors import InvalidReferenceError
from annotator.manifest import MANIFEST_NAME, Manifest, read_manifest
from annotator.reference import STARTER_FOLDER
from jobs.models import Job

logger = logging.getLogger(__name__)

DEFAULT_BUILD = GRCH38  # of files that name none; the REF bases then tell whether that is right


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a part of a reference came from, as people are told; what is not known is empty."""

    name: str
    version: str
    date: str
    licence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What people are told about the reference of a job; what is not known is empty."""

    name: str
    version: str
    build: str
    is_starter: bool
    sources: tuple[Source, ...]


def folder_of(job: Job) -> Path:
    return _folder(job.reference)


def manifest_of(job: Job) -> Manifest | None:
    """This function will give the manifest of a job's reference, or None on a host that has no such reference.

    Workers need it, web servers only know more with it. Raises InvalidReferenceError when it is damaged.
    """
    folder = folder_of(job)
    return _manifest(folder) if folder.is_dir() else None


def choose(build: str | None) -> str | None:
    """This function will name the reference for files of a genome build; None when there is none.

    `build` is None when a file names none. In this order: the one that the settings name for the build, the newest
    installed one (by version, then by name), the starter. Raises InvalidReferenceError when the settings name one of
    another build.
    """
    build = build or DEFAULT_BUILD
    found = {name: manifest for name, manifest in _installed().items() if manifest.build == build}
    named: str | None = settings.DEFAULT_REFERENCES.get(build)
    if named is not None:
        if named not in found and _folder(named).is_dir():
            raise InvalidReferenceError(f"DEFAULT_REFERENCES names {named} for {build}, which it cannot serve.")
        return named
    return max(found, key=lambda name: _rank(name, found[name]), default=None)


def builds() -> list[str]:
    """This function will name the genome builds that there is a reference for."""
    return sorted({manifest.build for manifest in _installed().values()} | set(settings.DEFAULT_REFERENCES))


def describe(job: Job) -> Description:
    """This function will tell what a job's result was made with or, before it is there, what it will be made with."""
    summary: dict[str, Any] = job.summary or {}
    manifest = _readable(folder_of(job))
    told = summary.get("reference") or (
        {"name": manifest.name, "version": manifest.version, "build": manifest.build} if manifest else {}
    )
    sources = tuple(_source(source) for source in summary.get("sources", ()))
    if not sources and manifest and (manifest.name, manifest.version) == (told.get("name"), told.get("version")):
        sources = tuple(
            Source(name=source.name, version=source.version, date=source.date, licence=source.licence)
            for source in manifest.sources
        )
    return Description(
        name=str(told.get("name") or job.reference),
        version=str(told.get("version") or ""),
        build=str(told.get("build") or ""),
        is_starter=job.reference == settings.STARTER_REFERENCE,
        sources=sources,
    )


def _folder(name: str) -> Path:
    if name == settings.STARTER_REFERENCE:
        return STARTER_FOLDER
    folder: Path = settings.REFERENCES_DIR / name
    return folder


def _installed() -> dict[str, Manifest]:
    """This function will give the manifests on this host by the names of their folders; damaged ones are left out."""
    names = {path.parent.name for path in settings.REFERENCES_DIR.glob(f"[!.]*/{MANIFEST_NAME}")}
    found = {name: _readable(_folder(name)) for name in (settings.STARTER_REFERENCE, *sorted(names))}
    return {name: manifest for name, manifest in found.items() if manifest}


def _readable(folder: Path) -> Manifest | None:
    """This function will give the manifest in a folder, or None when there is none that can be read."""
    if not folder.is_dir():
        return None
    try:
        return _manifest(folder)
    except InvalidReferenceError as error:
        logger.error("A reference is left out: %s", error)
        return None


def _manifest(folder: Path) -> Manifest:
    """This function will read a manifest once, and again when its file has changed. Raises InvalidReferenceError."""
    try:
        stamp = (folder / MANIFEST_NAME).stat().st_mtime_ns
    except FileNotFoundError:
        stamp = 0
    return _read(folder, stamp)


@lru_cache(maxsize=32)
def _read(folder: Path, stamp: int) -> Manifest:  # noqa: ARG001 - of the file, so that a new one is read
    return read_manifest(folder)


_Rank = tuple[bool, list[tuple[int, str]], list[tuple[int, str]]]


def _rank(name: str, manifest: Manifest) -> _Rank:
    """This function will give what is larger for the better of two references of one build."""
    return name != settings.STARTER_REFERENCE, _natural(manifest.version), _natural(name)


def _natural(text: str) -> list[tuple[int, str]]:
    """This function will give a key that sorts 9 before 10, and 2025-12 before 2026-01."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.findall(r"\d+|\D+", text)]


def _source(value: dict[str, Any]) -> Source:
    return Source(**{name: str(value.get(name) or "") for name in ("name", "version", "date", "licence")})
