"""Columns of strings from pieces of a text, without an object for each of them."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from annotator.coded import decoded
from annotator.columns import gather

_ASCII_END = 128


def strings(text: NDArray[np.uint8], begins: NDArray[np.int64], ends: NDArray[np.int64]) -> pa.StringArray:
    """Pieces of a text; empty ones are none, and what is no UTF-8 becomes the replacement character."""
    lengths = ends - begins
    pieces = gather(text, begins, lengths)
    offsets = np.zeros(len(lengths) + 1, dtype=np.int32)
    np.cumsum(lengths, out=offsets[1:])
    if pieces.max(initial=0) < _ASCII_END:
        validity = np.packbits(lengths > 0, bitorder="little")
        return pa.StringArray.from_buffers(len(lengths), *map(pa.py_buffer, (offsets, pieces, validity)))
    whole = pieces.tobytes()
    found = [decoded(whole[begin:end]) or None for begin, end in pairwise(offsets.tolist())]
    return pa.array(found, pa.string())
