"""Build the tracks of a reference from their sources.

    genes = genes_of(transcripts)                                        # annotator.building.genes
    plans = planned_tracks(vcf=["clinvar.vcf.gz", "mine=calls.vcf"], bed=[], table=["cytoBand.txt.gz"])
    built = [build_track(one, contigs=…, genes=genes, sequence=…, output=folder) for one in plans]
    write_region_stores(built, output=folder)                            # once, after all of them

`planned_tracks` takes the texts of the options `--vcf`, `--bed` and `--table`: a file that the table of tracks knows by
its name, or `TRACK=FILE`; anything else becomes a track of its own. It adds the tracks that gene models alone make.
Site tracks write `sites/<id>/<contig>` below `output` at once. Region tracks share one store per contig,
`regions/<contig>`, so they are collected (12 bytes a region) and written together, in the order of the table of tracks.
`BuiltTrack.track` is the manifest's entry; its `source` is the track's id, or `models` when it is made from gene models
alone: the manifest's sources must have these ids. `left_out` counts what could not be used, by reason, to be shown.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from annotator.arrays import stem_of, write_arrays
from annotator.building.genes import Gene, add_gene_parts
from annotator.building.opening import Listener
from annotator.building.planning import TrackPlan, planned_tracks
from annotator.building.sites import SequenceOf, write_site_stores
from annotator.building.spans import add_spans
from annotator.building.tables import add_gene_rows, add_table_rows
from annotator.definitions import GeneParts, GeneRows, TableRows, VcfSpans
from annotator.manifest import Contig, Track
from annotator.regions import RegionCollector
from annotator.tracks import CPG_ISLANDS

__all__ = ["BuiltTrack", "TrackPlan", "build_track", "planned_tracks", "write_region_stores"]

REGIONS_FOLDER = "regions"
SITES_FOLDER = "sites"
MODELS_SOURCE = "models"

_ARCHIVE_BYTES = 256 << 10  # a smaller store becomes one compressed archive, which takes 10 ms to open


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltTrack:
    """A track that has been read."""

    track: Track
    entries: int  # regions, or alleles
    left_out: Mapping[str, int]
    regions: Mapping[str, RegionCollector]  # by contig; empty: a site track, whose stores are written


def build_track(
    plan: TrackPlan,
    *,
    contigs: Sequence[Contig],
    genes: Sequence[Gene],
    sequence: SequenceOf,
    output: Path,
    progress: Listener = lambda _: None,
) -> BuiltTrack:
    """Read one track's sources; raises InvalidReferenceError, with the line, where one cannot be used."""
    definition = plan.definition
    by_name = {name: contig for contig in contigs for name in (contig.name, *contig.aliases)}
    regions: dict[str, RegionCollector] = defaultdict(RegionCollector)
    left_out: Counter[str] = Counter()
    if definition.kind == "site":
        entries = write_site_stores(
            plan,
            folder=output / SITES_FOLDER / definition.id,
            by_name=by_name,
            sequence=sequence,
            left_out=left_out,
            progress=progress,
        )
    else:
        _add_regions(plan, regions, by_name=by_name, genes=genes, left_out=left_out, progress=progress)
        entries = sum(len(collector) for collector in regions.values())
    track = Track(
        id=definition.id,
        kind=definition.kind,
        path=f"{SITES_FOLDER}/{definition.id}" if definition.kind == "site" else REGIONS_FOLDER,
        label=definition.label,
        source=definition.id if plan.paths else MODELS_SOURCE,
        fields=tuple(field.info for field in definition.fields),
    )
    return BuiltTrack(track=track, entries=entries, left_out=left_out, regions=regions)


def write_region_stores(built: Sequence[BuiltTrack], *, output: Path) -> None:
    """Write the store of every contig on which any region track has a region."""
    for contig in sorted({name for one in built for name in one.regions}):
        joined = RegionCollector()
        for one in built:
            if contig in one.regions:
                joined.extend(one.regions[contig])
        arrays = joined.arrays()
        size = sum(column.nbytes for column in arrays.values())
        stem = stem_of(output / REGIONS_FOLDER, contig=contig)
        write_arrays(stem, arrays=arrays, compressed=size < _ARCHIVE_BYTES)


def _add_regions(
    plan: TrackPlan,
    regions: dict[str, RegionCollector],
    *,
    by_name: Mapping[str, Contig],
    genes: Sequence[Gene],
    left_out: Counter[str],
    progress: Listener,
) -> None:
    definition = plan.definition
    if isinstance(definition.layout, GeneParts):
        add_gene_parts(definition, regions, genes=genes, islands=_islands(plan, by_name=by_name, progress=progress))
        return
    for path in plan.paths:
        match definition.layout:
            case TableRows():
                add_table_rows(definition, regions, path=path, by_name=by_name, left_out=left_out, progress=progress)
            case GeneRows():
                add_gene_rows(definition, regions, path=path, genes=genes, left_out=left_out, progress=progress)
            case VcfSpans():
                add_spans(definition, regions, path=path, by_name=by_name, left_out=left_out, progress=progress)


def _islands(plan: TrackPlan, *, by_name: Mapping[str, Contig], progress: Listener) -> dict[str, RegionCollector]:
    """The CpG islands that promoters need; none for other parts of genes."""
    islands: dict[str, RegionCollector] = defaultdict(RegionCollector)
    for path in plan.paths:
        add_table_rows(CPG_ISLANDS, islands, path=path, by_name=by_name, left_out=Counter(), progress=progress)
    return islands
