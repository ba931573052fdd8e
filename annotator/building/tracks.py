"""Build the tracks of a reference from their sources.

    definitions, path = chosen("clinvar=clinvar.vcf.gz", form=VCF)      # or "clinvar.vcf.gz": known by its name
    genes = genes_of(transcripts)                                       # annotator.building.genes
    built = [build_track(one, None, …) for one in model_tracks()]       # made from the gene models alone
    built += [build_track(one, path, …) for one in definitions]
    write_region_stores(built, contigs=contigs, output=output)          # once, after all of them

Site tracks write `sites/<id>/<contig>` below `output` at once. Region tracks share one store per contig,
`regions/<contig>`, so they are collected (12 bytes a region) and written together, in the order of the table of tracks.
`BuiltTrack.track` is the manifest's entry; its `source` is the track's id, so the manifest's source of a track's file
must have that id. `left_out` counts what could not be used, by reason; a builder should show it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from annotator.building.genes import Gene
from annotator.building.opening import Listener
from annotator.definitions import TrackDefinition
from annotator.effects.effect import ContigSequence
from annotator.manifest import Contig, Track
from annotator.regions import RegionCollector

SequenceOf = Callable[[Contig], ContigSequence | None]

REGIONS_FOLDER = "regions"
SITES_FOLDER = "sites"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltTrack:
    """A track that has been read."""

    track: Track
    definition: TrackDefinition
    entries: int  # regions, or alleles
    left_out: Mapping[str, int]
    regions: Mapping[str, RegionCollector]  # by contig; empty: a site track, whose stores are written


def chosen(argument: str, *, form: Literal["vcf", "bed", "table"]) -> tuple[tuple[TrackDefinition, ...], Path]:
    """Say which tracks an option such as `--vcf clinvar=FILE` or `--table cpgIslandExt.txt.gz` asks for.

    A file whose name the table of tracks knows becomes the tracks of that name; any other becomes a track of its own,
    named by `NAME=FILE` or else by its file. Raises InvalidReferenceError when there is no way to read it.
    """
    raise NotImplementedError


def model_tracks() -> tuple[TrackDefinition, ...]:
    """The tracks that need nothing but gene models."""
    raise NotImplementedError


def build_track(
    definition: TrackDefinition,
    source: Path | None,
    *,
    contigs: Sequence[Contig],
    genes: Sequence[Gene],
    sequence: SequenceOf,
    output: Path,
    progress: Listener = lambda _: None,
) -> BuiltTrack:
    """Read one track's source (None: it is made from the genes alone), as the module's docstring tells."""
    raise NotImplementedError


def write_region_stores(built: Sequence[BuiltTrack], *, contigs: Sequence[Contig], output: Path) -> None:
    """Write the store of every contig on which any region track has a region."""
    raise NotImplementedError
