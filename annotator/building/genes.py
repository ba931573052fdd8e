"""The genes of a reference, as its tracks see them: computed from the transcripts."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from annotator.models.transcript import Interval, Transcript

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
