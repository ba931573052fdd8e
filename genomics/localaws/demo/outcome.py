"""Is the result of the demonstration right? It is judged from the downloaded files alone."""

import gzip
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_ID, _INFO = 2, 7  # columns that annotation may change
_MITOCHONDRION = "chrM"
_CSQ_FORMAT = re.compile(rb'##INFO=<ID=CSQ,.*Format: ([^">]+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The input, and what was downloaded for it."""

    source: bytes  # plain VCF
    vcf: bytes  # BGZF
    summary: Mapping[str, Any]
    ledger: Mapping[str, Any]
    expected: Mapping[str, Any]  # annotator/samples/expected.json

    @property
    def consequences(self) -> dict[str, int]:
        return dict(self.summary["variants_by_consequence"])

    def faults(self) -> list[str]:
        """This function will list what is wrong, in words; an empty list means that the result is right."""
        try:
            result = gzip.decompress(self.vcf)
        except (OSError, EOFError, zlib.error) as error:
            return [f"The result is not a complete gzip file: {error}"]
        return [*self._count_faults(), *self._record_faults(result), *self._mitochondrial_faults(result)]

    def _count_faults(self) -> Iterator[str]:
        read, accounted = self.ledger["records_read"], 0
        for fate in ("annotated", "passed", "rejected"):
            accounted += self.ledger[fate]
        records = sum(1 for _ in _records(self.source))
        if not read == accounted == records:
            yield f"The ledger does not add up: {records} records, {read} read, {accounted} accounted for."
        for name in ("records_read", "annotated", "passed", "rejected"):
            if self.ledger[name] != self.expected[name]:
                yield f"{name} is {self.ledger[name]} instead of {self.expected[name]}."
        if self.consequences != self.expected["consequences"]:
            yield f"The consequences are {self.consequences} instead of {self.expected['consequences']}."
        if self.summary["clinvar_hits"] != self.expected["clinvar_hits"]:
            yield f"ClinVar knows {self.summary['clinvar_hits']} instead of {self.expected['clinvar_hits']}."

    def _record_faults(self, result: bytes) -> Iterator[str]:
        before, after = list(_records(self.source)), list(_records(result))
        if len(before) != len(after):
            yield f"The result has {len(after)} records instead of {len(before)}."
        for number, (old, new) in enumerate(zip(before, after, strict=False), start=1):
            if _kept(old) != _kept(new):
                yield f"Record {number} changed outside ID and INFO."
            elif not _extends(old[_INFO], new[_INFO]):
                yield f"Record {number} lost some of its INFO."

    def _mitochondrial_faults(self, result: bytes) -> Iterator[str]:
        layout = _CSQ_FORMAT.search(result)
        columns = layout[1].decode().split("|") if layout else []
        found = {
            fields[1].decode(): [dict(zip(columns, csq.split("|"), strict=False)) for csq in _csq(fields[_INFO])]
            for fields in _records(result)
            if fields[0].decode() == _MITOCHONDRION
        }
        for position, wanted in self.expected["mitochondrial"].items():
            if not any(wanted.items() <= csq.items() for csq in found.get(position, [])):
                yield f"m.{position} has not the consequence {json.dumps(wanted)}."


def _records(vcf: bytes) -> Iterator[list[bytes]]:
    for line in vcf.splitlines():
        if line and not line.startswith(b"#"):
            yield line.split(b"\t")


def _kept(fields: list[bytes]) -> list[bytes]:
    return [field for column, field in enumerate(fields) if column not in {_ID, _INFO}]


def _extends(old: bytes, new: bytes) -> bool:
    return old in {b".", new} or new.startswith(old + b";")


def _csq(info: bytes) -> list[str]:
    entry = next((entry for entry in info.split(b";") if entry.startswith(b"CSQ=")), b"")
    return entry.removeprefix(b"CSQ=").decode().split(",") if entry else []
