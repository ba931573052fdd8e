"""An invented genome: random bases with repeats, and genes of all the odd shapes that real ones have.

The same seed gives the same files. There are two contigs with genes (`7` and the mitochondrion) and one without (`8`);
tracks of regions and of sites lie on `7`.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from annotator.building.build import Plan, build_reference
from annotator.models.transcript import Interval

LENGTHS = {"7": 120_000, "8": 4_000, "MT": 5_000}
BIOTYPES = ("protein_coding", "protein_coding", "nonsense_mediated_decay", "lncRNA", "miRNA", "processed_pseudogene")
CODING_BIOTYPES = ("protein_coding", "nonsense_mediated_decay")
EXON_BASES = (1, 3, 5, 6, 7, 40, 90, 150, 300)
INTRON_BASES = (1, 2, 5, 12, 13, 14, 20, 33, 34, 35, 36, 70, 71, 400, 2_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invented:
    """A reference folder, and the bases of its contigs."""

    folder: Path
    bases: dict[str, str] = field(repr=False)


def invent(folder: Path, *, seed: int = 1) -> Invented:
    """This function will write sources into the folder and build a reference from them, inside it."""
    chance = random.Random(seed)
    bases = {name: _bases(length, chance) for name, length in LENGTHS.items()}
    fasta = folder / "invented.fa"
    fasta.write_text("".join(f">{name}\n{text}\n" for name, text in bases.items()))
    gff3 = folder / "invented.gff3"
    rows = [*_genes("7", LENGTHS["7"], chance), *_genes("MT", LENGTHS["MT"], chance)]
    gff3.write_text("##gff-version 3\n" + "".join(f"{row}\n" for row in rows))
    plan = Plan(
        name="Invented",
        version="1",
        build="GRCh38",
        fasta=(fasta,),
        gff3=(gff3,),
        vcf=(f"dbsnp={_sites(folder / 'dbsnp.vcf', bases['7'], chance)}", f"clinvar={folder / 'dbsnp.vcf'}"),
        bed=(f"spots={_spots(folder / 'spots.bed', chance)}",),
        output=folder / "reference",
    )
    build_reference(plan)
    return Invented(folder=plan.output, bases=bases)


def _bases(length: int, chance: random.Random) -> str:
    """This function will mix random bases with repeats of short words and a few N."""
    pieces: list[str] = []
    count = 0
    while count < length:
        word = "".join(chance.choices("ACGT", k=chance.randint(1, 6)))
        kind = chance.random()
        piece = word * chance.randint(2, 8) if kind < 0.05 else "N" * chance.randint(1, 9) if kind < 0.0502 else word
        pieces.append(piece)
        count += len(piece)
    return "".join(pieces)[:length]


def _genes(contig: str, length: int, chance: random.Random) -> Iterator[str]:
    start, number = 600 if contig != "MT" else 50, 0
    while start < length - 4_000:
        number += 1
        gene, strand = f"ENSG{contig}{number:04}", chance.choice("+-")
        transcripts = [_exons(start + chance.randint(0, 300), length, chance) for _ in range(chance.randint(1, 4))]
        end = max(exons[-1][1] for exons in transcripts)
        first = min(exons[0][0] for exons in transcripts)
        name = f"Name=G{number};" if chance.random() < 0.8 else ""
        yield _row(contig, "gene", first, end, strand, f"ID=gene:{gene};{name}biotype=protein_coding;gene_id={gene}")
        for index, exons in enumerate(transcripts):
            yield from _transcript(contig, f"{number:04}{index}", gene, exons, strand, chance)
        start = end + chance.choice((-200, 10, 900, 3_000, 11_000))


def _exons(start: int, length: int, chance: random.Random) -> list[Interval]:
    exons = []
    for _ in range(chance.randint(1, 7)):
        end = start + chance.choice(EXON_BASES) - 1
        if end > length - 300:
            break
        exons.append((start, end))
        start = end + 1 + chance.choice(INTRON_BASES)
    return exons or [(start, start + 20)]


def _transcript(
    contig: str, number: str, gene: str, exons: Sequence[Interval], strand: str, chance: random.Random
) -> Iterator[str]:
    biotype = chance.choice(BIOTYPES)
    tags = ["basic", *(["Ensembl_canonical"] if chance.random() < 0.3 else [])]
    about = f"biotype={biotype};tag={','.join(tags)};transcript_id=ENST{contig}{number};version=1"
    parent = f"transcript:ENST{contig}{number}"
    yield _row(contig, "mRNA", exons[0][0], exons[-1][1], strand, f"ID={parent};Parent=gene:{gene};{about}")
    for start, end in exons:
        yield _row(contig, "exon", start, end, strand, f"Parent={parent}")
    if biotype in CODING_BIOTYPES:
        coding = _coding(exons, chance)
        phase = chance.choice((0, 0, 0, 1, 2))
        for start, end in coding if strand == "+" else reversed(coding):
            about = f"ID=CDS:ENSP{number};Parent={parent};protein_id=ENSP{contig}{number};version=2"
            yield _row(contig, "CDS", start, end, strand, about, phase=str(phase))
            phase = (phase - (end - start + 1)) % 3


def _coding(exons: Sequence[Interval], chance: random.Random) -> list[Interval]:
    """This function will cut up to forty bases off each end, or nothing."""
    low = exons[0][0] + (chance.randint(0, 40) if chance.random() < 0.8 else 0)
    high = exons[-1][1] - (chance.randint(0, 40) if chance.random() < 0.8 else 0)
    cut = [(max(start, low), min(end, high)) for start, end in exons]
    return [(start, end) for start, end in cut if start <= end] or list(exons)


def _row(contig: str, kind: str, start: int, end: int, strand: str, about: str, *, phase: str = ".") -> str:
    return "\t".join((contig, "invented", kind, str(start), str(end), ".", strand, phase, about))


def _sites(path: Path, bases: str, chance: random.Random) -> Path:
    lines = ["##fileformat=VCFv4.2", '##INFO=<ID=CLNSIG,Number=.,Type=String,Description="">']
    lines.append("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO")
    for number, position in enumerate(sorted(chance.sample(range(1, len(bases)), 3_000)), start=1):
        ref = bases[position - 1 : position + chance.choice((0, 0, 0, 1, 4))]
        alt = chance.choice([base for base in "ACGT" if base != ref[0]] + [ref[0] + "TT"])
        if "N" not in ref:
            lines.append(f"7\t{position}\trs{number}\t{ref}\t{alt}\t.\t.\tCLNSIG=Pathogenic%2C_low")
    path.write_text("\n".join(lines) + "\n")
    return path


def _spots(path: Path, chance: random.Random) -> Path:
    starts = sorted(chance.sample(range(1, LENGTHS["7"] - 500), 200))
    path.write_text("".join(f"7\t{start}\t{start + chance.randint(1, 400)}\tspot {start}\n" for start in starts))
    return path
