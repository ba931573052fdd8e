"""The HGVS names on the genome of the alleles of one run, put into the text of their records.

Nine of ten alleles change a single base, and all of them are named at once. Of the others most insert or delete some
bases, which is also worked out at once.
"""

import ctypes
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.alts import AltLists
from annotator.columns import MOST_DIGITS, UPPER
from annotator.effects.effect import Variant
from annotator.effects.genomic_names import Genome, genomic_name
from annotator.intron_names import Zoned, intron_names
from annotator.models.zones import ABOUT
from annotator.native import load, pointers
from annotator.normal_form import Changes
from annotator.run_work import RunWork
from annotator.spans import Spans
from annotator.texts import Pool, Texts
from annotator.verdicts import Alleles

_LIBRARY = load()
_POWERS = 10 ** np.arange(1, MOST_DIGITS + 1, dtype=np.int64)
_ZERO = ord("0")
_WHOLE_CONTIG = [{"number": 1, "sign": 1}.get(name, 0) for name in ABOUT]

Integers = NDArray[np.int64]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    """Names of some alleles, one after the other, each behind `lead`."""

    alleles: Integers  # their numbers
    text: Bytes
    lengths: Integers


def add_genomic_names(work: RunWork, alleles: Alleles, *, field: str) -> None:
    """Name the alleles whose REF is known to be right; nothing is said without such a field."""
    genome, lead = work.place.genome, f"{field}=".encode()
    parts = (
        [] if genome is None else [*_single_bases(work, alleles, genome, lead), _others(work, alleles, genome, lead)]
    )
    begins, ends = np.zeros((2, len(alleles)), dtype=np.int64)  # of the names without `lead`
    text = b"".join(part.text.data for part in parts)
    size = 0
    for part in parts:
        stops = size + np.cumsum(part.lengths)
        begins[part.alleles], ends[part.alleles] = stops - part.lengths + len(lead), stops
        size += len(part.text)
    is_named = ends > 0
    alone, others = np.flatnonzero(is_named & alleles.simple), np.flatnonzero(is_named & ~alleles.simple)
    if len(alone):
        work.additions.names.put(alleles.records[alone], text=text, begins=begins[alone] - len(lead), ends=ends[alone])
    if len(others):
        lists = AltLists(work.checked.columns, records=alleles.records[others], indexes=alleles.indexes[others])
        names = Texts.cut(np.frombuffer(text, dtype=np.uint8), begins[others], ends[others])
        work.additions.names.put_texts(lists.records, lists.of_all(names, lead=lead))
    work.rows.add_genomic_names(text, begins, ends)


def _single_bases(work: RunWork, alleles: Alleles, genome: Genome, lead: bytes) -> list[_Names]:
    """The names of single-base changes."""
    which = np.flatnonzero(alleles.verified & alleles.are_snvs)
    codes = work.checked.columns.codes
    refs, alts = (UPPER[codes[begins[which]]] for begins in (alleles.ref_begins, alleles.alt_begins))
    changes = (which, alleles.positions[which], refs, alts)
    head = lead + genome.head.encode()
    return _single_bases_by_digits(head, *changes) if _LIBRARY is None else [_single_bases_natively(head, *changes)]


def _single_bases_natively(head: bytes, which: Integers, positions: Integers, refs: Bytes, alts: Bytes) -> _Names:
    assert _LIBRARY is not None
    out = np.empty(len(which) * (len(head) + MOST_DIGITS + len("A>C")), dtype=np.uint8)
    lengths = np.empty(len(which), dtype=np.int64)
    _LIBRARY.name_single_bases(
        ctypes.c_int64(len(which)),
        *(ctypes.c_char_p(head), ctypes.c_int64(len(head))),
        *pointers(positions, refs, alts, out, lengths),
    )
    return _Names(alleles=which, text=out[: lengths.sum()], lengths=lengths)


def _single_bases_by_digits(
    head: bytes, which: Integers, positions: Integers, refs: Bytes, alts: Bytes
) -> list[_Names]:
    """Those whose positions have as many digits are written together, as a table of characters."""
    found = []
    more_digits = np.searchsorted(_POWERS, positions, side="right")
    for more in np.unique(more_digits).tolist():
        rows = np.flatnonzero(more_digits == more)
        width = len(head) + more + 1 + len("A>C")
        table = np.empty((len(rows), width), dtype=np.uint8)
        table[:, : len(head)] = np.frombuffer(head, dtype=np.uint8)
        rest = positions[rows]
        for column in range(len(head) + more, len(head) - 1, -1):
            rest, digit = np.divmod(rest, 10)
            table[:, column] = digit + _ZERO
        table[:, -3:] = np.stack((refs[rows], np.full(len(rows), ord(">"), dtype=np.uint8), alts[rows]), axis=1)
        lengths = np.full(len(rows), width, dtype=np.int64)
        found.append(_Names(alleles=which[rows], text=table.ravel(), lengths=lengths))
    return found


def _others(work: RunWork, alleles: Alleles, genome: Genome, lead: bytes) -> _Names:
    which = np.flatnonzero(alleles.verified & ~alleles.are_snvs)
    pure = np.flatnonzero(np.minimum(alleles.ref_lengths, alleles.alt_lengths)[which] == 0)
    quick, slow = _quick_names(work, alleles, which[pure], genome), list[bytes]()
    numbers = np.full(len(which), -1, dtype=np.int64)
    numbers[pure] = np.where(quick.lengths > 0, np.arange(len(quick)), -1)
    for row in np.flatnonzero(numbers < 0).tolist():
        number = int(which[row])
        ref, alt = work.bases(alleles, number)
        variant = Variant(position=int(alleles.positions[number]), ref=ref.decode(), alt=alt.decode())
        numbers[row] = len(quick) + len(slow)
        slow.append(genomic_name(variant, genome).encode())
    pool = Pool()
    names = pool.put(quick.followed_by(Texts.of(slow)))[numbers]
    joined = pool.join(pool.put_all(lead), names, count=len(which))
    return _Names(alleles=which, text=joined.text, lengths=joined.lengths)


def _quick_names(work: RunWork, alleles: Alleles, indels: Integers, genome: Genome) -> Texts:
    """What `genomic_name` says of insertions and deletions away from the contig's ends; empty for others."""
    sequence = work.place.sequence
    assert sequence is not None
    lengths, are_deletions = (alleles.ref_lengths + alleles.alt_lengths)[indels], alleles.ref_lengths[indels] > 0
    begins = np.where(are_deletions, alleles.ref_begins[indels], alleles.alt_begins[indels])
    words = Spans(text=work.checked.columns.codes, begins=begins, ends=begins + lengths)
    contig = Zoned(  # one zone, in which each base has its position for a number
        changes=Changes(words=words, positions=alleles.positions[indels], are_deletions=are_deletions),
        about=np.repeat(np.array([_WHOLE_CONTIG], dtype=np.int32), len(indels), axis=0),
        firsts=np.ones(len(indels), dtype=np.int64),
        lasts=np.full(len(indels), sequence.length, dtype=np.int64),
        are_forward=np.ones(len(indels), dtype=np.bool_),
        prefixes=Texts.of([genome.head.encode()]),
        prefix_of=np.zeros(len(indels), dtype=np.int64),
    )
    return intron_names(contig, sequence=sequence)
