"""A reference of a few small genes, to annotate whole files with.

Contig `c1` holds the gene of `effects.handmade` three times, 400 bases apart: forward, reverse, and forward again.
`Genes.change` places a change of the forward gene on it.
"""

from dataclasses import dataclass
from pathlib import Path

from annotator.building.build import Plan, build_reference
from annotator.effects.genetic_code import reverse_complement
from tests.annotator.effects.handmade import FORWARD, GENE

_APART = 400
_SPACER = "AC" * ((_APART - len(GENE)) // 2)
_STRANDS = (1, -1, 1)
_PERIOD = len(GENE) + len(_SPACER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Genes:
    """The reference's folder, and its bases."""

    folder: Path
    bases: str

    def change(self, position: int, ref: str, alts: str, *, gene: int = 0) -> tuple[int, str, str]:
        """This function will give POS, REF and ALT of a change of the forward gene; the bases are checked."""
        if _STRANDS[gene] < 0:
            assert len(ref) == len(alts)
            position = len(GENE) + 1 - (position + len(ref) - 1)
            ref, alts = reverse_complement(ref), reverse_complement(alts)
        position += gene * _PERIOD
        assert self.bases[position - 1 :].startswith(ref)
        return position, ref, alts


def build_genes(folder: Path) -> Genes:
    """This function will build the reference inside a folder."""
    pieces, rows = [], ["##gff-version 3"]
    for number, strand in enumerate(_STRANDS):
        shift = number * _PERIOD
        pieces += [GENE if strand > 0 else reverse_complement(GENE), _SPACER]
        rows += _rows(number, strand, shift)
    bases = "".join(pieces)
    fasta, gff3 = folder / "genes.fa", folder / "genes.gff3"
    fasta.write_text(f">c1\n{bases}\n")
    gff3.write_text("\n".join(rows) + "\n")
    plan = Plan(name="Genes", version="1", build="GRCh38", fasta=(fasta,), gff3=(gff3,), output=folder / "reference")
    build_reference(plan)
    return Genes(folder=plan.output, bases=bases)


def _rows(number: int, strand: int, shift: int) -> list[str]:
    gene, transcript, sign = f"ENSG{number}", f"ENST{number}", "+" if strand > 0 else "-"

    def row(kind: str, first: int, last: int, attributes: str, phase: str = ".") -> str:
        if strand < 0:
            first, last = len(GENE) + 1 - last, len(GENE) + 1 - first
        return "\t".join(("c1", "test", kind, str(first + shift), str(last + shift), ".", sign, phase, attributes))

    one = FORWARD
    rows = [
        row("gene", one.start, one.end, f"ID=gene:{gene};Name=G{number};biotype=protein_coding;gene_id={gene}"),
        row(
            "mRNA",
            one.start,
            one.end,
            f"ID=transcript:{transcript};Parent=gene:{gene};biotype=protein_coding;"
            f"transcript_id={transcript};version=1",
        ),
    ]
    rows += [row("exon", first, last, f"Parent=transcript:{transcript}") for first, last in one.exons]
    for (first, last), phase in zip(one.coding, ("0", "2"), strict=True):
        rows.append(
            row("CDS", first, last, f"ID=CDS:P{number};Parent=transcript:{transcript};protein_id=P{number}", phase)
        )
    return rows
