"""Memory of a long file that is that of a short one, without asking the system for it again and again."""

import ctypes

import pyarrow as pa

from annotator.reading import BLOCK_BYTES

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # M_… in glibc's malloc.h
_LARGE_BYTES = 2 * BLOCK_BYTES
_KEPT_BYTES = 32 * 1024 * 1024


def settle_memory() -> None:
    """This function will have the largest arrays taken from the system one by one, and all others from one heap.

    Left to itself, glibc takes ever larger ones out of a heap, which fills with holes as places on the genome come and
    go, and gives its free end back after each block, to fetch it again page by page; and Arrow has an allocator of its
    own, which keeps what it had once. Other C libraries lack the setting.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(ctypes.c_int(_MMAP_THRESHOLD), ctypes.c_int(_LARGE_BYTES))
        mallopt(ctypes.c_int(_TRIM_THRESHOLD), ctypes.c_int(_KEPT_BYTES))
