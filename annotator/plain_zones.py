"""What is said of changes in a plain zone: see `annotator.models.zones`.

The texts made here are byte formats: `%d` stands for numbers that depend on the position, and control characters for
bases, which `bytes.translate` puts in, all in one go.
"""

from collections.abc import Sequence

from annotator.csq import Frame, term_names
from annotator.effects.effect import Effect, Variant
from annotator.models.store import Heading
from annotator.models.zones import Zone

ALLELE = "\x01"
_FORWARD_CHANGE, _REVERSE_CHANGE = "\x02>\x03", "\x04>\x05"
_BASES = b"ACGT"
_COMPLEMENT = bytes.maketrans(_BASES, b"TGCA")

# A number that grows or falls by one with each base, as (sign, base): sign * position + base.
Line = tuple[int, int]


class PlainZone:
    """A plain zone with the texts of its transcript, ready for use."""

    __slots__ = ("exon", "frame", "heading", "hgvsc", "hgvsc_line", "intron", "terms", "zone")

    def __init__(self, zone: Zone, *, heading: Heading, frame: Frame) -> None:
        """`frame` is the transcript's, as a format."""
        self.zone = zone
        self.heading = heading
        self.frame = frame
        self.terms = zone.terms
        self.exon = f"{zone.exon}/{heading.exon_count}" if zone.exon else ""
        self.intron = f"{zone.intron}/{heading.exon_count - 1}" if zone.intron else ""
        self.hgvsc_line = _line(zone.number, start=zone.start, sign=zone.sign)
        self.hgvsc = ""  # the name of a single-base change, as a format
        if not zone.is_flank:
            change = _FORWARD_CHANGE if heading.strand > 0 else _REVERSE_CHANGE
            self.hgvsc = f"{heading.id.replace('%', '%%')}:{'c' if heading.is_coding else 'n'}.{zone.name}%d{change}"

    def lines(self, *, named: bool) -> list[Line]:
        """The numbers of an entry, in the order in which it holds them."""
        zone = self.zone
        if zone.is_flank:
            return [self.hgvsc_line]
        lines = [self.hgvsc_line] if named else []
        if zone.cdna:
            lines.append(_line(zone.cdna, start=zone.start, sign=self.heading.strand))
        return lines

    def entry(self, *, named: bool, picked: bool) -> str:
        """The CSQ entry of a single-base change, as a format."""
        zone, frame, terms = self.zone, self.frame, self.terms
        return (
            f"{ALLELE}|{term_names(terms)}|{terms[0].impact}{frame.identity}{self.exon}|{self.intron}|"
            f"{self.hgvsc if named else ''}||{'%d' if zone.cdna else ''}|||||{'%d' if zone.is_flank else ''}"
            f"{frame.picked_standing if picked else frame.standing}"
        )

    def effect(self, variant: Variant) -> Effect:
        """What any change that lies in the zone does, without its name; it must not lie in an exon."""
        distance = ""
        if self.zone.is_flank:
            nearest = min if self.zone.sign > 0 else max  # an insertion lies between two bases
            sign, base = self.hgvsc_line
            distance = str(sign * nearest(variant.position, variant.end) + base)
        return Effect(terms=self.terms, intron=self.intron, distance=distance)


def _line(number: int, *, start: int, sign: int) -> Line:
    return sign, number - sign * start


def filled(text: bytes, lines: Sequence[Line], *, position: int, change: bytes) -> bytes:
    """Put numbers and bases into a format; `change` is one of CHANGES."""
    return (text % tuple([sign * position + base for sign, base in lines])).translate(change)


def _change(ref: int, alt: int) -> bytes:
    table = bytearray(range(256))
    reverse_ref, reverse_alt = _COMPLEMENT[ref], _COMPLEMENT[alt]
    for placeholder, base in zip(b"\x01\x02\x03\x04\x05", (alt, ref, alt, reverse_ref, reverse_alt), strict=True):
        table[placeholder] = base
    return bytes(table)


# The tables that put a change into a text, by `4 * number of REF + number of ALT`, A, C, G, T being 0 to 3.
CHANGES = tuple(_change(ref, alt) for ref in _BASES for alt in _BASES)
