"""Which name each INFO field of ours gets in this file: the lab's own fields keep theirs.

A name that the input's header declares already (for example CSQ from an earlier run of VEP) is left alone; ours then
takes the prefix `GC_` (or `GC2_`, `GC3_`, … when that is taken as well).
"""

import ctypes
import re
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from annotator.columns import INFO, Columns
from annotator.info import InfoField
from annotator.native import load, pointers

_LIBRARY = load()
_SEMICOLON = ord(";")


class FieldNames:
    """The names of our fields in one file."""

    def __init__(self, fields: Iterable[InfoField], *, taken: frozenset[str]) -> None:
        self.fields = tuple(fields)
        self.name_of = {field.id: _free_name(field.id, taken=taken) for field in self.fields}
        self.renamed = {own: name for own, name in self.name_of.items() if own != name}
        keys = "|".join(re.escape(name) for name in self.name_of.values())
        self._begins_own_key = np.zeros(1 << 16, dtype=np.bool_)
        for name in map(str.encode, self.name_of.values()):  # behind a single letter, any byte may stand
            self._begins_own_key[slice(name[0], None, 1 << 8) if len(name) == 1 else name[0] | name[1] << 8] = True
        self._own_key = re.compile(rf"(?:^|;)({keys})(?=[=;]|$)".encode())

    def header_lines(self) -> list[str]:
        """The `##INFO` lines of our fields, without line ends."""
        return [field.header_line(name=self.name_of[field.id]) for field in self.fields]

    def apply(self, text: bytes) -> bytes:
        """Give prepared INFO text (`KEY=a;KEY2=b`) the names of this file."""
        if not self.renamed or not text:
            return text
        return b";".join(self._rename(item) for item in text.split(b";"))

    def suspects(self, columns: Columns) -> list[int]:
        """The records in which something begins like a key of ours; seldom wrongly, and never misses one."""
        records = (self._likely if _LIBRARY is None else self._likely_natively)(columns)
        return [record for record in records.tolist() if self.clashing_keys(columns.field(record, INFO))]

    def _likely(self, columns: Columns) -> NDArray[np.int64]:
        """The records in which an entry of INFO begins with the first two letters of a key of ours."""
        codes = columns.codes
        begins = np.concatenate((columns.span(INFO)[0], np.flatnonzero(codes == _SEMICOLON) + 1))
        begins = begins[begins + 1 < len(codes)]
        found = begins[self._begins_own_key[codes[begins] | codes[begins + 1].astype(np.uint16) << 8]]
        return np.unique(np.searchsorted(columns.starts, found, side="right") - 1)

    def _likely_natively(self, columns: Columns) -> NDArray[np.int64]:
        assert _LIBRARY is not None
        begins, ends = map(np.ascontiguousarray, columns.span(INFO))
        found = np.empty(len(columns), dtype=np.bool_)
        _LIBRARY.find_entries(
            ctypes.c_int64(len(columns)), *pointers(columns.codes, begins, ends, self._begins_own_key, found)
        )
        return np.flatnonzero(found)

    def clashing_keys(self, info: bytes) -> set[bytes]:
        """Keys of ours that this record's INFO already holds although the header does not declare them."""
        return set(self._own_key.findall(info))

    def _rename(self, item: bytes) -> bytes:
        key, separator, value = item.partition(b"=")
        return self.name_of[key.decode()].encode() + separator + value


def without_keys(text: bytes, *, keys: set[bytes]) -> bytes:
    """Leave the entries with these keys out of an INFO text."""
    return b";".join(item for item in text.split(b";") if item.partition(b"=")[0] not in keys)


def _free_name(name: str, *, taken: frozenset[str]) -> str:
    if name not in taken:
        return name
    number = 1
    while True:
        candidate = f"GC{number if number > 1 else ''}_{name}"
        if candidate not in taken:
            return candidate
        number += 1
