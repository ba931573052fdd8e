"""Which copy of a chromosome an allele lies on, as GT and PS tell it."""

from dataclasses import dataclass

from annotator.columns import Columns
from annotator.genotypes import alleles_of

EVERYWHERE = b""  # the phase set of what lies on all copies alike, and so needs none
_FORMAT = 8
_WHOLE_CONTIG = b"."  # phased, without a phase set: all such genotypes of a contig belong together
_MEMO_ENTRIES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An allele on one copy: samples count from 0, alleles as GT does (0 is REF), copies from 1 in the order of GT."""

    sample: int
    allele: int
    copy: int
    phase_set: bytes


class Phasing:
    """Reads the genotypes of records; remembers what genotypes say."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[bool, tuple[tuple[int, int], ...]]] = {}

    def placed(self, columns: Columns, record: int) -> list[Placed]:
        """Where the ALT alleles of a record lie in all samples, as far as that is known.

        Unphased genotypes tell it only where all copies are alike.
        """
        fields = columns.line(record).split(b"\t")
        keys = fields[_FORMAT].split(b":") if len(fields) > _FORMAT + 1 else []
        if keys[:1] != [b"GT"]:
            return []
        set_at = keys.index(b"PS") if b"PS" in keys else 0
        found = []
        for sample, text in enumerate(fields[_FORMAT + 1 :]):
            genotype, _, _ = text.partition(b":")
            is_alike, copies = self._copies(genotype)
            if not copies:
                continue
            phase_set = EVERYWHERE if is_alike else _phase_set(text, set_at)
            found += [Placed(sample=sample, allele=allele, copy=copy, phase_set=phase_set) for copy, allele in copies]
        return found

    def _copies(self, genotype: bytes) -> tuple[bool, tuple[tuple[int, int], ...]]:
        """Whether all copies are alike, and the copies with an ALT allele that have a place."""
        known = self._known.get(genotype)
        if known is None:
            known = _read(genotype.decode("ascii", "replace"))
            if len(self._known) < _MEMO_ENTRIES:
                self._known[genotype] = known
        return known


def _read(genotype: str) -> tuple[bool, tuple[tuple[int, int], ...]]:
    alleles = alleles_of(genotype)
    numbers = [int(allele) if allele != "." else 0 for allele in alleles]
    is_alike = len(set(alleles)) == 1
    if not is_alike and "/" in genotype:
        return False, ()
    return is_alike, tuple((copy, number) for copy, number in enumerate(numbers, start=1) if number)


def _phase_set(text: bytes, at: int) -> bytes:
    values = text.split(b":")
    return (values[at] if 0 < at < len(values) else _WHOLE_CONTIG) or _WHOLE_CONTIG
