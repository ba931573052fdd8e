"""Numbers for what repeats, in order of first use: in C where a compiler was at hand, else here, with the same ones."""

import ctypes
import os

import numpy as np
from numpy.typing import NDArray

from annotator.native import load, pointers

_LIBRARY = load()
_SEED = int.from_bytes(os.urandom(8))

Integers = NDArray[np.int64]
Codes = NDArray[np.int32]


def number_texts(text: NDArray[np.uint8], begins: Integers, ends: Integers) -> tuple[Codes, Integers]:
    """Number the pieces `text[begins[i]:ends[i]]`: the number of each, and the first piece of each number."""
    rows = len(begins)
    begins, ends = np.ascontiguousarray(begins, dtype=np.int64), np.ascontiguousarray(ends, dtype=np.int64)
    if _LIBRARY is None:
        whole, numbers, firsts = text.tobytes(), dict[bytes, int](), list[int]()
        codes = np.empty(rows, dtype=np.int32)
        for row, (begin, end) in enumerate(zip(begins.tolist(), ends.tolist(), strict=True)):
            codes[row] = number = numbers.setdefault(whole[begin:end], len(firsts))
            if number == len(firsts):
                firsts.append(row)
        return codes, np.array(firsts, dtype=np.int64)
    slots = 1 << (2 * rows + 1).bit_length()
    table, codes = np.full(slots, -1, dtype=np.int32), np.empty(rows, dtype=np.int32)
    places = np.empty(rows, dtype=np.int64)
    _LIBRARY.number_texts.restype = ctypes.c_int64
    count = _LIBRARY.number_texts(
        ctypes.c_int64(rows),
        *pointers(text, begins, ends),
        *(ctypes.c_uint64(_SEED), ctypes.c_int64(slots)),
        *pointers(table, places, codes),
    )
    return codes, places[:count]


def number_keys(keys: Integers) -> tuple[Codes, Integers]:
    """Number whole numbers: the number of each, and the different ones."""
    begins = np.arange(len(keys), dtype=np.int64) * keys.itemsize
    codes, firsts = number_texts(np.ascontiguousarray(keys).view(np.uint8), begins, begins + keys.itemsize)
    return codes, keys[firsts]


def renumber(codes: Codes, *, below: int) -> tuple[Codes, Integers]:
    """Number codes anew, of which all are less than `below`; negative ones become -1. Also the code of each number."""
    if _LIBRARY is None:
        order = np.array(list(dict.fromkeys(codes[codes >= 0].tolist())), dtype=np.int64)
        numbers = np.full(below + 1, -1, dtype=np.int32)
        numbers[order] = np.arange(len(order))
        return numbers[np.maximum(codes, -1)], order
    codes = np.ascontiguousarray(codes, dtype=np.int32)
    assert codes.max(initial=-1) < below
    numbers, order, found = np.full(below, -1, dtype=np.int32), np.empty(below, dtype=np.int64), np.empty_like(codes)
    _LIBRARY.renumber.restype = ctypes.c_int64
    count = _LIBRARY.renumber(ctypes.c_int64(len(codes)), *pointers(codes, numbers, order, found))
    return found, order[:count]
