"""Which tracks the files of a command make."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from annotator.building.own_tracks import own_bed, own_vcf
from annotator.definitions import GeneParts, GeneRows, TableRows, TrackDefinition, VcfAlleles, VcfSpans
from annotator.errors import InvalidReferenceError
from annotator.tracks import BY_ID, TRACKS

Form = Literal["vcf", "bed", "table"]

_NAMED = re.compile(r"([A-Za-z][A-Za-z0-9_]*)=(.+)", re.DOTALL)
_LAYOUTS = {
    "vcf": (VcfAlleles, VcfSpans),
    "bed": (TableRows, GeneParts),
    "table": (TableRows, GeneRows, GeneParts),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackPlan:
    """A track and the files to read for it; none when gene models alone make it."""

    definition: TrackDefinition
    paths: tuple[Path, ...]


def planned_tracks(*, vcf: Sequence[str], bed: Sequence[str], table: Sequence[str]) -> tuple[TrackPlan, ...]:
    """Say which tracks to build from the texts of these options, in the order of the table of tracks.

    Raises InvalidReferenceError for a table that is not known, since nothing tells what its columns mean.
    """
    paths: dict[str, list[Path]] = {}
    definitions = dict(BY_ID)
    for definition, path in _chosen(vcf=vcf, bed=bed, table=table):
        definitions.setdefault(definition.id, definition)
        paths.setdefault(definition.id, []).append(path)
    return tuple(
        TrackPlan(definition=definition, paths=tuple(paths.get(name, ())))
        for name, definition in definitions.items()
        if name in paths or not definition.needs_source
    )


def known_tracks(file_name: str, *, form: Form) -> tuple[TrackDefinition, ...]:
    """The tracks of the table that a file of this name belongs to."""
    return tuple(
        track
        for track in TRACKS
        if track.needs_source
        and isinstance(track.layout, _LAYOUTS[form])
        and re.search(track.files, file_name, re.IGNORECASE)
    )


def _chosen(*, vcf: Sequence[str], bed: Sequence[str], table: Sequence[str]) -> Iterable[tuple[TrackDefinition, Path]]:
    options: tuple[tuple[Form, Sequence[str]], ...] = (("vcf", vcf), ("bed", bed), ("table", table))
    for form, arguments in options:
        for argument in arguments:
            name, path = _split(argument)
            for definition in _definitions(name, path, form=form):
                yield definition, path


def _split(argument: str) -> tuple[str, Path]:
    named = _NAMED.fullmatch(argument)
    return (named[1], Path(named[2])) if named and not Path(argument).exists() else ("", Path(argument))


def _definitions(name: str, path: Path, *, form: Form) -> tuple[TrackDefinition, ...]:
    if not path.is_file():
        raise InvalidReferenceError(f"There is no file {path}.")
    if name in BY_ID:
        known = BY_ID[name]
        if not known.needs_source or not isinstance(known.layout, _LAYOUTS[form]):
            raise InvalidReferenceError(f"The track {name} is not made from a file given with --{form}.")
        return (known,)
    if not name and (found := known_tracks(path.name, form=form)):
        return found
    if form == "vcf":
        return (own_vcf(path, name=name),)
    if form == "bed":
        return (own_bed(path, name=name),)
    names = ", ".join(track.id for track in TRACKS if track.needs_source and isinstance(track.layout, _LAYOUTS[form]))
    raise InvalidReferenceError(
        f"What the columns of {path} mean is not known. Name the track, as in --table cytobands={path.name} "
        f"(known are {names}), or give a BED file with --bed."
    )
