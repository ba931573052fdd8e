"""Read the starter's sources into regions and sites, with the fields of the table of tracks."""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from annotator.alleles import trim
from annotator.definitions import TrackDefinition
from annotator.info import InfoField, encode_list, encode_value
from annotator.regions import Region
from annotator.sites import Site
from annotator.tracks import CLINVAR, CYTOBANDS, GENES, HGNC, STARS


def _fields(track: TrackDefinition) -> tuple[InfoField, ...]:
    return tuple(field.info for field in track.fields)


CYTOBAND_FIELDS = _fields(CYTOBANDS)
GENE_FIELDS = tuple(field for field in (*_fields(GENES), *_fields(HGNC)) if field.id != "HGNC_ID")
CLINVAR_FIELDS = _fields(CLINVAR)


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneLocus:
    """One gene's place: 1-based, both ends included."""

    contig: str
    start: int
    end: int
    gene_id: str
    symbol: str
    name: str


def read_cytobands(path: Path) -> dict[str, list[Region]]:
    """Read cytobands (UCSC's layout: names with `chr`, 0-based half-open) into regions by contig."""
    bands: dict[str, list[Region]] = defaultdict(list)
    for row in path.read_text(encoding="utf-8").splitlines()[1:]:
        chromosome, start, end, band, _stain = row.split("\t")
        contig = chromosome.removeprefix("chr")
        if not band:
            continue
        values = (("CYTOBAND", encode_value(f"{contig}{band}")),)
        bands[contig].append(Region(start=int(start) + 1, end=int(end), values=values))
    return dict(bands)


def read_genes(path: Path) -> list[GeneLocus]:
    """Read gene loci; rows without a symbol are left out."""
    genes = []
    for contig, start, length, number, symbol, name, *_ in _rows(path):
        if symbol:
            genes.append(
                GeneLocus(
                    contig=contig,
                    start=int(start),
                    end=int(start) + int(length),
                    gene_id=f"ENSG{int(number):011d}",
                    symbol=symbol,
                    name=unquote(name),
                )
            )
    return sorted(genes, key=lambda gene: (gene.contig, gene.start, gene.end, gene.gene_id))


def gene_regions(genes: list[GeneLocus], *, synonyms_path: Path) -> dict[str, list[Region]]:
    """Turn gene loci and their synonyms into regions by contig."""
    synonyms = {symbol: others for symbol, *others in _rows(synonyms_path)}
    regions: dict[str, list[Region]] = defaultdict(list)
    for gene in genes:
        values = [("GENE", encode_value(gene.symbol)), ("GENE_ID", gene.gene_id)]
        if gene.name:
            values.append(("GENE_NAME", encode_value(gene.name)))
        others = [other for other in synonyms.get(gene.symbol, []) if other]
        if others:
            values.append(("GENE_SYNONYM", "&".join(map(encode_value, [gene.symbol, *others]))))
        regions[gene.contig].append(Region(start=gene.start, end=gene.end, values=tuple(values)))
    return dict(regions)


def read_clinvar(path: Path, *, keys_path: Path) -> dict[str, list[Site]]:
    """Read ClinVar variants, whose columns are indexes into lists kept in the other file, into sites by contig."""
    keys = _read_keys(keys_path)
    diseases = [unquote(entry.partition("|")[2]) for entry in keys["disease_mondo_ids_and_names"]]
    consequences = [entry.partition("|")[2] for entry in keys["molecular_consequences"]]
    sites: dict[str, list[Site]] = defaultdict(list)
    for row in _rows(path):
        contig, position, identifier, ref, alt, disease_ids, _af, review, significance, _type, effects = row[:11]
        rs_number = row[12] if len(row) > 12 else ""
        status = keys["clinical_review_statuses"][int(review)]
        values = {
            "CLINVAR_ID": identifier,
            "CLINVAR_SIG": encode_list([keys["clinical_significances"][int(significance)]]),
            "CLINVAR_REVIEW": encode_value(status),
            "CLINVAR_STARS": STARS[status],
            "CLINVAR_DISEASE": _named(disease_ids, names=diseases),
            "CLINVAR_MC": _named(effects, names=consequences),
        }
        text = ";".join(f"{key}={value}" for key, value in values.items() if value).encode()
        trimmed = trim(int(position), ref.encode(), alt.encode())
        rs = f"rs{rs_number}".encode() if rs_number else b""
        sites[contig].append(Site(position=trimmed[0], ref=trimmed[1], alt=trimmed[2], identifier=rs, text=text))
    return dict(sites)


def _rows(path: Path) -> Iterator[list[str]]:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for line in stream:
            if not line.startswith("#") and line.strip():
                yield line.rstrip("\n").split("\t")


def _read_keys(path: Path) -> dict[str, list[str]]:
    keys: dict[str, list[str]] = {}
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for line in stream:
            name, separator, value = line.removeprefix("# ").partition(" = ")
            if separator and value.startswith("["):
                keys[name] = json.loads(value)
    return keys


def _named(indexes: str, *, names: list[str]) -> str:
    return "&".join(encode_value(names[int(index)]) for index in indexes.split(",") if index)
