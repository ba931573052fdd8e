"""The CSQ entries of an annotated VCF, by allele and transcript."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

Entry = dict[str, str]  # a value for each column of CSQ
Allele = tuple[str, str, str]  # POS, REF, ALT
Answers = dict[Allele, dict[str, Entry]]  # entries by transcript, its version left off


def read_answers(path: Path) -> Answers:
    """Read a VCF of one contig and one ALT allele a record; entries that name no transcript are left out."""
    names: list[str] = []
    found: Answers = {}
    with opened(path) as stream:
        for line in stream:
            if line.startswith("##INFO=<ID=CSQ"):
                names = line.split("Format: ")[1].rstrip('">\n').split("|")
            if line.startswith("#"):
                continue
            columns = line.rstrip("\n").split("\t")
            entries = (dict(zip(names, entry.split("|"), strict=True)) for entry in _csq(columns[7]))
            allele = columns[1], columns[3], columns[4]
            found[allele] = {one["Feature"].partition(".")[0]: one for one in entries if one["Feature"]}
    return found


def bare_lines(path: Path) -> Iterator[str]:
    """Give the lines of a VCF without what INFO says and without samples."""
    with opened(path) as stream:
        for line in stream:
            if line.startswith(("##fileformat", "##contig")):
                yield line
            elif line.startswith("#CHROM"):
                yield "\t".join(line.rstrip("\n").split("\t")[:8]) + "\n"
            elif not line.startswith("#"):
                yield "\t".join((*line.split("\t")[:7], ".")) + "\n"


def opened(path: Path) -> TextIO:
    """Open a text file, gzipped or not."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8")


def _csq(info: str) -> list[str]:
    value = next((item[4:] for item in info.split(";") if item.startswith("CSQ=")), "")
    return value.split(",") if value else []
