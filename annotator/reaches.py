"""How far records reach, for the index: REF, INFO/END and INFO/SVLEN, whichever goes furthest."""

import re

import numpy as np
from numpy.typing import NDArray

from annotator.checking import Run
from annotator.columns import INFO, Columns

_REACH = re.compile(rb"(?:^|;)(END|SVLEN)=([^;]*)")
_NUMBER = re.compile(rb"[0-9]{1,9}")


def reaches(columns: Columns, run: Run, *, begins: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """The exclusive, 0-based end of each record of a run; `begins` and `ends` are those of POS and REF."""
    if b"END=" not in columns.text and b"SVLEN=" not in columns.text:
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
