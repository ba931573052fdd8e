"""The HGVS names on the genome of the alleles of one run, put into the text of their records.

Nine of ten alleles change a single base, and all of them are named at once, as a table of characters. Of the others
most insert or delete some bases, which is also worked out at once.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.alts import AltLists
from annotator.columns import UPPER
from annotator.effects.effect import Variant
from annotator.effects.genomic_names import Genome, genomic_name
from annotator.intron_names import Zoned, intron_names
from annotator.models.zones import ABOUT
from annotator.normal_form import Changes
from annotator.run_work import RunWork
from annotator.spans import Spans
from annotator.texts import Pool, Texts
from annotator.verdicts import Alleles

_POWERS = 10 ** np.arange(1, 11, dtype=np.int64)
_ZERO = ord("0")
_WHOLE_CONTIG = [{"number": 1, "sign": 1}.get(name, 0) for name in ABOUT]

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    """Names of some alleles, one after the other, each behind `lead`."""

    alleles: Integers  # their numbers
    text: NDArray[np.uint8]
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
                text=table.ravel(),
                lengths=np.full(len(which), width, dtype=np.int64),
            )
        )
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
