"""Calls, gene models and bases for machines without the shared data: invented, but shaped like real ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bases = NDArray[np.uint8]

_CALLS = 65_000
_SNV_SHARE = 0.86
_GENES = 800
_TRANSCRIPTS = (1, 6)  # of a gene
_EXONS = (1, 12)
_EXON_BASES, _INTRON_BASES = (60, 300), (200, 6_000)
_LETTERS = np.frombuffer(b"ACGT", dtype=np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One record without its contig; `about` is QUAL to FORMAT."""

    position: int
    ref: str
    alt: str
    about: str
    sample: str


def random_bases(length: int, chance: np.random.Generator) -> Bases:
    """Give so many bases, all as likely."""
    return _LETTERS[chance.integers(0, 4, length)].copy()


def invented_calls(bases: Bases, chance: np.random.Generator) -> list[Call]:
    """Give the calls of one sample on these bases, in order: single bases, and short insertions and deletions."""
    starts = np.sort(chance.choice(np.arange(10_000, len(bases) - 10_000, 40), _CALLS, replace=False))
    calls = []
    for number, start in enumerate(starts.tolist()):
        is_snv = chance.random() < _SNV_SHARE
        size = int(chance.integers(1, 9))
        ref = bases[start : start + (1 if is_snv or number % 2 else 1 + size)].tobytes().decode()
        inserted = ref + random_bases(size, chance).tobytes().decode()
        other = "ACGT"["ACGT".index(ref[0]) - 1 - number % 3]
        alt = other if is_snv else inserted if number % 2 else ref[0]
        about = f"{50 + number % 50}\tPASS\tDP={number % 60};MQ=60.00;QD={number % 40}.1\tGT"
        sample = ("0/1", "0/1", "1/1")[number % 3]
        calls.append(Call(position=start + 1, ref=ref, alt=alt, about=about, sample=sample))
    return calls


def invented_models(length: int, chance: np.random.Generator) -> list[str]:
    """Give rows of GFF3 in Ensembl's dialect, of genes that are spread over a contig."""
    rows: list[str] = []
    for number, start in enumerate(np.sort(chance.integers(20_000, length - 200_000, _GENES)).tolist()):
        strand = "+-"[number % 2]
        is_coding = number % 3 > 0
        transcripts = [_exons(start, chance) for _ in range(int(chance.integers(*_TRANSCRIPTS)))]
        end = max(exons[-1][1] for exons in transcripts)
        gene = f"ENSG{number:08}"
        biotype = "protein_coding" if is_coding else "lincRNA"
        about = f"ID=gene:{gene};Name=GENE{number};biotype={biotype};gene_id={gene};version=1"
        rows.append(_row("gene", start, end, strand, about))
        for index, exons in enumerate(transcripts):
            rows += _transcript(f"ENST{number:06}{index:02}", gene, exons, strand, biotype)
    return rows


def _exons(start: int, chance: np.random.Generator) -> list[tuple[int, int]]:
    exons = []
    for _ in range(int(chance.integers(*_EXONS))):
        end = start + int(chance.integers(*_EXON_BASES))
        exons.append((start, end))
        start = end + int(chance.integers(*_INTRON_BASES))
    return exons


def _transcript(name: str, gene: str, exons: Sequence[tuple[int, int]], strand: str, biotype: str) -> list[str]:
    parent = f"transcript:{name}"
    about = f"ID={parent};Parent=gene:{gene};biotype={biotype};transcript_id={name};version=1"
    rows = [_row("mRNA", exons[0][0], exons[-1][1], strand, about)]
    rows += [_row("exon", start, end, strand, f"Parent={parent}") for start, end in exons]
    if biotype != "protein_coding":
        return rows
    phase = 0
    protein = name.replace("ENST", "ENSP")
    for start, end in exons if strand == "+" else exons[::-1]:
        about = f"ID=CDS:{protein};Parent={parent};protein_id={protein};version=1"
        rows.append(_row("CDS", start, end, strand, about, phase=str(phase)))
        phase = (phase - (end - start + 1)) % 3
    return rows


def _row(kind: str, start: int, end: int, strand: str, about: str, *, phase: str = ".") -> str:
    return f"21\tinvented\t{kind}\t{start}\t{end}\t.\t{strand}\t{phase}\t{about}\n"
