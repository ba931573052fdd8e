"""A file for every track of the table of tracks that needs one, so that all tracks are on while speed is measured.

Alleles that dbSNP and ClinVar really have are taken where they are known; gnomAD, and whatever is not known, has four
of five of the sample's own variants. Regions are invented, about as many as there are on chromosome 21.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from annotator.benchmarks.invention import Call
from annotator.definitions import GeneRows, TableRows, TrackDefinition, VcfAlleles, VcfSpans
from annotator.tracks import CPG_ISLANDS, TRACKS

CONTIGS = tuple(f"c{number}" for number in range(1, 11))
LENGTH = 46_709_983  # bases of each

_REGIONS = {"cytobands": 14, "tfbs": 100_000, "cnv": 6_000}  # on each contig
_OTHER_REGIONS = 3_000
_BASES = {"cytobands": 3_300_000, "tfbs": 300, "segmental_duplications": 8_000, "cnv": 20_000, "gnomad_sv": 5_000}
_OTHER_BASES = 500

_CONTIG = "@"  # stands for each of them in turn
_VCF_HEADER = (
    '##fileformat=VCFv4.2\n##INFO=<ID=AF,Number=A,Type=Float,Description="">\n'
    '##INFO=<ID=grpmax,Number=A,Type=String,Description="">\n'
    '##INFO=<ID=END,Number=1,Type=Integer,Description="">\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n'
)
_GENE = re.compile(r"ID=gene:([^;]+);(?:.*;)?Name=([^;\n]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackFiles:
    """The files, as `reference build` takes them: TRACK=PATH."""

    vcf: tuple[str, ...]
    table: tuple[str, ...]


def write_track_files(
    folder: Path,
    *,
    calls: Sequence[Call],
    models: Sequence[str],
    known: Mapping[str, Sequence[str]],
    chance: np.random.Generator,
) -> TrackFiles:
    """Write them into a new folder; `known` are records of one contig by track, with their line ends."""
    folder.mkdir()
    vcf: list[str] = []
    table: list[str] = []
    for track in TRACKS:
        if not track.needs_source:
            continue
        path = folder / f"{track.id}.txt"
        header, rows = "", list[str]()
        match track.layout:
            case VcfAlleles():
                header = _VCF_HEADER
                rows = [_CONTIG + line[line.index("\t") :] for line in known.get(track.id, ())] or list(_alleles(calls))
            case VcfSpans():
                header, rows = _VCF_HEADER, list(_spans(track, chance))
            case GeneRows():
                header, rows = _gene_header(track.layout), list(_gene_rows(track.layout, models))
            case TableRows():
                rows = list(_table_rows(track, track.layout, chance))
            case _:  # promoters read CpG islands
                assert isinstance(CPG_ISLANDS.layout, TableRows)
                rows = list(_table_rows(CPG_ISLANDS, CPG_ISLANDS.layout, chance))
        with path.open("w", encoding="utf-8") as stream:
            stream.write(header)
            for contig in CONTIGS if _CONTIG in rows[0] else CONTIGS[:1]:
                stream.writelines(row.replace(_CONTIG, contig) for row in rows)
        (vcf if header is _VCF_HEADER else table).append(f"{track.id}={path}")
    return TrackFiles(vcf=tuple(vcf), table=tuple(table))


def _alleles(calls: Sequence[Call]) -> Iterator[str]:
    for number, call in enumerate(calls):
        if number % 5:
            info = f"AF=0.{number % 1000:03};grpmax=nfe;CLNSIG=Benign;CLNREVSTAT=no_assertion_provided"
            yield f"{_CONTIG}\t{call.position}\trs{number + 1}\t{call.ref}\t{call.alt}\t.\tPASS\t{info}\n"


def _spans(track: TrackDefinition, chance: np.random.Generator) -> Iterator[str]:
    for number, (start, end) in enumerate(_places(track, chance)):
        info = f"END={end};SVTYPE=DEL;AF=0.0{number % 100:02}"
        yield f"{_CONTIG}\t{start}\tsv{number}\tN\t<DEL>\t.\tPASS\t{info}\n"


def _gene_header(layout: GeneRows) -> str:
    return "\t".join((*((layout.ids,) if layout.ids else ()), layout.symbol, *_GENE_COLUMNS)) + "\n"


_GENE_COLUMNS = ("hgnc_id", "name", "alias_symbol", "disease_title", "classification_title", "moi_title")


def _gene_rows(layout: GeneRows, models: Sequence[str]) -> Iterator[str]:
    """A row a gene; genes go by their symbols, which are the same on all contigs."""
    symbols = dict.fromkeys(found[2] for row in models if (found := _GENE.search(row)))
    for number, symbol in enumerate(symbols):
        cells = (f"HGNC:{number}", f"gene number {number}", f"ALIAS{number}|OTHER{number}", "a disease", "Strong", "AD")
        yield "\t".join((*(("none",) if layout.ids else ()), symbol, *cells)) + "\n"


def _table_rows(track: TrackDefinition, layout: TableRows, chance: np.random.Generator) -> Iterator[str]:
    for number, (start, end) in enumerate(_places(track, chance)):
        own = {layout.contig: _CONTIG, layout.start: str(start), layout.end: str(end)}
        yield "\t".join(own.get(column, str(number % 90 + 10)) for column in layout.columns) + "\n"


def _places(track: TrackDefinition, chance: np.random.Generator) -> Iterator[tuple[int, int]]:
    length = _BASES.get(track.id, _OTHER_BASES)
    count = _REGIONS.get(track.id, _OTHER_REGIONS)
    starts = np.sort(chance.integers(1, LENGTH - length, count)).tolist()
    yield from ((start, start + length) for start in starts)
