"""A plain zone, most often of an intron, as far as names need to know it: quicker at hand than the whole transcript."""

from annotator.effects.effect import ContigSequence
from annotator.models.zones import NAME_SIGNS, NAME_STEPS


class IntronPlace:
    """Positions are genomic, 1-based; asked about those outside of [first, last] it cannot answer."""

    __slots__ = ("_first", "_head", "_last", "_number", "_sequence", "_sign", "is_forward")

    def __init__(self, sequence: ContigSequence, *, is_forward: bool, about: list[int], first: int, last: int) -> None:
        """`about` is what is known of the zone: columns as `annotator.models.zones.ABOUT` lists them."""
        *_, region, before, number, sign = about
        self._sequence = sequence
        self.is_forward = is_forward
        self._first, self._last = first, last
        self._number, self._sign = number, sign
        name_sign, step = int(NAME_SIGNS[region]), int(NAME_STEPS[region])
        self._head = f"{chr(name_sign) if name_sign else ''}{before or ''}{chr(step) if step else ''}"

    def genomic(self, position: int, length: int) -> str:
        return self._sequence.bases(start=max(position - 1, 0), end=max(position - 1 + length, 0)).decode()

    def coordinate(self, position: int) -> str:
        return f"{self._head}{self._number + self._sign * (position - self._first)}"

    def place_of_single(self, position: int) -> str:
        return self.coordinate(position)

    def covers(self, first: int, last: int) -> bool:
        return first >= self._first and last <= self._last
