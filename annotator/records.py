"""The structure of record lines, checked one after the other: columns, contig, position, order, REF.

The engine checks with it what is not sound at first sight, and the first look at an upload the lines at its beginning.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from annotator import record_faults as faults
from annotator.builds import is_auxiliary_contig
from annotator.columns import MOST_DIGITS
from annotator.contigs import ContigTable
from annotator.limits import Limits
from annotator.manifest import Contig
from annotator.quoting import excerpt
from annotator.sites import MAX_POSITION

_REF_BASES = b"ACGTNacgtn"
_NO_CONTIG = b"\t"  # no line's CHROM is that
_REACH = re.compile(rb"(?:^|;)(END|SVLEN)=([^;]*)")
_LONG_NUMBER = re.compile(rb"[0-9]{9,}")  # shorter ones stay below MAX_POSITION


class Record(NamedTuple):
    """What the engine needs of one line; `position` is 1-based."""

    position: int
    ref: bytes
    alt: bytes


@dataclass(slots=True, kw_only=True)
class Place:
    """Where in the file the checker is: the contig of the current records."""

    text: bytes
    name: str  # for messages
    sequence_name: str  # the same under whichever name the file has
    contig: Contig | None  # None: an auxiliary contig, or the reference is not known yet
    length: int
    position: int = 0


class RecordChecker:
    """Takes the lines of one file, in order."""

    def __init__(self, *, column_count: int, contigs: ContigTable | None, limits: Limits) -> None:
        self._tabs = column_count - 1
        self._contigs = contigs  # None: the reference is not known, every contig is taken
        self._limits = limits
        self._seen: dict[str, bytes] = {}  # what each sequence is called in this file
        self.place = Place(text=_NO_CONTIG, name="", sequence_name="", contig=None, length=0)

    def take(self, line: bytes, *, number: int) -> Record:
        """Check line `number` (1-based) and move on to its place; raise InvalidVcfError at the first fault.

        A line at fault moves nothing: what follows is checked as if it were not there.
        """
        if line.count(b"\t") != self._tabs:
            raise faults.wrong_column_count(line, number=number, expected=self._tabs + 1)
        if line.find(b"\r", 0, -1) >= 0:
            raise faults.carriage_return(line, number=number)
        contig_text, position_text, _, ref, alt, rest = line.split(b"\t", 5)
        place = self.place if contig_text == self.place.text else self._find(contig_text, number)
        position = _read_position(position_text, number)
        if not ref or ref.translate(None, _REF_BASES):
            raise faults.bad_ref(ref, line=number)
        if position + len(ref) - 1 > place.length:
            known_length = place.length if place.contig else None
            raise faults.past_contig_end(
                position, length_of_ref=len(ref), contig=place.name, length=known_length, line=number
            )
        if len(alt) > 1 and len(ref) * (alt.count(b",") + 1) > self._limits.max_allele_bytes:
            raise faults.too_many_alleles(alt, length_of_ref=len(ref), line=number)
        if b"END=" in rest or b"LEN" in rest:
            check_reach(position, rest, number)
        self._move(place, first=position, last=position, number=number)
        return Record(position, ref, alt)

    def take_run(self, text: bytes, *, first: int, last: int, number: int) -> None:
        """Move on by sound records of one contig, from position `first` on line `number` to position `last`."""
        place = self.place if text == self.place.text else self._find(text, number)
        self._move(place, first=first, last=last, number=number)

    def _move(self, place: Place, *, first: int, last: int, number: int) -> None:
        """Move on, if the order allows it: it is looked at last, so that a bad line is bad wherever it stands."""
        if place is not self.place:
            if place.sequence_name in self._seen:
                raise faults.contig_in_two_blocks(place.text, first_name=self._seen[place.sequence_name], line=number)
            if len(self._seen) >= self._limits.max_contigs:
                raise faults.too_many_contigs(self._limits.max_contigs, line=number)
        if first < place.position:
            raise faults.unsorted(place.name, first, after=place.position, line=number)
        if place is not self.place:
            self.place = place
            self._seen[place.sequence_name] = place.text
        place.position = last

    def _find(self, text: bytes, number: int) -> Place:
        """The beginning of a contig."""
        name = text.decode("utf-8", "replace")
        contig = self._contigs.find(name) if self._contigs else None
        sequence_name = contig.name if contig else name
        if text.startswith(b"#"):
            raise faults.header_after_records(line=number)
        if not text or len(text) > self._limits.max_contig_name_bytes:
            raise faults.unknown_contig(text, build=self._contigs.build if self._contigs else None, line=number)
        if contig is None and self._contigs and not is_auxiliary_contig(name):
            raise faults.unknown_contig(text, build=self._contigs.build, line=number)
        length = contig.length if contig else MAX_POSITION
        return Place(text=text, name=excerpt(text), sequence_name=sequence_name, contig=contig, length=length)


def _read_position(text: bytes, number: int) -> int:
    position = int(text) if text.isdigit() and len(text) <= MOST_DIGITS else 0
    if position == 0:
        raise faults.bad_position(text, line=number)
    return position


def check_reach(position: int, rest: bytes, number: int) -> None:
    """Refuse a record that END or SVLEN in INFO, or LEN of a sample, draws out further than an index can tell."""
    _, _, info, *samples = rest.split(b"\t")
    for key, value in _REACH.findall(info):
        if too_long := _beyond(0 if key == b"END" else position, value):
            raise faults.reaches_too_far(key, too_long, column="INFO", line=number)
    if not samples or b"LEN" not in (keys := samples[0].split(b":")):
        return
    index = keys.index(b"LEN")
    for column, sample in enumerate(samples[1:], start=10):
        values = sample.split(b":", index + 1)
        if len(values) > index and (too_long := _beyond(position, values[index])):
            raise faults.reaches_too_far(b"LEN", too_long, column=str(column), line=number)


def _beyond(start: int, value: bytes) -> bytes | None:
    """The first number in `value` that, counted from `start`, ends beyond MAX_POSITION."""
    for found in _LONG_NUMBER.finditer(value):
        digits: bytes = found[0]
        if len(digits) > MOST_DIGITS or start + int(digits) > MAX_POSITION:
            return digits
    return None
