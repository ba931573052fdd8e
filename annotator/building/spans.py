"""Turn the records of a VCF into regions from POS to END: structural variants and the like."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from annotator.building.opening import Listener
from annotator.building.rendering import info_text
from annotator.building.sites import NO_CONTIG, PAST_END
from annotator.building.vcf_source import VcfSource
from annotator.definitions import TrackDefinition
from annotator.manifest import Contig
from annotator.regions import RegionCollector


def add_spans(
    definition: TrackDefinition,
    regions: dict[str, RegionCollector],
    *,
    path: Path,
    by_name: Mapping[str, Contig],
    left_out: Counter[str],
    progress: Listener,
) -> None:
    """Add a region for each record; the base before a symbolic allele belongs to it only where nothing follows."""
    source = VcfSource(path, progress=progress)
    for record in source:
        contig = by_name.get(record.contig.decode("utf-8", "replace"))
        cells = source.cells(record, index=0)
        told = cells("END")
        end = int(told) if told.isdigit() else record.position + len(record.ref) - 1
        is_symbolic = record.alts[0].startswith(b"<")
        start = record.position + 1 if is_symbolic and end > record.position else record.position
        if contig is None:
            left_out[NO_CONTIG] += 1
        elif record.position < 1 or record.position > contig.length:
            left_out[PAST_END] += 1
        elif text := info_text(definition, cells):
            regions[contig.name].add(start=start, end=max(start, min(end, contig.length)), text=text)
