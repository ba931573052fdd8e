"""MANE's summary file: which transcripts Ensembl and RefSeq agreed on, by their identifiers in both."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from annotator.building.opening import open_source
from annotator.errors import InvalidReferenceError

SELECT = "MANE Select"
PLUS_CLINICAL = "MANE Plus Clinical"

_STATUS = "MANE_status"
_COLUMNS = ("Ensembl_nuc", "RefSeq_nuc", _STATUS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mane:
    """The same transcript's identifier in the other database, by its own, both with versions."""

    select: Mapping[str, str]
    plus_clinical: Mapping[str, str]


NO_MANE = Mane(select={}, plus_clinical={})


def read_mane(path: Path) -> Mane:
    """Read `MANE.GRCh38.v*.summary.txt[.gz]`; raises InvalidReferenceError when it is something else."""
    found: dict[str, dict[str, str]] = {SELECT: {}, PLUS_CLINICAL: {}}
    with open_source(path) as stream:
        names = stream.readline().decode(errors="replace").rstrip("\r\n").lstrip("#").split("\t")
        if missing := [name for name in _COLUMNS if name not in names]:
            raise InvalidReferenceError(f"{path} is not a MANE summary: its first line names no {missing[0]}.")
        ensembl, refseq, status = (names.index(name) for name in _COLUMNS)
        for number, line in enumerate(stream, start=2):
            cells = line.decode(errors="replace").rstrip("\r\n").split("\t")
            if len(cells) != len(names):
                raise InvalidReferenceError(f"{path}, line {number}: {len(cells)} columns instead of {len(names)}.")
            of_status = found.get(cells[status])
            if of_status is None:
                raise InvalidReferenceError(f"{path}, line {number}: {cells[status]!r} is no MANE status.")
            of_status[cells[ensembl]] = cells[refseq]
            of_status[cells[refseq]] = cells[ensembl]
    return Mane(select=found[SELECT], plus_clinical=found[PLUS_CLINICAL])
