"""First pass: check every line, decide the fate of every record, feed the consequence stage.

A record's fate is written down as one byte, so that the second pass needs no second opinion.
"""

from collections.abc import Callable
from typing import BinaryIO, Protocol

from annotator.alleles import AlleleKind, allele_kind
from annotator.errors import InvalidVcfError
from annotator.header import VcfHeader
from annotator.ledger import Fate, Ledger, Rejection
from annotator.limits import Limits
from annotator.manifest import Contig
from annotator.quoting import excerpt
from annotator.reading import LineBlock, VcfReader
from annotator.records import Place, RecordChecker
from annotator.reference import Reference
from annotator.sequence import Sequence
from annotator.wording import counted

_MEMO_BYTES = 6
_MEMO_ENTRIES = 10_000


class AlleleSink(Protocol):
    """Where verified alleles go: 1-based position on the reference's contig; `identifier` is record.allele."""

    def put(self, contig: Contig, position: int, identifier: str, ref: bytes, alt: bytes) -> None: ...


class Feeder:
    """Checks the records of one file, in order."""

    def __init__(
        self, *, reference: Reference, header: VcfHeader, limits: Limits, ledger: Ledger, sink: AlleleSink
    ) -> None:
        self.build = reference.manifest.build
        self._reference = reference
        self._limits = limits
        self._ledger = ledger
        self._sink = sink
        self._checker = RecordChecker(column_count=header.column_count, contigs=reference.contigs, limits=limits)
        self._place = self._checker.place
        self._sequence: Sequence | None = None  # None: REF cannot be compared here
        self._has_models = False
        self._record = 0
        self._kinds: dict[tuple[bytes, bytes], tuple[AlleleKind, ...]] = {}
        self.first_mismatch: Rejection | None = None
        self.warnings: list[str] = []

    def run(self, reader: VcfReader, *, fates: BinaryIO, progress: Callable[[int, float], None]) -> None:
        """Take all records; raise InvalidVcfError at the first structural fault."""
        for block in reader.blocks():
            fates.write(b"".join(self._take_block(block)))
            progress(self._record, reader.fraction)
        self._check_mismatches()

    def _take_block(self, block: LineBlock) -> list[bytes]:
        room = self._limits.max_records - self._record
        if len(block.lines) > room:
            raise InvalidVcfError(
                "TOO_MANY_RECORDS",
                message=f"The file holds more than {counted(self._limits.max_records, 'record')}.",
                advice="Split the file by chromosome and send the parts.",
                line=block.first_line + room,
            )
        return [self._take(line, number) for number, line in enumerate(block.lines, start=block.first_line)]

    def _take(self, line: bytes, number: int) -> bytes:
        position, ref, alt = self._checker.take(line, number=number)
        if self._checker.place is not self._place:
            self._enter(self._checker.place)
        fate = self._decide(position, ref, alt, number)
        self._record += 1
        return fate

    def _enter(self, place: Place) -> None:
        self._place = place
        self._sequence = self._reference.sequence_of(place.contig) if place.contig else None
        self._has_models = place.contig is not None and self._reference.has_models(place.contig)

    def _decide(self, position: int, ref: bytes, alt: bytes, number: int) -> bytes:
        kinds = self._kinds_of(ref, alt)
        contig = self._place.contig
        if contig is None:
            return self._pass("AUXILIARY_CONTIG")
        if AlleleKind.PLAIN not in kinds:
            return self._pass(_first_reason(kinds))
        if self._sequence is None:
            return self._annotate(Fate.TRACKS_ONLY, kinds, note="NO_SEQUENCE")
        expected = self._sequence.bases(contig.name, start=position - 1, end=position - 1 + len(ref))
        given = ref.upper()
        if given != expected:
            if not _contradicts(given, expected):
                return self._annotate(Fate.TRACKS_ONLY, kinds, note="REFERENCE_IS_N")
            return self._reject(position, given, expected, number)
        self._ledger.verified += 1
        for index, (kind, allele) in enumerate(zip(kinds, alt.split(b","), strict=True)):
            if kind is AlleleKind.PLAIN:
                self._sink.put(contig, position, f"{self._record}.{index}", ref, allele)
        return self._annotate(Fate.ANNOTATED, kinds, note="" if self._has_models else "NO_MODELS")

    def _kinds_of(self, ref: bytes, alt: bytes) -> tuple[AlleleKind, ...]:
        key = (ref, alt)
        kinds = self._kinds.get(key)
        if kinds is None:
            kinds = tuple(allele_kind(allele, ref=ref) for allele in alt.split(b","))
            if len(ref) + len(alt) <= _MEMO_BYTES and len(self._kinds) < _MEMO_ENTRIES:
                self._kinds[key] = kinds
        return kinds

    def _annotate(self, fate: Fate, kinds: tuple[AlleleKind, ...], *, note: str) -> bytes:
        self._ledger.annotated += 1
        if note:
            self._ledger.notes[note] += 1
        if len(kinds) > 1 and any(kind is not AlleleKind.PLAIN for kind in kinds):
            self._ledger.notes["SOME_ALLELES_PASSED"] += 1
        return fate.value

    def _pass(self, reason: str) -> bytes:
        self._ledger.passed[reason] += 1
        return Fate.PASSED.value

    def _reject(self, position: int, given: bytes, expected: bytes, number: int) -> bytes:
        rejection = Rejection(
            line=number,
            contig=self._place.name,
            position=position,
            reason="REF_MISMATCH",
            detail=f"the file says '{excerpt(given)}' and the reference has '{excerpt(expected)}'",
        )
        self.first_mismatch = self.first_mismatch or rejection
        self._ledger.reject(rejection)
        return Fate.REJECTED.value

    def _check_mismatches(self) -> None:
        """Refuse the file when its records contradict the reference too often to trust the rest.

        Few compared records say nothing about the build of the others, unless nothing else is left of the file.
        """
        mismatches = self._ledger.rejected["REF_MISMATCH"]
        compared = mismatches + self._ledger.verified
        if self.first_mismatch is None or mismatches <= compared * self._limits.max_rejected_share:
            return
        if compared >= self._limits.min_compared_records or not self._ledger.annotated:
            raise _many_mismatches(mismatches, compared, first=self.first_mismatch, build=self.build)
        records = counted(compared, "record")
        self.warnings.append(
            f"REF differs from the reference sequence in {mismatches:,} of the {records} that could be compared, "
            f"too few to judge the genome build by: check that the file was made on {self.build}."
        )


def _many_mismatches(mismatches: int, compared: int, *, first: Rejection, build: str) -> InvalidVcfError:
    return InvalidVcfError(
        "REF_MISMATCH",
        message=(
            f"REF differs from the {build} sequence in {mismatches:,} of {counted(compared, 'record')} that could be "
            f"compared; the first is {first.contig}:{first.position}, where {first.detail}."
        ),
        advice=(
            f"Check that the file was made on {build}: if it was made on another genome build, lift it over first. "
            "If it was, correct these records."
        ),
        line=first.line,
        column="REF",
    )


def _contradicts(given: bytes, expected: bytes) -> bool:
    """Whether a base differs where both sides are known; anything but A, C, G, T is unknown."""
    return any(a != b and a in b"ACGT" and b in b"ACGT" for a, b in zip(given, expected, strict=True))


def _first_reason(kinds: tuple[AlleleKind, ...]) -> str:
    for kind in kinds:
        if kind != AlleleKind.REFERENCE_BLOCK:
            return kind
    return AlleleKind.REFERENCE_BLOCK
