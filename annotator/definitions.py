"""What an entry of the table of tracks says: how a source is laid out, and how its cells become INFO values.

A *form* takes a function that gives the text of a named cell (empty when there is none) and returns the finished,
percent-encoded value; an empty value is left out.
"""

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from annotator.info import InfoField, encode_value

Cells = Callable[[str], str]
Form = Callable[[Cells], str]

_MISSING = frozenset(("", ".", "NA", "nan", "NaN", "-nan"))


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDefinition:
    """One INFO field and the form of its values."""

    id: str
    number: str = "."
    type: str = "String"
    description: str
    form: Form

    @property
    def info(self) -> InfoField:
        """The field without a source: a reference's manifest says which one it was built from."""
        return InfoField(id=self.id, number=self.number, type=self.type, description=self.description)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRows:
    """Rows that lie on a contig. UCSC's tables have no header line, start at base 0 and exclude their end."""

    columns: tuple[str, ...]  # empty: the first line names them
    contig: str = "chrom"
    start: str = "chromStart"
    end: str = "chromEnd"
    first_base: Literal[0, 1] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneRows:
    """Rows that belong to a gene, with a line of column names; they take the gene's place."""

    ids: str  # column with Ensembl's gene identifier; empty: there is none
    symbol: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VcfAlleles:
    """A VCF of which each ALT allele is an entry; forms ask for INFO keys, `ID`, `REF` and `ALT`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VcfSpans:
    """A VCF of which each record is an entry that lies on POS to END; forms ask as for alleles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneParts:
    """Parts of the reference's own gene models; forms ask for `symbol`, `id` and `biotype`."""

    part: Literal["gene", "exon", "receptor", "promoter"]


Layout = TableRows | GeneRows | VcfAlleles | VcfSpans | GeneParts


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackDefinition:
    """One entry of the table."""

    id: str
    label: str
    layout: Layout
    fields: tuple[FieldDefinition, ...]
    publisher: str
    licence: str
    files: str  # regular expression that the names of its files match; empty: it needs none
    fills_identifier: bool = False  # site tracks: the dbSNP number may fill an empty ID
    identifier_field: str = ""  # that one of the fields which only repeats the dbSNP number

    @property
    def kind(self) -> str:
        """What a manifest calls it: `site` when values belong to alleles, else `region`."""
        return "site" if isinstance(self.layout, VcfAlleles) else "region"

    @property
    def needs_source(self) -> bool:
        return bool(self.files)


def cell(name: str) -> Form:
    """The cell as it is."""
    return lambda cells: encode_value(_present(cells(name)))


def parts(*names: str) -> Form:
    """Several cells as one value, joined by `|`; empty when all of them are."""

    def form(cells: Cells) -> str:
        texts = [encode_value(_present(cells(name))) for name in names]
        return "|".join(texts) if any(texts) else ""

    return form


def listed(*names: str, separator: str) -> Form:
    """The items of one or more cells, joined by `&`."""

    def form(cells: Cells) -> str:
        items = [item for name in names for item in _present(cells(name)).split(separator)]
        return "&".join(encode_value(item.strip()) for item in items if item.strip())

    return form


def number(*names: str) -> Form:
    """The first of the cells that holds a number, with four significant digits."""

    def form(cells: Cells) -> str:
        for name in names:
            with suppress(ValueError):
                value = float(_present(cells(name)))
                if math.isfinite(value):
                    return f"{value:.4g}"
        return ""

    return form


def first(*names: str) -> Form:
    """The first of the cells that is not empty."""
    return lambda cells: next((encode_value(text) for name in names if (text := _present(cells(name)))), "")


def mapped(name: str, meanings: dict[str, str]) -> Form:
    """What the cell's text stands for; empty for a text that stands for nothing."""
    return lambda cells: meanings.get(cells(name), "")


def _present(text: str) -> str:
    return "" if text in _MISSING else text
