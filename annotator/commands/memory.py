"""Memory that goes back to the system as soon as it is not needed: a long file takes no more than a short one."""

import ctypes

import pyarrow as pa

_MMAP_THRESHOLD = -3  # M_MMAP_THRESHOLD in glibc's malloc.h
_LARGE_BYTES = 512 * 1024


def return_large_memory() -> None:
    """This function will have large arrays taken from the system one by one, and Arrow's from where all others come.

    After the first large array glibc takes them out of a heap, which fills with holes as places on the genome come and
    go; and Arrow has an allocator of its own, which keeps what it had once. Other C libraries lack the setting.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(ctypes.c_int(_MMAP_THRESHOLD), ctypes.c_int(_LARGE_BYTES))
