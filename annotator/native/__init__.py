"""The innermost loops of writing, compiled from C where a compiler is at hand: `python -m annotator.native`.

Everything works without them, with the same bytes, only slower.
"""

import ctypes
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

SOURCES = tuple(sorted(Path(__file__).parent.glob("*.[ch]")))
LIBRARY = Path(__file__).with_name("loops.so")

Pointer = ctypes.c_void_p | ctypes.Array[ctypes.c_char]
_Begin = ctypes.c_char * 0  # goes to C as the address of its first byte


def load() -> ctypes.CDLL | None:
    """The compiled loops; None where they are not there, or older than their sources."""
    try:
        if LIBRARY.stat().st_mtime < max(source.stat().st_mtime for source in SOURCES):
            return None
        return ctypes.CDLL(str(LIBRARY))
    except OSError:
        return None


def pointers(*arrays: NDArray[Any]) -> list[Pointer]:
    """Where the bytes of arrays begin; they must be kept until the call is over."""
    return [pointer(array) for array in arrays]


def pointer(array: NDArray[Any]) -> Pointer:
    """Where an array's bytes begin; it must be kept until the call is over."""
    if array.flags.writeable:
        # The quickest way, but not for what can only be read. That arrays are buffers, the stubs know from 3.12 on.
        return _Begin.from_buffer(array)  # type: ignore[arg-type]
    return ctypes.c_void_p(_address(array))


def table(*arrays: NDArray[Any]) -> ctypes.Array[ctypes.c_void_p]:
    """A list of where the bytes of arrays begin; they must be kept until the call is over."""
    return (ctypes.c_void_p * len(arrays))(*map(_address, arrays))


def _address(array: NDArray[Any]) -> int:
    assert array.flags.c_contiguous
    found: int = array.ctypes.data
    return found
