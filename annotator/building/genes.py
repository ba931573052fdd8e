"""The genes of a reference, as its tracks see them: computed from the transcripts; and the tracks made of them."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from annotator.building.rendering import info_text
from annotator.definitions import GeneParts, TrackDefinition
from annotator.models.transcript import Interval, Transcript
from annotator.regions import RegionCollector

PROMOTER_BASES = 500

_RECEPTOR_BIOTYPES = ("IG_", "TR_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gene:
    """One gene on one contig; coordinates are 1-based and include both ends."""

    id: str  # without a version
    symbol: str  # empty: the gene has no name
    biotype: str
    contig: str
    start: int
    end: int
    strand: int  # 1 or -1
    exons: tuple[Interval, ...]  # of all its transcripts, ordered
    first_bases: tuple[int, ...]  # where its transcripts begin, in the direction of transcription

    @property
    def name(self) -> str:
        return self.symbol or self.id

    @property
    def is_receptor(self) -> bool:
        """Whether it is an immunoglobulin or T-cell receptor gene, or a pseudogene of one."""
        return self.biotype.startswith(_RECEPTOR_BIOTYPES)


def genes_of(transcripts: Iterable[Transcript]) -> list[Gene]:
    """Join transcripts to genes, ordered by contig, start, end and identifier."""
    by_gene: dict[tuple[str, str], list[Transcript]] = defaultdict(list)
    for transcript in transcripts:
        by_gene[transcript.contig, transcript.gene_id].append(transcript)
    genes = [_gene(members) for members in by_gene.values()]
    return sorted(genes, key=lambda gene: (gene.contig, gene.start, gene.end, gene.id))


def _gene(transcripts: list[Transcript]) -> Gene:
    one = transcripts[0]
    biotypes = sorted({transcript.biotype for transcript in transcripts})
    return Gene(
        id=one.gene_id,
        symbol=next((transcript.symbol for transcript in transcripts if transcript.symbol), ""),
        biotype=next((name for name in biotypes if name.startswith(_RECEPTOR_BIOTYPES)), biotypes[0]),
        contig=one.contig,
        start=min(transcript.start for transcript in transcripts),
        end=max(transcript.end for transcript in transcripts),
        strand=one.strand,
        exons=tuple(sorted({exon for transcript in transcripts for exon in transcript.exons})),
        first_bases=tuple(
            sorted({transcript.start if one.strand > 0 else transcript.end for transcript in transcripts})
        ),
    )


def add_gene_parts(
    definition: TrackDefinition,
    regions: dict[str, RegionCollector],
    *,
    genes: Iterable[Gene],
    islands: Mapping[str, RegionCollector],
) -> None:
    """Add the regions of a track that is made from gene models; `islands` are the CpG islands that promoters need."""
    layout = definition.layout
    assert isinstance(layout, GeneParts)
    find = {"gene": _locus, "exon": _exons, "receptor": _receptor, "promoter": _promoters}[layout.part]
    spans_of = {contig: collector.spans() for contig, collector in islands.items()}
    for gene in genes:
        cells = {"symbol": gene.symbol, "id": gene.id, "biotype": gene.biotype}
        text = info_text(definition, lambda name, cells=cells: cells.get(name, ""))  # type: ignore[misc]
        for start, end in find(gene, spans_of.get(gene.contig, [])) if text else ():
            regions[gene.contig].add(start=start, end=end, text=text)


def _locus(gene: Gene, _islands: list[Interval]) -> Iterable[Interval]:
    return [(gene.start, gene.end)]


def _exons(gene: Gene, _islands: list[Interval]) -> Iterable[Interval]:
    return gene.exons


def _receptor(gene: Gene, _islands: list[Interval]) -> Iterable[Interval]:
    return [(gene.start, gene.end)] if gene.is_receptor else []


def _promoters(gene: Gene, islands: list[Interval]) -> Iterable[Interval]:
    """The bases upstream of a transcript that lie in a CpG island; `islands` are ordered and apart."""
    for first_base in gene.first_bases:
        start = max(first_base - PROMOTER_BASES, 1) if gene.strand > 0 else first_base + 1
        end = first_base - 1 if gene.strand > 0 else first_base + PROMOTER_BASES
        index = bisect_left(islands, start, key=lambda island: island[1])
        while index < len(islands) and islands[index][0] <= end:
            yield max(start, islands[index][0]), min(end, islands[index][1])
            index += 1
