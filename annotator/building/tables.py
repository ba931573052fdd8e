"""Turn tables into regions: UCSC's database tables and BED files by place, tables of genes by gene."""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from annotator.building.genes import Gene
from annotator.building.opening import Listener, open_source
from annotator.building.rendering import info_text
from annotator.definitions import GeneRows, TableRows, TrackDefinition
from annotator.errors import InvalidReferenceError
from annotator.manifest import Contig
from annotator.regions import RegionCollector

NO_CONTIG = "the reference has no such contig"
NO_GENE = "the gene is not among the models"
NOTHING_TO_SAY = "the row has no value"
PAST_END = "lies past the end of its contig"

_BIN = "bin"  # UCSC's index column, which some exports lack
_BED_HEADERS = ("track ", "browser ", "track\t", "browser\t")


def add_table_rows(
    definition: TrackDefinition,
    regions: dict[str, RegionCollector],
    *,
    path: Path,
    by_name: Mapping[str, Contig],
    left_out: Counter[str],
    progress: Listener,
) -> None:
    """Add a region for each row of a table that says where it lies."""
    layout = definition.layout
    assert isinstance(layout, TableRows)
    for line, row in _placed_rows(path, layout=layout, progress=progress):
        contig = by_name.get(row.get(layout.contig, ""))
        if contig is None:
            left_out[NO_CONTIG] += 1
            continue
        start, end = _span(row, layout=layout, place=f"{path}, line {line}")
        if start > contig.length or end < 1:
            left_out[PAST_END] += 1
            continue
        row["contig"] = contig.name
        try:
            text = info_text(definition, _cells(row))
        except ValueError as error:
            raise InvalidReferenceError(f"{path}, line {line}: {error}.") from error
        if text:
            regions[contig.name].add(start=max(start, 1), end=min(end, contig.length), text=text)
        else:
            left_out[NOTHING_TO_SAY] += 1


def add_gene_rows(
    definition: TrackDefinition,
    regions: dict[str, RegionCollector],
    *,
    path: Path,
    genes: Sequence[Gene],
    left_out: Counter[str],
    progress: Listener,
) -> None:
    """Add a region for each row of a table of genes, over the whole gene: by identifier, or else by symbol."""
    layout = definition.layout
    assert isinstance(layout, GeneRows)
    by_id: dict[str, list[Gene]] = defaultdict(list)
    by_symbol: dict[str, list[Gene]] = defaultdict(list)
    for gene in genes:
        by_id[gene.id].append(gene)
        by_symbol[gene.symbol].append(gene)
    for row in _gene_rows(path, layout=layout, progress=progress):
        symbol = row.get(layout.symbol, "")
        found = by_id.get(row.get(layout.ids, "")) or (by_symbol.get(symbol) if symbol else None)
        if not found:
            left_out[NO_GENE] += 1
            continue
        text = info_text(definition, _cells(row))
        for gene in found if text else ():
            regions[gene.contig].add(start=gene.start, end=gene.end, text=text)


def _placed_rows(path: Path, *, layout: TableRows, progress: Listener) -> Iterator[tuple[int, dict[str, str]]]:
    columns = layout.columns
    with open_source(path, progress=progress) as stream:
        is_first = True
        for number, raw in enumerate(stream, start=1):
            line = raw.decode("utf-8", "replace").rstrip("\r\n")
            if not line or line.startswith(_BED_HEADERS):
                continue
            if not columns:
                columns = tuple(line.removeprefix("#").split("\t"))
                continue
            if line.startswith("#"):
                continue
            cells = line.split("\t")
            if is_first:
                is_first = False
                if columns[0] == _BIN and not cells[0].isdigit():
                    columns = columns[1:]
            yield number, dict(zip(columns, cells, strict=False))


def _span(row: Mapping[str, str], *, layout: TableRows, place: str) -> tuple[int, int]:
    """First and last base, 1-based; an empty interval of UCSC's, an insertion, is the base behind it."""
    try:
        first, last = int(row[layout.start]), int(row[layout.end])
    except (KeyError, ValueError):
        raise InvalidReferenceError(f"{place}: {layout.start} and {layout.end} must be numbers.") from None
    start = first + 1 - layout.first_base
    return start, max(start, last)


def _gene_rows(path: Path, *, layout: GeneRows, progress: Listener) -> Iterator[dict[str, str]]:
    with open_source(path, progress=progress) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
        reader = csv.DictReader(text, delimiter="\t", restval="")
        if layout.symbol not in (reader.fieldnames or ()):
            raise InvalidReferenceError(f"{path}: the first line names no column {layout.symbol}.")
        try:
            for row in reader:
                yield {name: value for name, value in row.items() if isinstance(value, str) and name is not None}
        except csv.Error as error:
            raise InvalidReferenceError(f"{path}, line {reader.line_num}: {error}.") from error


def _cells(row: Mapping[str, str]) -> Callable[[str], str]:
    return lambda name: row.get(name, "")
