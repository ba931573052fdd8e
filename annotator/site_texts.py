"""What is known of sites, written as identifiers and INFO texts, many at once."""

import ctypes
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.native import load, pointer
from annotator.spans import Spans, spans_of

_LIBRARY = load()
_NAME_BYTES = 16  # more than `=rs4294967295;`


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteValues:
    """What is known of sites, one entry each: dbSNP identifiers (`rs…`), and INFO texts; either may be empty."""

    identifiers: Spans
    texts: Spans


def named(numbers: NDArray[np.uint32] | None, texts: Spans, *, field: bytes) -> SiteValues:
    """Write dbSNP numbers (0: none) as identifiers, and before the texts as values of `field`, unless that is empty."""
    count = len(texts)
    room = int((texts.ends - texts.begins).sum()) + count * (len(field) + _NAME_BYTES) + 1
    if _LIBRARY is None:
        return _named(numbers, texts, field=field)
    out = np.empty(room, dtype=np.uint8)
    begins, ends, id_begins, id_ends = (np.empty(count, dtype=np.int64) for _ in range(4))
    _LIBRARY.write_sites(
        ctypes.c_int64(count),
        None if numbers is None else pointer(numbers),
        *(pointer(array) for array in (texts.text, texts.begins, texts.ends)),
        ctypes.c_char_p(field),
        ctypes.c_int64(len(field)),
        *(pointer(array) for array in (out, begins, ends, id_begins, id_ends)),
    )
    out = out[: max(ends.max(initial=0), id_ends.max(initial=0))]
    return SiteValues(
        identifiers=Spans(text=out, begins=id_begins, ends=id_ends), texts=Spans(text=out, begins=begins, ends=ends)
    )


def _named(numbers: NDArray[np.uint32] | None, texts: Spans, *, field: bytes) -> SiteValues:
    rows = [0] * len(texts) if numbers is None else numbers.tolist()
    identifiers = [b"rs%d" % number if number else b"" for number in rows]
    values = texts.list()
    if field:
        values = [
            b";".join(filter(None, (identifier and field + b"=" + identifier, value)))
            for identifier, value in zip(identifiers, values, strict=True)
        ]
    return SiteValues(identifiers=spans_of(identifiers), texts=spans_of(values))
