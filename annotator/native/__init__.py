"""The innermost loops of writing, compiled from C where a compiler is at hand: `python -m annotator.native`.

Everything works without them, with the same bytes, only slower.
"""

import ctypes
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

SOURCES = tuple(sorted(Path(__file__).parent.glob("*.[ch]")))
LIBRARY = Path(__file__).with_name("loops.so")


def load() -> ctypes.CDLL | None:
    """The compiled loops; None where they are not there, or older than their sources."""
    try:
        if LIBRARY.stat().st_mtime < max(source.stat().st_mtime for source in SOURCES):
            return None
        return ctypes.CDLL(str(LIBRARY))
    except OSError:
        return None


def pointers(*arrays: NDArray[Any]) -> list[ctypes.c_void_p]:
    """Where the bytes of arrays begin; they must be kept until the call is over."""
    return [pointer(array) for array in arrays]


def pointer(array: NDArray[Any]) -> ctypes.c_void_p:
    """Where an array's bytes begin; it must be kept until the call is over."""
    assert array.flags.c_contiguous
    return ctypes.c_void_p(array.ctypes.data)
