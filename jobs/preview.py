"""The first rows of a result's table, as its page shows them.

The annotator writes them as `{"columns": [...], "rows": [[...]]}`.
"""

import json
import math
from dataclasses import dataclass
from typing import Any

from annotator.quoting import visible

_CELL_CHARACTERS = 120
_HIDDEN = "row_id"  # for programs that join
_HEADINGS = ("chrom", "pos")  # what people know a row by
# What the names of the table's columns stand for; another one is shown as it is.
_LABELS = {
    "chrom": "Chromosome",
    "pos": "Position",
    "id": "ID",
    "ref": "REF",
    "alt": "ALT",
    "qual": "Quality",
    "hgvsg": "HGVSg",
    "hgvsc": "HGVSc",
    "hgvsp": "HGVSp",
    "feature": "Transcript",
    "dbsnp": "dbSNP",
    "clinvar_sig": "ClinVar",
    "clinvar_stars": "ClinVar stars",
    "clinvar_conditions": "ClinVar conditions",
    "gnomad_af": "gnomAD AF",
    "gnomad_popmax_af": "gnomAD popmax AF",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One value, fit to be shown; `is_number` says that it stands to the right, `is_heading` that it names the row."""

    text: str  # empty: there is none
    is_number: bool
    is_heading: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What the page shows: each row has one cell a column. Columns without any value are only named."""

    columns: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty_columns: tuple[str, ...]


def parse(data: bytes) -> Preview:
    """This function will read preview.json. Raises ValueError when it is not what the annotator writes."""
    try:
        value = json.loads(data)
        names, rows = [str(name) for name in value["columns"]], [list(row) for row in value["rows"]]
    except (KeyError, TypeError) as error:
        raise ValueError(f"This is no preview: {error!r}") from error
    if any(len(row) != len(names) for row in rows):
        raise ValueError("A row of the preview has more or fewer values than there are columns.")
    known = [number for number, name in enumerate(names) if name != _HIDDEN]
    filled = [number for number in known if not rows or any(_text(row[number]) for row in rows)]
    numbers = {number for number in filled if rows and all(_is_number(row[number]) for row in rows)}
    headings = {number for number in filled if names[number] in _HEADINGS} or set(filled[:1])

    def cell(number: int, text: str) -> Cell:
        return Cell(text=text, is_number=number in numbers, is_heading=number in headings)

    return Preview(
        columns=tuple(cell(number, _label(names[number])) for number in filled),
        rows=tuple(tuple(cell(number, _text(row[number])) for number in filled) for row in rows),
        empty_columns=tuple(_label(names[number]) for number in known if number not in filled),
    )


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _label(name: str) -> str:
    words = _shown(name).replace("_", " ")
    return _LABELS.get(name) or words[:1].upper() + words[1:]


def _text(value: Any) -> str:
    """This function will write a value for people: floats with six digits, lists with commas, nothing for None."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float() if math.isfinite(value):
            return f"{value:.0f}" if value.is_integer() else f"{value:.6g}"
        case list():
            return _shown(", ".join(_text(part) for part in value))
    return _shown(str(value))


def _shown(text: str) -> str:
    seen = visible(text[: _CELL_CHARACTERS + 1])
    return seen if len(seen) <= _CELL_CHARACTERS else f"{seen[: _CELL_CHARACTERS - 1]}…"
