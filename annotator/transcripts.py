"""Transcript models as intervals: which transcripts an allele touches, and where in them.

Read from GFF3 in Ensembl's dialect (`ID=transcript:…`, `Parent=gene:…`, `biotype=…`). All coordinates are 1-based
and include both ends.
"""

import gzip
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from annotator.errors import InvalidReferenceError

_BIN_SHIFT = 14


@dataclass(slots=True, kw_only=True)
class Transcript:
    """One transcript; `exons` and `coding` are in genomic order."""

    id: str
    contig: str
    start: int
    end: int
    strand: int  # 1 or -1
    biotype: str
    gene_id: str
    symbol: str
    is_canonical: bool
    exons: list[tuple[int, int]] = field(default_factory=list)
    coding: list[tuple[int, int]] = field(default_factory=list)

    def exonic_offset(self, position: int) -> int | None:
        """1-based position in the spliced transcript (cDNA); None outside the exons."""
        return _offset(self.exons, position, strand=self.strand)

    def coding_offset(self, position: int) -> int | None:
        """1-based position in the coding sequence; None outside it."""
        return _offset(self.coding, position, strand=self.strand)

    def in_incomplete_codon(self, position: int) -> bool:
        """Whether a base belongs to a last codon that lacks bases, as in transcripts whose stop is polyadenylated."""
        offset = self.coding_offset(position)
        length = sum(end - start + 1 for start, end in self.coding)
        return offset is not None and offset > length - length % 3

    def touches_exon(self, start: int, end: int) -> bool:
        return any(first <= end and last >= start for first, last in self.exons)


class TranscriptModels:
    """All transcripts of a GFF3 file, found by contig and interval."""

    def __init__(self, path: Path | None) -> None:
        self.by_id: dict[str, Transcript] = {}
        self._bins: dict[tuple[str, int], list[Transcript]] = defaultdict(list)
        if path is not None:
            self._read(path)

    def overlapping(self, contig: str, *, start: int, end: int) -> list[Transcript]:
        """Transcripts that share a base with [start, end], ordered by start, end and identifier."""
        found = {
            transcript.id: transcript
            for number in range(start >> _BIN_SHIFT, (end >> _BIN_SHIFT) + 1)
            for transcript in self._bins.get((contig, number), ())
            if transcript.start <= end and transcript.end >= start
        }
        return sorted(found.values(), key=lambda one: (one.start, one.end, one.id))

    def _read(self, path: Path) -> None:
        genes: dict[str, dict[str, str]] = {}
        parts: list[tuple[str, str, int, int]] = []
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8") as stream:
            for line in stream:
                if line.startswith("#"):
                    continue
                columns = line.rstrip("\n").split("\t")
                if len(columns) != 9:
                    raise InvalidReferenceError(f"{path} is not GFF3: {line[:80]!r}")
                attributes = dict(item.partition("=")[::2] for item in columns[8].split(";"))
                identifier = attributes.get("ID", "")
                parent = attributes.get("Parent", "")
                if identifier.startswith("gene:"):
                    genes[identifier] = attributes
                elif identifier.startswith("transcript:"):
                    self._add(columns, attributes, gene=genes.get(parent, {}))
                elif columns[2] in ("exon", "CDS"):
                    start, end = int(columns[3]), int(columns[4])
                    parts += [(owner, columns[2], start, end) for owner in parent.split(",")]
        self._add_parts(parts)

    def _add(self, columns: list[str], attributes: dict[str, str], *, gene: dict[str, str]) -> None:
        transcript = Transcript(
            id=attributes["ID"].removeprefix("transcript:"),
            contig=columns[0],
            start=int(columns[3]),
            end=int(columns[4]),
            strand=-1 if columns[6] == "-" else 1,
            biotype=attributes.get("biotype", ""),
            gene_id=attributes.get("Parent", "").removeprefix("gene:"),
            symbol=gene.get("Name", ""),
            is_canonical="Ensembl_canonical" in attributes.get("tag", "").split(","),
        )
        self.by_id[transcript.id] = transcript
        for number in range(transcript.start >> _BIN_SHIFT, (transcript.end >> _BIN_SHIFT) + 1):
            self._bins[transcript.contig, number].append(transcript)

    def _add_parts(self, parts: list[tuple[str, str, int, int]]) -> None:
        for parent, kind, start, end in sorted(parts):
            transcript = self.by_id.get(parent.removeprefix("transcript:"))
            if transcript is not None:
                (transcript.exons if kind == "exon" else transcript.coding).append((start, end))


def _offset(blocks: list[tuple[int, int]], position: int, *, strand: int) -> int | None:
    before = 0
    for start, end in blocks if strand > 0 else reversed(blocks):
        if start <= position <= end:
            return before + (position - start if strand > 0 else end - position) + 1
        before += end - start + 1
    return None
