"""How far records reach, for the index: REF, INFO/END and INFO/SVLEN, whichever goes furthest."""

import re

import numpy as np
from numpy.typing import NDArray

from annotator.checking import Run
from annotator.columns import INFO, Columns

_REACH = re.compile(rb"(?:^|;)(END|SVLEN)=([^;]*)")
_NUMBER = re.compile(rb"[0-9]{1,10}")


def reaches(columns: Columns, run: Run, *, begins: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """The exclusive, 0-based end of each record of a run; `begins` and `ends` are those of POS and REF."""
    if not (columns.has_key(b"END") or columns.has_key(b"SVLEN")):
        return ends
    furthest = ends.copy()
    info_begins, info_ends = columns.span(INFO)
    spans = zip(info_begins[run.begin : run.end].tolist(), info_ends[run.begin : run.end].tolist(), strict=True)
    for record, (begin, end) in enumerate(spans):
        for key, value in _REACH.findall(columns.text[begin:end]):
            numbers = [int(number) for number in _NUMBER.findall(value)]
            start = 0 if key == b"END" else int(begins[record]) + 1
            furthest[record] = max([int(furthest[record]), *(start + number for number in numbers)])
    return furthest


def span_of(info: bytes, allele: int) -> tuple[int | None, int | None]:
    """INFO/END, and INFO/SVLEN of an ALT allele (its number from 0), of one record; None where it is not told."""
    found = dict(_REACH.findall(info))
    end = _NUMBER.search(found.get(b"END", b""))
    lengths = found.get(b"SVLEN", b"").split(b",")
    length = _NUMBER.search(lengths[min(allele, len(lengths) - 1)])
    return int(end[0]) if end else None, int(length[0]) if length else None
