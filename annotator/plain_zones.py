"""What is said of changes in a plain zone: see `annotator.models.zones`.

The texts made here are byte formats: `%d` stands for numbers that depend on the position, and control characters for
bases, which `bytes.translate` puts in, all in one go.
"""

from collections.abc import Sequence

from annotator.csq import frame_of, term_names
from annotator.effects.effect import Effect, Variant
from annotator.effects.pick import PickKey, pick_key
from annotator.models.store import Heading
from annotator.models.zones import Zone
from annotator.ontology import Term

ALLELE, NAME = "\x01", "\x06"
_ALLELE, _NAME = ALLELE.encode(), NAME.encode()
_FORWARD_CHANGE, _REVERSE_CHANGE = "\x02>\x03", "\x04>\x05"
_BASES = b"ACGT"
_COMPLEMENT = bytes.maketrans(_BASES, b"TGCA")

# A number that grows or falls by one with each base, as (sign, base): sign * position + base.
Line = tuple[int, int]


class TranscriptTexts:
    """What is written of one transcript in plain zones; the columns of its entries as formats."""

    __slots__ = ("_heads", "_identity", "frame", "heading", "name", "picked_standing", "standing")

    def __init__(self, heading: Heading) -> None:
        self.heading = heading
        self.frame = frame_of(heading)
        self.name = f"{heading.id}:{'c' if heading.is_coding else 'n'}."
        self.standing = _escaped(self.frame.standing)
        self.picked_standing = _escaped(self.frame.picked_standing)
        self._identity = _escaped(self.frame.identity)
        self._heads: dict[tuple[Term, ...], tuple[str, PickKey]] = {}

    def head(self, terms: tuple[Term, ...]) -> tuple[str, PickKey]:
        """The columns from Allele to BIOTYPE, and what the transcript is picked by."""
        found = self._heads.get(terms)
        if found is None:
            head = f"{ALLELE}|{term_names(terms)}|{terms[0].impact}{self._identity}"
            found = self._heads[terms] = head, pick_key(self.heading, terms[0])
        return found


class PlainZone:
    """A plain zone with the texts of its transcript, ready for use."""

    __slots__ = ("entry", "exon", "head", "intron", "line", "pick_key", "tail", "terms", "texts", "zone")

    def __init__(self, zone: Zone, texts: TranscriptTexts) -> None:
        self.zone = zone
        self.texts = texts
        self.terms = zone.terms
        count = texts.heading.exon_count
        self.exon = f"{zone.exon}/{count}" if zone.exon else ""
        self.intron = f"{zone.intron}/{count - 1}" if zone.intron else ""
        head, self.pick_key = texts.head(zone.terms)
        self.head = f"{head}{self.exon}|{self.intron}|"  # up to HGVSc
        self.tail = f"||{'%d' if zone.cdna else ''}|||||{'%d' if zone.is_flank else ''}"  # from there to DISTANCE
        self.entry = f"{self.head}{self.tail}{texts.standing}"  # of a change that is not named, and not picked
        self.line = _line(zone.number, start=zone.start, sign=zone.sign)  # of the number in the name, or the distance

    @property
    def name(self) -> str:
        """What the name of a single-base change begins with; empty: it has none."""
        return "" if self.zone.is_flank else f"{self.texts.name}{self.zone.name}"

    @property
    def hgvsc(self) -> str:
        """The name of a single-base change, as a format."""
        if self.zone.is_flank:
            return ""
        return f"{_escaped(self.name)}%d{_FORWARD_CHANGE if self.texts.heading.strand > 0 else _REVERSE_CHANGE}"

    def lines(self, *, named: bool) -> list[Line]:
        """The numbers of a single-base change's entry, in the order in which it holds them."""
        zone = self.zone
        if zone.is_flank:
            return [self.line]
        lines = [self.line] if named else []
        if zone.cdna:
            lines.append(_line(zone.cdna, start=zone.start, sign=self.texts.heading.strand))
        return lines

    def named_entry(self, name: str, *, picked: bool) -> str:
        """The CSQ entry of a change with this name, as a format."""
        texts = self.texts
        return f"{self.head}{name}{self.tail}{texts.picked_standing if picked else texts.standing}"

    def effect(self, variant: Variant) -> Effect:
        """What any change that lies in the zone does, without its name; it must not lie in an exon."""
        distance = str(_distance(self.line, variant)) if self.zone.is_flank else ""
        return Effect(terms=self.terms, intron=self.intron, distance=distance)


def _escaped(text: str) -> str:
    """A text for a format, in which a percent sign begins the place of a number."""
    return text.replace("%", "%%")


def fill_other(text: bytes, lines: Sequence[Line], *, variant: Variant, allele: bytes, name: bytes) -> bytes:
    """Put distances, VEP's Allele and a name into the format of a change that is no single-base change."""
    numbers = tuple([_distance(line, variant) for line in lines])
    return (text % numbers).replace(_ALLELE, allele).replace(_NAME, name)


def _distance(line: Line, variant: Variant) -> int:
    """How far a change is from a transcript: its nearest base counts, and of an insertion the nearer one beside it."""
    sign, base = line
    nearest = min(variant.position, variant.end) if sign > 0 else max(variant.position, variant.end)
    return sign * nearest + base


def _line(number: int, *, start: int, sign: int) -> Line:
    return sign, number - sign * start


def _change(ref: int, alt: int) -> bytes:
    table = bytearray(range(256))
    reverse_ref, reverse_alt = _COMPLEMENT[ref], _COMPLEMENT[alt]
    for placeholder, base in zip(b"\x01\x02\x03\x04\x05", (alt, ref, alt, reverse_ref, reverse_alt), strict=True):
        table[placeholder] = base
    return bytes(table)


# The tables that put a change into a text, by `4 * number of REF + number of ALT`, A, C, G, T being 0 to 3.
CHANGES = tuple(_change(ref, alt) for ref in _BASES for alt in _BASES)
