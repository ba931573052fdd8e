"""Blocks of record lines, and a small reference of three contigs to check and judge them with."""

from pathlib import Path

from annotator.checking import BlockChecker, CheckedBlock
from annotator.columns import Columns, find_columns
from annotator.contigs import ContigTable
from annotator.limits import DEFAULT_LIMITS, Limits
from annotator.manifest import Contig, Manifest
from annotator.reading import TextBlock
from annotator.sequence import ContigBases, Sequence

BASES = "ACGTACGTNNNNACGTTTGCATTTGCACCAGGTCAATGCNACGT"  # of contig 1
CONTIGS = (
    Contig(name="1", length=len(BASES), aliases=("chr1",)),
    Contig(name="2", length=2_000_000, aliases=("chr2",)),
    Contig(name="MT", length=100, aliases=("chrM",)),
)


def row(
    position: object,
    ref: str = "A",
    alt: str = "C",
    *samples: str,
    contig: str = "2",
    identifier: str = ".",
    quality: str = ".",
    filters: str = "PASS",
    info: str = ".",
) -> str:
    """This function will give a line without its end; `samples` are FORMAT and what follows."""
    return "\t".join((contig, str(position), identifier, ref, alt, quality, filters, info, *samples))


def text_of(*rows: str, end: str = "\n") -> bytes:
    return "".join(one + end for one in rows).encode()


def columns_of(*rows: str, end: str = "\n") -> Columns:
    found = find_columns(text_of(*rows, end=end), tab_count=rows[0].count("\t"))
    assert found is not None
    return found


def contig_table() -> ContigTable:
    return ContigTable(
        Manifest(
            name="small",
            version="1",
            build="GRCh38",
            engine="0",
            contigs=CONTIGS,
            mitochondrion="MT",
            sequence=None,
            models=None,
            model_contigs=(),
            tracks=(),
            sources=(),
            files={},
        )
    )


def checker(*, column_count: int = 8, limits: Limits = DEFAULT_LIMITS, keeps_bad_lines: bool = False) -> BlockChecker:
    return BlockChecker(
        column_count=column_count, contigs=contig_table(), limits=limits, keeps_bad_lines=keeps_bad_lines
    )


def block_of(*rows: str, first_line: int = 4, end: str = "\n") -> TextBlock:
    return TextBlock(number=0, first_line=first_line, text=text_of(*rows, end=end))


def checked(*rows: str, keeps_bad_lines: bool = False, end: str = "\n") -> CheckedBlock:
    """This function will check rows of which the first one tells how many columns there are."""
    one = checker(column_count=rows[0].count("\t") + 1, keeps_bad_lines=keeps_bad_lines)
    return one.check(block_of(*rows, end=end))


def sequence(folder: Path, bases: str = BASES, *, line_bases: int = 10) -> ContigBases:
    """This function will write the bases into a FASTA file of several lines, and open it."""
    path = folder / "one.fa"
    lines = [bases[start : start + line_bases] for start in range(0, len(bases), line_bases)]
    path.write_text(">1\n" + "\n".join(lines) + "\n")
    path.with_name("one.fa.fai").write_text(f"1\t{len(bases)}\t3\t{line_bases}\t{line_bases + 1}\n")
    return Sequence(path).contig("1")
