"""The HGVS names on the genome of the alleles of one run, put into the text of their records.

Nine of ten alleles change a single base, and all of them are named at once, as a table of characters. Of the others
most insert or delete a few bases; how far these move is also looked up at once.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from annotator.columns import UPPER
from annotator.effects.effect import Variant
from annotator.effects.genomic_names import Genome, genomic_name
from annotator.run_work import RunWork
from annotator.verdicts import Alleles

_POWERS = 10 ** np.arange(1, 11, dtype=np.int64)
_ZERO = ord("0")
_SHORT = 32  # bases; longer insertions and deletions are named one by one
_LOOKS = (8, 64)  # bases behind them: few move at all, and fewer far

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    """Names of some alleles, one after the other, each behind `lead`."""

    alleles: Integers  # their numbers
    text: bytes
    lengths: Integers
    bare_text: bytes  # without `lead`


def add_genomic_names(work: RunWork, alleles: Alleles, *, field: str) -> None:
    """Name the alleles whose REF is known to be right; nothing is said without such a field."""
    genome = work.place.genome
    if genome is None:
        work.rows.add_genomic_names(pa.nulls(len(alleles), pa.string()))
        return
    lead = f"{field}=".encode()
    parts = [*_single_bases(work, alleles, genome, lead), _others(work, alleles, genome, lead)]
    shared: dict[int, dict[int, bytes]] = {}  # names by record and allele, where a record may have several
    for part in parts:
        ends = np.cumsum(part.lengths)
        begins = ends - part.lengths
        is_alone = alleles.simple[part.alleles]
        alone = np.flatnonzero(is_alone)
        work.additions.names.put(
            alleles.records[part.alleles[alone]], text=part.text, begins=begins[alone], ends=ends[alone]
        )
        for row in np.flatnonzero(~is_alone).tolist():
            allele = part.alleles[row]
            name = part.text[begins[row] + len(lead) : ends[row]]
            shared.setdefault(int(alleles.records[allele]), {})[int(alleles.indexes[allele])] = name
    for record, by_index in shared.items():
        values = [by_index.get(index, b".") for index in range(work.alt_count(record))]
        work.additions.names.put_one(record, lead + b",".join(values))
    work.rows.add_genomic_names(_in_order(parts, count=len(alleles), lead=len(lead)))


def _single_bases(work: RunWork, alleles: Alleles, genome: Genome, lead: bytes) -> list[_Names]:
    """The names of single-base changes, those with as many digits together."""
    found = []
    head = np.frombuffer(lead + genome.head.encode(), dtype=np.uint8)
    codes = work.checked.columns.codes
    snvs = np.flatnonzero(alleles.verified & alleles.are_snvs)
    more_digits = np.searchsorted(_POWERS, alleles.positions[snvs], side="right")
    for more in np.unique(more_digits).tolist():
        which = snvs[more_digits == more]
        width = len(head) + more + 1 + len("A>C")
        table = np.empty((len(which), width), dtype=np.uint8)
        table[:, : len(head)] = head
        rest = alleles.positions[which].astype(np.uint32)
        for column in range(len(head) + more, len(head) - 1, -1):
            rest, digit = np.divmod(rest, np.uint32(10))
            table[:, column] = digit + _ZERO
        table[:, -3] = UPPER[codes[alleles.ref_begins[which]]]
        table[:, -2] = ord(">")
        table[:, -1] = UPPER[codes[alleles.alt_begins[which]]]
        found.append(
            _Names(
                alleles=which,
                text=table.tobytes(),
                lengths=np.full(len(which), width, dtype=np.int64),
                bare_text=table[:, len(lead) :].tobytes(),
            )
        )
    return found


def _others(work: RunWork, alleles: Alleles, genome: Genome, lead: bytes) -> _Names:
    which = np.flatnonzero(alleles.verified & ~alleles.are_snvs)
    known = _quick_names(work, alleles, which, genome.head)
    found = []
    for number, position in zip(which.tolist(), alleles.positions[which].tolist(), strict=True):
        name = known.get(number)
        if name is None:
            ref, alt = work.bases(alleles, number)
            name = genomic_name(Variant(position=position, ref=ref.decode(), alt=alt.decode()), genome)
        found.append(name.encode())
    lengths = np.fromiter(map(len, found), dtype=np.int64, count=len(found)) + len(lead)
    return _Names(
        alleles=which, text=b"".join(lead + name for name in found), lengths=lengths, bare_text=b"".join(found)
    )


def _quick_names(work: RunWork, alleles: Alleles, which: Integers, head: str) -> dict[int, str]:
    """The names, by allele, of short deletions and insertions that do not move far: what `genomic_name` says."""
    lengths = (alleles.ref_lengths + alleles.alt_lengths)[which]
    is_pure = np.minimum(alleles.ref_lengths, alleles.alt_lengths)[which] == 0
    indels = which[is_pure & (lengths <= _SHORT)]
    names: dict[int, str] = {}
    for looked in _LOOKS:
        if len(indels):
            slid = _Slid(work, alleles, indels, looked=looked)
            names |= slid.names(head)
            indels = indels[slid.goes_on]
    return names


class _Slid:
    """Deletions and insertions, moved to the 3' end among the `looked` bases behind them."""

    def __init__(self, work: RunWork, alleles: Alleles, indels: Integers, *, looked: int) -> None:
        assert work.place.sequence is not None
        self._sequence = work.place.sequence
        self._alleles = indels
        self._is_deletion = alleles.ref_lengths[indels] > 0
        begins = np.where(self._is_deletion, alleles.ref_begins[indels], alleles.alt_begins[indels])
        self._lengths = (alleles.ref_lengths + alleles.alt_lengths)[indels]
        codes = work.checked.columns.codes
        ahead = np.arange(looked)
        bases = UPPER[codes[begins[:, None] + ahead % self._lengths[:, None]]]
        differs = bases != self._bases(alleles.ends[indels][:, None] + 1 + ahead)
        self.goes_on = ~differs.any(axis=1)
        self._steps = np.argmax(differs, axis=1)
        self._positions = alleles.positions[indels] + self._steps
        # The word as it stands there, as many bases as the longest has.
        within = np.arange(self._lengths.max())
        self._words = UPPER[codes[begins[:, None] + (self._steps[:, None] + within) % self._lengths[:, None]]]
        before = self._positions[:, None] - self._lengths[:, None] + within
        is_behind = within >= self._lengths[:, None]
        self._is_double = ((self._words == self._bases(before)) | is_behind).all(axis=1)

    def names(self, head: str) -> dict[int, str]:
        """The names of those that do not go on beyond what was looked at."""
        found = {}
        length_of_contig = self._sequence.length
        columns = (self._alleles, self._positions, self._lengths, self._is_deletion, self._is_double, ~self.goes_on)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        for row, (allele, position, length, is_deletion, is_double, is_known) in enumerate(rows):
            if not is_known:
                continue
            if is_deletion or is_double:
                first = position if is_deletion else position - length
                place = f"{first}_{first + length - 1}" if length > 1 else str(first)
                found[allele] = f"{head}{place}{'del' if is_deletion else 'dup'}"
            elif 1 < position <= length_of_contig:  # else it stands before the first base, or behind the last
                word = self._words[row, :length].tobytes().decode()
                found[allele] = f"{head}{position - 1}_{position}ins{word}"
        return found

    def _bases(self, positions: Integers) -> NDArray[np.uint8]:
        """The bases at these positions, 1-based; 0 outside of the contig."""
        is_there = (positions >= 1) & (positions <= self._sequence.length)
        return np.where(is_there, self._sequence.at(np.where(is_there, positions - 1, 0)), 0).astype(np.uint8)


def _in_order(parts: list[_Names], *, count: int, lead: int) -> pa.StringArray:
    """The names as a column with a row for each of `count` alleles, empty where there is none."""
    numbers = np.concatenate([part.alleles for part in parts])
    offsets = np.zeros(len(numbers) + 1, dtype=np.int32)
    np.cumsum(np.concatenate([part.lengths for part in parts]) - lead, out=offsets[1:])
    text = b"".join(part.bare_text for part in parts)
    column = pa.StringArray.from_buffers(len(numbers), pa.py_buffer(offsets), pa.py_buffer(text))
    rows = np.full(count, -1, dtype=np.int64)
    rows[numbers] = np.arange(len(numbers))
    return column.take(pa.array(rows, mask=rows < 0))
