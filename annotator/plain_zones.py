"""What is said of single-base changes in a plain zone: one description, worked out once, that fits every base of it.

See `annotator.models.zones`. The texts made here are byte formats: `%d` stands for numbers that depend on the position,
and control characters for bases, which `bytes.translate` puts in, all in one go.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from annotator.csq import Frame, entry_tail
from annotator.effects.effect import Effect
from annotator.models.transcript import Transcript

ALLELE = "\x01"
_FORWARD_CHANGE, _REVERSE_CHANGE = "\x02>\x03", "\x04>\x05"
_NAME_NUMBER, _CDNA_NUMBER, _DISTANCE_NUMBER = "\x06", "\x07", "\x08"

_SUBSTITUTION = re.compile(r"(.*\D)(\d+)[ACGT]>[ACGT]")
_BASES = b"ACGT"
_COMPLEMENT = bytes.maketrans(_BASES, b"TGCA")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A number that grows or falls by one with each base: sign * position + base."""

    sign: int
    base: int

    @classmethod
    def through(cls, value: int, *, position: int, sign: int) -> "Line":
        return cls(sign=sign, base=value - sign * position)

    def at(self, position: int) -> int:
        return self.sign * position + self.base


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainZone:
    """One plain zone of one transcript."""

    transcript: Transcript
    frame: Frame
    effect: Effect  # with placeholders in the columns that depend on base or position
    name: Line | None  # None: changes have no name here
    cdna: Line | None
    distance: Line | None

    def lines(self, *, named: bool) -> tuple[Line, ...]:
        """The numbers of an entry, in the order in which it holds them."""
        return tuple(line for line in (self.name if named else None, self.cdna, self.distance) if line is not None)

    def entry(self, *, named: bool, picked: bool) -> str:
        """One entry as a format, see above."""
        effect = self.effect if named else replace(self.effect, hgvsc="")
        return as_format(ALLELE + entry_tail(self.frame, effect, picked=picked))

    def effect_at(self, position: int, *, hgvsc: str) -> Effect:
        """The effect of a change of any kind that lies in the zone, `position` being its base next to the transcript.

        It must not lie in an exon.
        """
        distance = "" if self.distance is None else str(self.distance.at(position))
        return replace(self.effect, hgvsc=hgvsc, distance=distance)


def plain_zone(transcript: Transcript, effect: Effect, *, position: int, frame: Frame) -> PlainZone:
    """Generalise from one single-base change at `position`, whose effect is given with its name."""
    strand = transcript.strand
    name = cdna = distance = None
    columns = {}
    if found := _SUBSTITUTION.fullmatch(effect.hgvsc):
        name = Line.through(int(found[2]), position=position, sign=-strand if found[1].endswith("-") else strand)
        change = _FORWARD_CHANGE if strand > 0 else _REVERSE_CHANGE
        columns["hgvsc"] = f"{found[1]}{_NAME_NUMBER}{change}"
    if effect.cdna_position:
        cdna = Line.through(int(effect.cdna_position), position=position, sign=strand)
        columns["cdna_position"] = _CDNA_NUMBER
    if effect.distance:
        sign = -1 if position < transcript.start else 1
        distance = Line.through(int(effect.distance), position=position, sign=sign)
        columns["distance"] = _DISTANCE_NUMBER
    return PlainZone(
        transcript=transcript,
        frame=frame,
        effect=replace(effect, **columns),
        name=name,
        cdna=cdna,
        distance=distance,
    )


def as_format(text: str) -> str:
    """Make a text with placeholders for numbers a format."""
    text = text.replace("%", "%%")
    for placeholder in (_NAME_NUMBER, _CDNA_NUMBER, _DISTANCE_NUMBER):
        text = text.replace(placeholder, "%d")
    return text


def filled(text: bytes, lines: Sequence[tuple[int, int]], *, position: int, change: bytes) -> bytes:
    """Put numbers (pairs of sign and base) and bases into a format; `change` is one of CHANGES."""
    return (text % tuple([sign * position + base for sign, base in lines])).translate(change)


def _change(ref: int, alt: int) -> bytes:
    table = bytearray(range(256))
    reverse_ref, reverse_alt = _COMPLEMENT[ref], _COMPLEMENT[alt]
    for placeholder, base in zip(b"\x01\x02\x03\x04\x05", (alt, ref, alt, reverse_ref, reverse_alt), strict=True):
        table[placeholder] = base
    return bytes(table)


# The tables that put a change into a text, by `4 * number of REF + number of ALT`, A, C, G, T being 0 to 3.
CHANGES = tuple(_change(ref, alt) for ref in _BASES for alt in _BASES)
