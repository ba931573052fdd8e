"""First pass: check every line, decide the fate of every record, feed the consequence stage.

A record's fate is written down as one byte, so that the second pass needs no second opinion.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from annotator.alleles import AlleleKind, allele_kind
from annotator.builds import is_auxiliary_contig
from annotator.errors import InvalidVcfError
from annotator.header import FIXED_COLUMNS, VcfHeader
from annotator.ledger import Fate, Ledger, Rejection
from annotator.limits import Limits
from annotator.manifest import Contig
from annotator.quoting import excerpt
from annotator.reading import LineBlock, VcfReader
from annotator.reference import Reference
from annotator.sequence import Sequence
from annotator.sites import MAX_POSITION
from annotator.wording import counted

_REF_BASES = b"ACGTNacgtn"
_MEMO_BYTES = 6
_MEMO_ENTRIES = 10_000
_TELLING_MISMATCHES = 20  # this many in a file speak for another build, however little could be compared


class AlleleSink(Protocol):
    """Where verified alleles go: 1-based position on the reference's contig; `identifier` is record.allele."""

    def put(self, contig: Contig, position: int, identifier: str, ref: bytes, alt: bytes) -> None: ...


@dataclass(slots=True, kw_only=True)
class _Place:
    """Where in the file the feeder is: the contig of the current records."""

    text: bytes
    name: str  # for messages
    contig: Contig | None  # None: an auxiliary contig
    sequence: Sequence | None  # None: REF cannot be compared
    length: int
    models: bool
    position: int = 0


class Feeder:
    """Checks the records of one file, in order."""

    def __init__(
        self, *, reference: Reference, header: VcfHeader, limits: Limits, ledger: Ledger, sink: AlleleSink
    ) -> None:
        self._reference = reference
        self._limits = limits
        self._ledger = ledger
        self._sink = sink
        self._tabs = header.column_count - 1
        self._seen: set[str] = set()
        self._place = _Place(text=b"", name="", contig=None, sequence=None, length=0, models=False)
        self._record = 0
        self._kinds: dict[tuple[bytes, bytes], tuple[AlleleKind, ...]] = {}
        self.first_mismatch: Rejection | None = None

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
        if line.count(b"\t") != self._tabs:
            raise _wrong_column_count(line, number=number, expected=self._tabs + 1)
        contig_text, position_text, _, ref, alt, _ = line.split(b"\t", 5)
        if contig_text != self._place.text:
            self._enter(contig_text, number)
        place = self._place
        position = self._read_position(position_text, number)
        if position < place.position:
            raise _unsorted(place.name, position, after=place.position, line=number)
        place.position = position
        if not ref or ref.translate(None, _REF_BASES):
            raise _bad_ref(ref, line=number)
        if position + len(ref) - 1 > place.length:
            raise _past_end(place, position, length_of_ref=len(ref), line=number)
        if len(alt) > 1 and len(ref) * (alt.count(b",") + 1) > self._limits.max_allele_bytes:
            raise _too_many_alleles(alt, length_of_ref=len(ref), line=number)
        fate = self._decide(position, ref, alt, number)
        self._record += 1
        return fate

    def _read_position(self, text: bytes, number: int) -> int:
        position = int(text) if text.isdigit() and len(text) < 11 else 0
        if position == 0:
            raise InvalidVcfError(
                "BAD_POSITION",
                message=f"POS is '{excerpt(text)}'; it must be a whole number from 1 on.",
                advice="Positions in a VCF count from 1. Correct the line or export the file again.",
                line=number,
                column="POS",
            )
        return position

    def _enter(self, text: bytes, number: int) -> None:
        name = text.decode("utf-8", "replace")
        contig = self._reference.contig(name)
        sequence_name = contig.name if contig else name
        if sequence_name in self._seen:
            raise InvalidVcfError(
                "CONTIG_IN_TWO_BLOCKS",
                message=f"The records of {excerpt(text)} stand in two separate blocks.",
                advice="Sort the file by contig and position, for example with 'bcftools sort'.",
                line=number,
                column="CHROM",
            )
        self._seen.add(sequence_name)
        if contig is None and not is_auxiliary_contig(name):
            raise _unknown_contig(text, build=self._reference.manifest.build, line=number)
        self._place = _Place(
            text=text,
            name=excerpt(text),
            contig=contig,
            sequence=self._reference.sequence_of(contig) if contig else None,
            length=contig.length if contig else MAX_POSITION,
            models=self._reference.has_models(contig) if contig else False,
        )

    def _decide(self, position: int, ref: bytes, alt: bytes, number: int) -> bytes:
        kinds = self._kinds_of(ref, alt)
        place = self._place
        if place.contig is None:
            return self._pass("AUXILIARY_CONTIG")
        if AlleleKind.PLAIN not in kinds:
            return self._pass(_first_reason(kinds))
        if place.sequence is None:
            return self._annotate(Fate.TRACKS_ONLY, kinds, note="NO_SEQUENCE")
        expected = place.sequence.bases(place.contig.name, start=position - 1, end=position - 1 + len(ref))
        given = ref.upper()
        if given != expected:
            if not _contradicts(given, expected):
                return self._annotate(Fate.TRACKS_ONLY, kinds, note="REFERENCE_IS_N")
            return self._reject(position, given, expected, number)
        self._ledger.verified += 1
        for index, (kind, allele) in enumerate(zip(kinds, alt.split(b","), strict=True)):
            if kind is AlleleKind.PLAIN:
                self._sink.put(place.contig, position, f"{self._record}.{index}", ref, allele)
        return self._annotate(Fate.ANNOTATED, kinds, note="" if place.models else "NO_MODELS")

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
        mismatches = self._ledger.rejected["REF_MISMATCH"]
        first = self.first_mismatch
        compared = mismatches + self._ledger.verified
        if first is None or mismatches <= compared * self._limits.max_rejected_share:
            return
        # Where the reference has little sequence, a few records say nothing about the build of the others.
        if mismatches < _TELLING_MISMATCHES and compared * 2 < self._ledger.records_read:
            return
        raise InvalidVcfError(
            "REF_MISMATCH",
            message=(
                f"REF differs from the {self._reference.manifest.build} sequence in {mismatches:,} of "
                f"{counted(compared, 'record')} that could be compared; the first is "
                f"{first.contig}:{first.position}, where {first.detail}."
            ),
            advice=(
                f"Check that the file was made on {self._reference.manifest.build}: if it was made on another "
                "genome build, lift it over first. If it was, correct these records."
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


def _wrong_column_count(line: bytes, *, number: int, expected: int) -> InvalidVcfError:
    found = line.count(b"\t") + 1
    if not line.strip():
        return InvalidVcfError(
            "EMPTY_LINE", message="The line is empty.", advice="Remove empty lines from the file.", line=number
        )
    if line.startswith(b"#"):
        return InvalidVcfError(
            "HEADER_AFTER_RECORDS",
            message="A header line stands among the records.",
            advice="Were two files put together? Join them with 'bcftools concat'.",
            line=number,
        )
    column = FIXED_COLUMNS[found] if found < len(FIXED_COLUMNS) else str(min(found, expected) + 1)
    separated = " Columns must be separated by single tabs." if found < len(FIXED_COLUMNS) else ""
    return InvalidVcfError(
        "WRONG_COLUMN_COUNT",
        message=f"The line has {counted(found, 'column')}, but the #CHROM line has {expected}.{separated}",
        advice="The line was cut off or edited: export the file again.",
        line=number,
        column=column,
    )


def _unsorted(name: str, position: int, *, after: int, line: int) -> InvalidVcfError:
    return InvalidVcfError(
        "NOT_SORTED",
        message=f"{name}:{position} stands after {name}:{after}.",
        advice="Sort the file by contig and position, for example with 'bcftools sort'.",
        line=line,
        column="POS",
    )


def _bad_ref(ref: bytes, *, line: int) -> InvalidVcfError:
    return InvalidVcfError(
        "BAD_REF",
        message=f"REF is '{excerpt(ref)}'; it must be made of A, C, G, T and N." if ref else "REF is empty.",
        advice="Correct the line; an insertion or deletion is written with the base before it.",
        line=line,
        column="REF",
    )


def _past_end(place: _Place, position: int, *, length_of_ref: int, line: int) -> InvalidVcfError:
    reach = f" and REF has {length_of_ref:,} bases" if length_of_ref > 1 else ""
    return InvalidVcfError(
        "PAST_CONTIG_END",
        message=f"POS is {position:,}{reach}, but {place.name} has {counted(place.length, 'base')}.",
        advice="The file was probably made on another genome build: check which one.",
        line=line,
        column="POS",
    )


def _too_many_alleles(alt: bytes, *, length_of_ref: int, line: int) -> InvalidVcfError:
    return InvalidVcfError(
        "TOO_MANY_ALLELES",
        message=(
            f"The record has {counted(alt.count(b',') + 1, 'ALT allele')} and a REF of "
            f"{counted(length_of_ref, 'base')}: too much to compare."
        ),
        advice="Split the record, for example with 'bcftools norm -m -any'.",
        line=line,
        column="ALT",
    )


def _unknown_contig(name: bytes, *, build: str, line: int) -> InvalidVcfError:
    return InvalidVcfError(
        "UNKNOWN_CONTIG",
        message=f"The contig '{excerpt(name)}' is not part of {build}." if name else "CHROM is empty.",
        advice=f"Use names such as chr1 or 1, chrX or X, chrM or MT, on {build}.",
        line=line,
        column="CHROM",
    )
