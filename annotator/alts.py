"""Where each ALT allele of some records stands, and lists of what is known of them (`Number=A`), many at once.

Most records have one ALT allele, whose text is that of the record; this is for the others.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.alleles import BASES
from annotator.columns import ALT, REF, Columns, gather
from annotator.texts import Pool, Texts

_COMMA, _DOT = b",."
_IS_BASE = np.isin(np.arange(256), np.frombuffer(BASES, dtype=np.uint8))

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alts:
    """All ALT alleles of some records, in the order of the file; offsets are into the block's text."""

    owners: Integers  # which of the records each one is of
    firsts: Integers  # the first one of each record
    begins: Integers
    ends: Integers


def alts_of(columns: Columns, records: Integers) -> Alts:
    """Find the ALT alleles of these records."""
    begins, stops = (offsets[records] for offsets in columns.span(ALT))
    sizes = stops - begins + 1  # with what stands behind the column, where its last allele ends
    places = np.cumsum(sizes) - sizes
    is_end = gather(columns.codes, begins, sizes) == _COMMA
    is_end[places + sizes - 1] = True
    found = np.flatnonzero(is_end)
    owners = np.searchsorted(places, found, side="right") - 1
    firsts = np.searchsorted(owners, np.arange(len(records)))
    ends = found + (begins - places)[owners]
    starts = np.empty_like(ends)
    starts[1:] = ends[:-1] + 1
    starts[firsts] = begins
    return Alts(owners=owners, firsts=firsts, begins=starts, ends=ends)


def vep_begins(columns: Columns, records: Integers, alts: Alts) -> Integers:
    """Where VEP's Allele column begins to read each ALT allele of these records.

    When any plain allele changes the length and all of them share REF's first base, that base is dropped from them.
    Alleles that are not plain bases stay as they are and have no say.
    """
    ref_begins, ref_ends = (offsets[records] for offsets in columns.span(REF))
    lengths = alts.ends - alts.begins
    ends = np.cumsum(lengths)
    odd = np.append([0], np.cumsum(~_IS_BASE[gather(columns.codes, alts.begins, lengths)]))
    are_plain = odd[ends] == odd[ends - lengths]
    changes = are_plain & (lengths != (ref_ends - ref_begins)[alts.owners])
    begins_otherwise = are_plain & (columns.codes[alts.begins] != columns.codes[ref_begins][alts.owners])
    drops = np.logical_or.reduceat(changes, alts.firsts) & ~np.logical_or.reduceat(begins_otherwise, alts.firsts)
    found: Integers = alts.begins + (drops[alts.owners] & are_plain)
    return found


class AltLists:
    """Joins texts of the alleles of some records: by record, with commas between them."""

    def __init__(self, columns: Columns, *, records: Integers, indexes: Integers) -> None:
        """Alleles of which something is known, in order: their records, and their numbers among the ALT alleles."""
        is_first = np.diff(records, prepend=-1) != 0
        self.records = records[is_first]
        self._owners_of_known = np.cumsum(is_first) - 1
        alts = alts_of(columns, self.records)
        self._owners = alts.owners
        self._known = np.full(len(alts.owners), -1, dtype=np.int64)
        self._known[alts.firsts[self._owners_of_known] + indexes] = np.arange(len(records))

    def of_known(self, texts: Texts, *, lead: bytes) -> Texts:
        """Lists of the known alleles, behind `lead`."""
        return _joined(texts, self._owners_of_known, lead=lead)

    def of_all(self, texts: Texts, *, lead: bytes) -> Texts:
        """Lists of all ALT alleles, behind `lead`; one that is not known has a dot."""
        with_dot = Texts(np.append(texts.text, np.uint8(_DOT)), np.append(texts.lengths, [1]))
        return _joined(with_dot.where(self._known), self._owners, lead=lead)


def _joined(texts: Texts, owners: Integers, *, lead: bytes) -> Texts:
    pool = Pool()
    is_first = np.diff(owners, prepend=-1) != 0
    separators = pool.put_all(b",", lead)[is_first.astype(np.int64)]
    joined = pool.join(separators, pool.put(texts), count=len(owners))
    return Texts(joined.text, np.add.reduceat(joined.lengths, np.flatnonzero(is_first)))
