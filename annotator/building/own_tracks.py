"""Tracks that the table does not know: a lab's own VCF or BED file, with fields named after the track."""

import re
from itertools import takewhile
from pathlib import Path

from annotator.building.opening import open_source
from annotator.building.vcf_source import InfoKey, info_key
from annotator.definitions import (
    Cells,
    FieldDefinition,
    Form,
    Layout,
    TableRows,
    TrackDefinition,
    VcfAlleles,
    cell,
    listed,
    number,
)
from annotator.tracks import BY_ID

BED_COLUMNS = ("chrom", "chromStart", "chromEnd", "name", "score", "strand")

_FIELD_NAMES = frozenset(field.id for track in BY_ID.values() for field in track.fields)
_ENDINGS = re.compile(r"\.(?:vcf|bed|txt|tsv)?(?:\.b?gz)?$", re.IGNORECASE)


def own_bed(path: Path, *, name: str) -> TrackDefinition:
    """A region track that gives the name of each BED row, or its place when it has none."""
    identifier = _identifier(path, name=name)
    field = FieldDefinition(
        id=identifier.upper(),
        description=f"Regions of {path.name} that the record touches",
        form=_name_or_place,
    )
    return _track(identifier, path=path, layout=TableRows(columns=BED_COLUMNS), fields=(field,))


def own_vcf(path: Path, *, name: str) -> TrackDefinition:
    """A site track that gives the ID of each allele, and every INFO field that the file declares."""
    identifier = _identifier(path, name=name)
    prefix = identifier.upper()
    with open_source(path) as stream:
        header = list(takewhile(lambda line: line.startswith(b"#"), stream))
    keys = [key for line in header if (key := info_key(line)) is not None]
    own = FieldDefinition(id=prefix, number="A", description=f"ID of the allele in {path.name}", form=_name_or_yes)
    return _track(identifier, path=path, layout=VcfAlleles(), fields=(own, *(_field(prefix, key) for key in keys)))


def _field(prefix: str, key: InfoKey) -> FieldDefinition:
    is_single = key.number in ("1", "A", "R")
    kind = key.type if is_single and key.type in ("Integer", "Float") else "String"
    form: Form = listed(key.id, separator=",")
    if is_single:
        form = number(key.id) if kind == "Float" else cell(key.id)
    return FieldDefinition(
        id=f"{prefix}_{re.sub(r'[^A-Za-z0-9_.]', '_', key.id)}",
        number="A",
        type=kind,
        description=key.description,
        form=form,
    )


def _name_or_place(cells: Cells) -> str:
    return cell("name")(cells) or f"{int(cells('chromStart')) + 1}-{cells('chromEnd')}"


def _name_or_yes(cells: Cells) -> str:
    return cell("ID")(cells) or "yes"


def _track(identifier: str, *, path: Path, layout: Layout, fields: tuple[FieldDefinition, ...]) -> TrackDefinition:
    return TrackDefinition(
        id=identifier,
        label=path.name,
        layout=layout,
        fields=fields,
        publisher=path.name,
        licence="",
        files=re.escape(path.name),
    )


def _identifier(path: Path, *, name: str) -> str:
    text = name or re.sub(r"\W+", "_", _ENDINGS.sub("", path.name), flags=re.ASCII).strip("_").lower()
    if not text[:1].isalpha() or text in BY_ID or text.upper() in _FIELD_NAMES:
        return f"own_{text}"
    return text
