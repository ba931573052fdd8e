"""The fate of each record of a run, and its plain alleles: single-base changes all at once, others one by one."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from annotator.alleles import AlleleKind, allele_kind, trim, variant_class
from annotator.checking import CheckedBlock, Run
from annotator.columns import ALT, REF
from annotator.effects.effect import Variant
from annotator.ledger import Fate, Rejection
from annotator.quoting import excerpt
from annotator.sequence import ContigBases

ANNOTATED, TRACKS_ONLY, PASSED, REJECTED = (fate.value[0] for fate in Fate)

_BASE_NUMBER = np.full(256, 255, dtype=np.uint8)  # A, C, G, T in either case are 0 to 3
for _number, _bases in enumerate((b"Aa", b"Cc", b"Gg", b"Tt")):
    _BASE_NUMBER[list(_bases)] = _number
_NO_BASE = 255

_MEMO_BYTES = 6
_MEMO_ENTRIES = 10_000

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snvs:
    """Records with one ALT allele that changes a single base into another; numbers of bases as A, C, G, T = 0 to 3."""

    records: Integers  # numbers in the block
    positions: Integers  # 1-based
    refs: NDArray[np.uint8]
    alts: NDArray[np.uint8]
    verified: NDArray[np.bool_]  # REF is the reference's base; otherwise that is not known


class OtherAllele(NamedTuple):
    """One plain ALT allele of an OtherRecord."""

    index: int  # among the record's ALT alleles, from 0
    variant: Variant
    kind: str  # Ensembl's class of the allele


class OtherRecord(NamedTuple):
    """A record with any other plain ALT alleles; `alleles` are those."""

    record: int
    position: int  # POS, 1-based
    ref: bytes
    alts: list[bytes]
    alleles: list[OtherAllele]
    verified: bool


@dataclass(slots=True, kw_only=True)
class Verdicts:
    """What becomes of the records of one run."""

    fates: NDArray[np.uint8]  # codes of Fate, by record of the run
    snvs: Snvs
    others: list[OtherRecord]
    passed: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    rejections: list[Rejection] = field(default_factory=list)
    symbolic: list[OtherRecord] = field(default_factory=list)


class Judge:
    """Decides about runs of records; remembers what short alleles are."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[bytes, bytes], tuple[AlleleKind, ...]] = {}

    def judge(self, checked: CheckedBlock, run: Run, *, sequence: ContigBases | None) -> Verdicts:
        """Judge the records of a run on a contig of the reference; without `sequence` REF is not compared."""
        columns = checked.columns
        ref_begins, ref_ends = (offsets[run.begin : run.end] for offsets in columns.span(REF))
        alt_begins, alt_ends = (offsets[run.begin : run.end] for offsets in columns.span(ALT))
        refs = _BASE_NUMBER[columns.codes[ref_begins]]
        alts = _BASE_NUMBER[columns.codes[alt_begins]]
        is_snv = (ref_ends - ref_begins == 1) & (alt_ends - alt_begins == 1) & (refs < 4) & (alts < 4) & (refs != alts)
        positions = checked.positions[run.begin : run.end]
        fates = np.full(run.end - run.begin, ANNOTATED, dtype=np.uint8)
        verdicts = Verdicts(fates=fates, snvs=_no_snvs(), others=[])
        self._judge_snvs(verdicts, checked, run, np.flatnonzero(is_snv), refs=refs, alts=alts, sequence=sequence)
        for offset in np.flatnonzero(~is_snv).tolist():
            self._judge_other(verdicts, checked, run, offset, position=int(positions[offset]), sequence=sequence)
        return verdicts

    def _judge_snvs(
        self,
        verdicts: Verdicts,
        checked: CheckedBlock,
        run: Run,
        offsets: Integers,
        *,
        refs: NDArray[np.uint8],
        alts: NDArray[np.uint8],
        sequence: ContigBases | None,
    ) -> None:
        positions = checked.positions[run.begin + offsets]
        refs, alts = refs[offsets], alts[offsets]
        verified = np.zeros(len(offsets), dtype=np.bool_)
        kept = np.ones(len(offsets), dtype=np.bool_)
        if sequence is None:
            verdicts.fates[offsets] = TRACKS_ONLY
            verdicts.notes["NO_SEQUENCE"] += len(offsets)
        else:
            expected = _BASE_NUMBER[sequence.at(positions - 1)]
            verified = refs == expected
            unknown = expected == _NO_BASE
            verdicts.fates[offsets[unknown]] = TRACKS_ONLY
            verdicts.notes["REFERENCE_IS_N"] += int(np.count_nonzero(unknown))
            kept = verified | unknown
            for at in np.flatnonzero(~kept).tolist():
                given, base = b"ACGT"[refs[at]], b"ACGT"[expected[at]]
                offset = int(offsets[at])
                _reject(verdicts, checked, run, offset, given=bytes([given]), expected=bytes([base]))
        verdicts.snvs = Snvs(
            records=run.begin + offsets[kept],
            positions=positions[kept],
            refs=refs[kept],
            alts=alts[kept],
            verified=verified[kept],
        )

    def _judge_other(
        self,
        verdicts: Verdicts,
        checked: CheckedBlock,
        run: Run,
        offset: int,
        *,
        position: int,
        sequence: ContigBases | None,
    ) -> None:
        record = run.begin + offset
        ref, alt = checked.columns.field(record, REF), checked.columns.field(record, ALT)
        kinds = self._kinds_of(ref, alt)
        if AlleleKind.PLAIN not in kinds:
            verdicts.fates[offset] = PASSED
            verdicts.passed[_first_reason(kinds)] += 1
            if AlleleKind.SYMBOLIC in kinds or AlleleKind.BREAKEND in kinds:
                alts = alt.split(b",")
                verdicts.symbolic.append(
                    OtherRecord(record=record, position=position, ref=ref, alts=alts, alleles=[], verified=False)
                )
            return
        given, note = ref.upper(), ""
        if sequence is None:
            note = "NO_SEQUENCE"
        else:
            expected = sequence.bases(start=position - 1, end=position - 1 + len(ref))
            if given != expected:
                if _contradicts(given, expected):
                    _reject(verdicts, checked, run, offset, given=given, expected=expected)
                    return
                note = "REFERENCE_IS_N"
        if note:
            verdicts.fates[offset] = TRACKS_ONLY
            verdicts.notes[note] += 1
        if kinds.count(AlleleKind.PLAIN) < len(kinds):
            verdicts.notes["SOME_ALLELES_PASSED"] += 1
        alts = alt.split(b",")
        alleles = [
            OtherAllele(index, *_variant(position, given, one.upper()))
            for index, (kind, one) in enumerate(zip(kinds, alts, strict=True))
            if kind is AlleleKind.PLAIN
        ]
        verdicts.others.append(
            OtherRecord(record=record, position=position, ref=ref, alts=alts, alleles=alleles, verified=not note)
        )

    def _kinds_of(self, ref: bytes, alt: bytes) -> tuple[AlleleKind, ...]:
        kinds = self._kinds.get((ref, alt))
        if kinds is None:
            kinds = tuple(allele_kind(one, ref=ref) for one in alt.split(b","))
            if len(ref) + len(alt) <= _MEMO_BYTES and len(self._kinds) < _MEMO_ENTRIES:
                self._kinds[ref, alt] = kinds
        return kinds


def pass_all(run: Run) -> Verdicts:
    """The verdicts about a run on a contig that the reference does not annotate."""
    count = run.end - run.begin
    fates = np.full(count, PASSED, dtype=np.uint8)
    return Verdicts(fates=fates, snvs=_no_snvs(), others=[], passed=Counter(AUXILIARY_CONTIG=count))


def _no_snvs() -> Snvs:
    integers, bases = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.uint8)
    verified = np.zeros(0, dtype=np.bool_)
    return Snvs(records=integers, positions=integers, refs=bases, alts=bases, verified=verified)


def _variant(position: int, ref: bytes, alt: bytes) -> tuple[Variant, str]:
    """An upper-case allele without its shared bases, and its class."""
    if len(ref) > 1 and len(alt) > 1:
        position, ref, alt = trim(position, ref, alt)
    kind = variant_class(ref, alt)
    if ref[0] == alt[0]:
        position, ref, alt = position + 1, ref[1:], alt[1:]
    return Variant(position=position, ref=ref.decode(), alt=alt.decode()), kind


def _reject(verdicts: Verdicts, checked: CheckedBlock, run: Run, offset: int, *, given: bytes, expected: bytes) -> None:
    record = run.begin + offset
    verdicts.fates[offset] = REJECTED
    verdicts.rejections.append(
        Rejection(
            line=int(checked.line_numbers[record]),
            contig=excerpt(run.text),
            position=int(checked.positions[record]),
            reason="REF_MISMATCH",
            detail=f"the file says '{excerpt(given)}' and the reference has '{excerpt(expected)}'",
            text=excerpt(checked.columns.line(record)),
        )
    )


def _contradicts(given: bytes, expected: bytes) -> bool:
    """Whether a base differs where both sides are known; anything but A, C, G, T is unknown."""
    return any(a != b and a in b"ACGT" and b in b"ACGT" for a, b in zip(given, expected, strict=True))


def _first_reason(kinds: tuple[AlleleKind, ...]) -> str:
    for kind in kinds:
        if kind != AlleleKind.REFERENCE_BLOCK:
            return kind
    return AlleleKind.REFERENCE_BLOCK
