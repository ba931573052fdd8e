"""The records of a VCF that is a source: as much of each line as tracks ask for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from annotator.building.opening import Listener, open_source
from annotator.errors import InvalidReferenceError

_INFO_LINE = re.compile(
    r'##INFO=<ID=(?P<id>[^,>]+),Number=(?P<number>[^,>]+),Type=(?P<type>\w+),Description="(?P<text>(?:[^"\\]|\\.)*)"'
)
_RS_NUMBER = re.compile(rb"\brs([1-9][0-9]*)\b")
_RS_KEY = re.compile(rb"(?:^|;)RS=([1-9][0-9]*)\b")
_MAX_RS_NUMBER = 2**32 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class InfoKey:
    """An INFO field that a source declares."""

    id: str
    number: str
    type: str
    description: str


@dataclass(slots=True)
class SourceRecord:
    """One record; `position` is 1-based, bases are upper case. Not frozen: that would cost a tenth of the reading."""

    line: int
    contig: bytes
    position: int
    identifier: bytes
    ref: bytes
    alts: list[bytes]
    filter: bytes
    info: bytes

    @property
    def dbsnp(self) -> bytes:
        """`rs…` after the ID or else the INFO field RS; empty when neither tells it."""
        found = _RS_NUMBER.search(self.identifier) or _RS_KEY.search(self.info)
        return b"rs" + found[1] if found and int(found[1]) <= _MAX_RS_NUMBER else b""


class VcfSource:
    """A VCF file: its records, and how it declares the number of an INFO field's values."""

    def __init__(self, path: Path, *, progress: Listener) -> None:
        self.path = path
        self.numbers: dict[str, str] = {}
        self._progress = progress

    def __iter__(self) -> Iterator[SourceRecord]:
        with open_source(self.path, progress=self._progress) as stream:
            for number, line in enumerate(stream, start=1):
                if line[:1] == b"#":
                    if (key := info_key(line)) is not None:
                        self.numbers[key.id] = key.number
                    continue
                columns = line.rstrip(b"\r\n").split(b"\t", 8)
                if len(columns) < 8 or not columns[1].isdigit():
                    raise InvalidReferenceError(f"{self.path}, line {number}, is not a record of a VCF file.")
                contig, position, identifier, ref, alts, _, filters, info = columns[:8]
                yield SourceRecord(
                    number, contig, int(position), identifier, ref.upper(), alts.upper().split(b","), filters, info
                )

    def cells(self, record: SourceRecord, *, index: int) -> "VcfCells":
        """The cells of one ALT allele, by its index."""
        return VcfCells(record, numbers=self.numbers, index=index)


class VcfCells:
    """Gives `ID`, `REF`, `ALT`, `FILTER`, `dbsnp` or the value of an INFO key that belongs to one allele."""

    def __init__(self, record: SourceRecord, *, numbers: dict[str, str], index: int) -> None:
        self._record = record
        self._info = b";" + record.info
        self._numbers = numbers
        self._index = index

    def __call__(self, name: str) -> str:
        record = self._record
        match name:
            case "ID":
                return record.identifier.decode("utf-8", "replace")
            case "REF":
                return record.ref.decode("ascii", "replace")
            case "ALT":
                return record.alts[self._index].decode("ascii", "replace")
            case "FILTER":
                return record.filter.decode("utf-8", "replace")
            case "dbsnp":
                return record.dbsnp.decode("ascii")
        return self._value(name)

    def _value(self, name: str) -> str:
        key = b";" + name.encode() + b"="
        start = self._info.find(key)
        if start < 0:
            return "yes" if self._numbers.get(name) == "0" and name.encode() in self._record.info.split(b";") else ""
        end = self._info.find(b";", start + 1)
        text = self._info[start + len(key) : end if end >= 0 else None].decode("utf-8", "replace")
        offset = {"A": self._index, "R": self._index + 1}.get(self._numbers.get(name, ""))
        if offset is None:
            return text
        values = text.split(",")
        return values[offset] if offset < len(values) else ""


def info_key(line: bytes) -> InfoKey | None:
    """What a header line declares; None when it is not of an INFO field."""
    found = _INFO_LINE.match(line.decode("utf-8", "replace"))
    if found is None:
        return None
    return InfoKey(id=found["id"], number=found["number"], type=found["type"], description=found["text"])
