"""The fate of each record of a run, and the alleles that can be annotated.

Most records are alike: one ALT allele, a single base changed, or some inserted or deleted behind the first. These are
judged all at once; any other record is looked at for itself.
"""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from annotator.alleles import CLASSES, AlleleKind, allele_kind, trim, variant_class
from annotator.checking import CheckedBlock, Run
from annotator.columns import ALT, REF, gather
from annotator.ledger import Fate, Rejection
from annotator.quoting import excerpt
from annotator.sequence import ContigBases

ANNOTATED, TRACKS_ONLY, PASSED, REJECTED = (fate.value[0] for fate in Fate)

_BASE_NUMBER = np.full(256, 255, dtype=np.uint8)  # A, C, G, T in either case are 0 to 3
for _number, _bases in enumerate((b"Aa", b"Cc", b"Gg", b"Tt")):
    _BASE_NUMBER[list(_bases)] = _number
_NO_BASE = 255
_SNV, _INSERTION, _DELETION = (CLASSES.index(name) for name in ("SNV", "insertion", "deletion"))
_LONGEST_AT_ONCE = 1_000  # bases of REF or ALT

_MEMO_BYTES = 6
_MEMO_ENTRIES = 10_000

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alleles:
    """Plain ALT alleles, without the bases that they share with REF; offsets are into the block's text.

    For an insertion, REF is empty and `position` the base behind it.
    """

    records: Integers  # numbers in the block
    indexes: Integers  # among the record's ALT alleles, from 0
    positions: Integers  # 1-based
    ref_begins: Integers
    ref_lengths: Integers
    alt_begins: Integers
    alt_lengths: Integers
    classes: NDArray[np.uint8]  # numbers in CLASSES
    verified: NDArray[np.bool_]  # REF is what the reference has; otherwise that is not known
    simple: NDArray[np.bool_]  # the only ALT allele of its record, which shares with REF its first base, or none

    def __len__(self) -> int:
        return len(self.records)

    @property
    def ends(self) -> Integers:
        """The last base that changes; for an insertion the base before it."""
        return self.positions + self.ref_lengths - 1

    @property
    def are_snvs(self) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = self.classes == _SNV
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuralAllele:
    """A symbolic ALT allele or a breakend."""

    record: int
    index: int
    position: int  # POS, 1-based
    alt: bytes


@dataclass(slots=True, kw_only=True)
class Verdicts:
    """What becomes of the records of one run."""

    fates: NDArray[np.uint8]  # codes of Fate, by record of the run
    alleles: Alleles
    structural: list[StructuralAllele] = field(default_factory=list)
    passed: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    rejections: list[Rejection] = field(default_factory=list)


class Judge:
    """Decides about runs of records; remembers what short alleles are."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[bytes, bytes], tuple[AlleleKind, ...]] = {}

    def judge(self, checked: CheckedBlock, run: Run, *, sequence: ContigBases | None) -> Verdicts:
        """Judge the records of a run on a contig of the reference; without `sequence` REF is not compared."""
        work = _Work(checked, run, sequence)
        simple = work.simple
        known, unknown = work.compare(np.flatnonzero(simple))
        parts = [work.shortened(np.concatenate((known, unknown)), verified=len(known))]
        rows = [row for offset in np.flatnonzero(~simple).tolist() for row in self._judge_other(work, offset)]
        if rows:
            parts.append(_from_rows(rows))
        work.verdicts.alleles = _in_order(parts)
        return work.verdicts

    def _judge_other(self, work: "_Work", offset: int) -> list[tuple[int, ...]]:
        """Judge a record for itself, and give its alleles as rows of the columns of Alleles."""
        record, verdicts = work.run.begin + offset, work.verdicts
        ref, alt = work.checked.columns.field(record, REF), work.checked.columns.field(record, ALT)
        kinds = self._kinds_of(ref, alt)
        position = int(work.checked.positions[record])
        alts = alt.split(b",")
        for index, kind in enumerate(kinds):
            if kind in (AlleleKind.SYMBOLIC, AlleleKind.BREAKEND):
                found = StructuralAllele(record=record, index=index, position=position, alt=alts[index])
                verdicts.structural.append(found)
        if AlleleKind.PLAIN not in kinds:
            verdicts.fates[offset] = PASSED
            verdicts.passed[_first_reason(kinds)] += 1
            return []
        verified = work.verify(offset, ref)
        if verified is None:
            return []
        if kinds.count(AlleleKind.PLAIN) < len(kinds):
            verdicts.notes["SOME_ALLELES_PASSED"] += 1
        ref_begin = int(work.ref_begins[offset])
        begin = int(work.alt_begins[offset])
        rows = []
        for index, (kind, one) in enumerate(zip(kinds, alts, strict=True)):
            if kind is AlleleKind.PLAIN:
                rows.append((record, index, *_trimmed(position, ref, one, ref_begin, begin), verified))
            begin += len(one) + 1
        return rows

    def _kinds_of(self, ref: bytes, alt: bytes) -> tuple[AlleleKind, ...]:
        kinds = self._kinds.get((ref, alt))
        if kinds is None:
            kinds = tuple(allele_kind(one, ref=ref) for one in alt.split(b","))
            if len(ref) + len(alt) <= _MEMO_BYTES and len(self._kinds) < _MEMO_ENTRIES:
                self._kinds[ref, alt] = kinds
        return kinds


class _Work:
    """One run while it is judged; offsets are numbers of its records, from 0."""

    def __init__(self, checked: CheckedBlock, run: Run, sequence: ContigBases | None) -> None:
        self.checked = checked
        self.run = run
        self.sequence = sequence
        self.positions = checked.positions[run.begin : run.end]
        self.ref_begins, self.ref_lengths = _spans(checked, run, REF)
        self.alt_begins, self.alt_lengths = _spans(checked, run, ALT)
        self._codes = checked.columns.codes
        self.verdicts = Verdicts(fates=np.full(run.end - run.begin, ANNOTATED, dtype=np.uint8), alleles=_from_rows([]))
        self.simple = self._find_simple()

    def _find_simple(self) -> NDArray[np.bool_]:
        """Records whose one ALT allele changes a base, or inserts or deletes some behind the first."""
        refs, alts = (_BASE_NUMBER[self._codes[begins]] for begins in (self.ref_begins, self.alt_begins))
        shorter = np.minimum(self.ref_lengths, self.alt_lengths)
        longer = np.maximum(self.ref_lengths, self.alt_lengths)
        are_bases = (refs < _NO_BASE) & (alts < _NO_BASE)
        simple: NDArray[np.bool_] = are_bases & (shorter == 1) & np.where(longer == 1, refs != alts, refs == alts)
        simple &= longer <= _LONGEST_AT_ONCE
        long = np.flatnonzero(simple & (longer > 1))
        for begins, lengths in ((self.ref_begins, self.ref_lengths), (self.alt_begins, self.alt_lengths)):
            odd = _BASE_NUMBER[gather(self._codes, begins[long], lengths[long])] == _NO_BASE
            simple[long[_any_of(odd, lengths[long])]] = False
        return simple

    def compare(self, offsets: Integers) -> tuple[Integers, Integers]:
        """Compare REF of simple records with the sequence: give those that agree, and those that cannot tell."""
        verdicts = self.verdicts
        if self.sequence is None:
            verdicts.fates[offsets] = TRACKS_ONLY
            verdicts.notes["NO_SEQUENCE"] += len(offsets)
            return offsets[:0], offsets
        lengths = self.ref_lengths[offsets]
        given = _BASE_NUMBER[gather(self._codes, self.ref_begins[offsets], lengths)]
        places = np.repeat(self.positions[offsets] - 1 - _starts(lengths), lengths) + np.arange(len(given))
        expected = _BASE_NUMBER[self.sequence.at(places)]
        differs = _any_of(given != expected, lengths)
        is_wrong = _any_of((given != expected) & (expected != _NO_BASE), lengths)
        for offset in offsets[is_wrong].tolist():
            self.verify(offset, self.checked.columns.field(self.run.begin + offset, REF))
        unknown = offsets[differs & ~is_wrong]
        verdicts.fates[unknown] = TRACKS_ONLY
        verdicts.notes["REFERENCE_IS_N"] += len(unknown)
        return offsets[~differs], unknown

    def verify(self, offset: int, ref: bytes) -> bool | None:
        """Whether REF is the reference's; False when that cannot be known, None when it is not: then it is rejected."""
        verdicts = self.verdicts
        note = "NO_SEQUENCE"
        if self.sequence is not None:
            position = int(self.positions[offset])
            given, expected = ref.upper(), self.sequence.bases(start=position - 1, end=position - 1 + len(ref))
            if given == expected:
                return True
            if _contradicts(given, expected):
                self._reject(offset, given=given, expected=expected)
                return None
            note = "REFERENCE_IS_N"
        verdicts.fates[offset] = TRACKS_ONLY
        verdicts.notes[note] += 1
        return False

    def shortened(self, offsets: Integers, *, verified: int) -> Alleles:
        """The alleles of simple records, of which the first ones are verified."""
        anchored = (self.ref_lengths[offsets] != self.alt_lengths[offsets]).astype(np.int64)
        ref_lengths = self.ref_lengths[offsets] - anchored
        classes = np.where(anchored == 0, _SNV, np.where(ref_lengths == 0, _INSERTION, _DELETION))
        return Alleles(
            records=self.run.begin + offsets,
            indexes=np.zeros(len(offsets), dtype=np.int64),
            positions=self.positions[offsets] + anchored,
            ref_begins=self.ref_begins[offsets] + anchored,
            ref_lengths=ref_lengths,
            alt_begins=self.alt_begins[offsets] + anchored,
            alt_lengths=self.alt_lengths[offsets] - anchored,
            classes=classes.astype(np.uint8),
            verified=np.arange(len(offsets)) < verified,
            simple=np.ones(len(offsets), dtype=np.bool_),
        )

    def _reject(self, offset: int, *, given: bytes, expected: bytes) -> None:
        record = self.run.begin + offset
        self.verdicts.fates[offset] = REJECTED
        self.verdicts.rejections.append(
            Rejection(
                line=int(self.checked.line_numbers[record]),
                contig=excerpt(self.run.text),
                position=int(self.checked.positions[record]),
                reason="REF_MISMATCH",
                detail=f"the file says '{excerpt(given)}' and the reference has '{excerpt(expected)}'",
                text=excerpt(self.checked.columns.line(record)),
            )
        )


def pass_all(run: Run) -> Verdicts:
    """The verdicts about a run on a contig that the reference does not annotate."""
    count = run.end - run.begin
    fates = np.full(count, PASSED, dtype=np.uint8)
    return Verdicts(fates=fates, alleles=_from_rows([]), passed=Counter(AUXILIARY_CONTIG=count))


def _spans(checked: CheckedBlock, run: Run, column: int) -> tuple[Integers, Integers]:
    begins, ends = (offsets[run.begin : run.end] for offsets in checked.columns.span(column))
    return begins, ends - begins


def _starts(lengths: Integers) -> Integers:
    """Where pieces of these lengths begin when they stand one after the other."""
    starts: Integers = np.cumsum(lengths) - lengths
    return starts


def _any_of(marks: NDArray[np.bool_], lengths: Integers) -> NDArray[np.bool_]:
    """Whether anything is marked in each of the pieces, none of which is empty."""
    if not len(lengths):
        return np.zeros(0, dtype=np.bool_)
    found: NDArray[np.bool_] = np.logical_or.reduceat(marks, _starts(lengths))
    return found


def _trimmed(position: int, ref: bytes, alt: bytes, ref_begin: int, alt_begin: int) -> tuple[int, ...]:
    """The columns of Alleles from `positions` to `classes`, for an allele whose texts begin at these offsets."""
    place, short_ref, short_alt = trim(position, ref.upper(), alt.upper())
    kind = CLASSES.index(variant_class(short_ref, short_alt))
    first = place - position
    shares_first = short_ref[0] == short_alt[0]
    shared = shares_first or short_ref[-1] == short_alt[-1]
    return (
        place + shares_first,
        ref_begin + first + shares_first,
        len(short_ref) - shared,
        alt_begin + first + shares_first,
        len(short_alt) - shared,
        kind,
    )


def _from_rows(rows: list[tuple[int, ...]]) -> Alleles:
    table = np.array(rows, dtype=np.int64).reshape(-1, 9)
    return Alleles(
        records=table[:, 0],
        indexes=table[:, 1],
        positions=table[:, 2],
        ref_begins=table[:, 3],
        ref_lengths=table[:, 4],
        alt_begins=table[:, 5],
        alt_lengths=table[:, 6],
        classes=table[:, 7].astype(np.uint8),
        verified=table[:, 8] > 0,
        simple=np.zeros(len(table), dtype=np.bool_),
    )


def _in_order(parts: list[Alleles]) -> Alleles:
    """All alleles, ordered by record and allele."""
    records, indexes = (np.concatenate([getattr(part, name) for part in parts]) for name in ("records", "indexes"))
    order = np.lexsort((indexes, records))
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts])[order] for name in Alleles.__dataclass_fields__
    }
    return Alleles(**columns)


def _contradicts(given: bytes, expected: bytes) -> bool:
    """Whether a base differs where both sides are known; anything but A, C, G, T is unknown."""
    return any(a != b and a in b"ACGT" and b in b"ACGT" for a, b in zip(given, expected, strict=True))


def _first_reason(kinds: tuple[AlleleKind, ...]) -> str:
    for kind in kinds:
        if kind != AlleleKind.REFERENCE_BLOCK:
            return kind
    return AlleleKind.REFERENCE_BLOCK
