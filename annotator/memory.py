"""Memory of a long file that is that of a short one, without asking the system for it again and again.

The settings are those of glibc; other C libraries lack them, and nothing happens there.
"""

import ctypes
from typing import Any

import pyarrow as pa

from annotator.reading import BLOCK_BYTES

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # M_… in glibc's malloc.h
_LARGE_BYTES = 2 * BLOCK_BYTES
_KEPT_BYTES = 32 * 1024 * 1024


def settle_memory() -> None:
    """This function will have the largest arrays taken from the system one by one, and all others from one heap.

    Left to itself, glibc takes ever larger ones out of a heap, which fills with holes as places on the genome come and
    go, and gives its free end back after each block, to fetch it again page by page; and Arrow has an allocator of its
    own, which keeps what it had once.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    if (mallopt := _function("mallopt")) is not None:
        mallopt(ctypes.c_int(_MMAP_THRESHOLD), ctypes.c_int(_LARGE_BYTES))
        mallopt(ctypes.c_int(_TRIM_THRESHOLD), ctypes.c_int(_KEPT_BYTES))


def give_back_memory() -> None:
    """This function will give the holes of the heap back to the system: a millisecond or two."""
    if (malloc_trim := _function("malloc_trim")) is not None:
        malloc_trim(ctypes.c_size_t(0))


def _function(name: str) -> Any:
    return getattr(ctypes.CDLL(None), name, None)
