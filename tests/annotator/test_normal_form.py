"""Alleles have one normal form, wherever in a repeat they were written."""

import random
from dataclasses import dataclass

import pytest

from annotator.alleles import trim
from annotator.normal_form import MAX_SHIFT, normal_form


@dataclass
class Bases:
    text: bytes

    @property
    def length(self) -> int:
        return len(self.text)

    def bases(self, *, start: int, end: int) -> bytes:
        return self.text[max(start, 0) : end]


def applied(sequence: bytes, position: int, ref: bytes, alt: bytes) -> bytes:
    assert sequence[position - 1 :].startswith(ref)
    return sequence[: position - 1] + alt + sequence[position - 1 + len(ref) :]


class TestNormalForm:
    @pytest.mark.parametrize(
        ("position", "ref", "alt", "expected"),
        [
            (5, b"A", b"C", (5, b"A", b"C")),
            (8, b"CG", b"C", (8, b"CG", b"C")),
            (8, b"C", b"CAC", (3, b"G", b"GCA")),
            (6, b"CAC", b"C", (3, b"GCA", b"G")),
            (4, b"CACAC", b"CAC", (3, b"GCA", b"G")),
            (5, b"AC", b"TTG", (5, b"AC", b"TTG")),
        ],
    )
    def test_moves_insertions_and_deletions_to_the_left(
        self, position: int, ref: bytes, alt: bytes, expected: tuple[int, bytes, bytes]
    ) -> None:
        sequence = Bases(b"TTGCACACGT")
        found = normal_form(position, ref, alt, sequence=sequence)
        assert found == expected

    def test_is_the_same_for_every_way_to_write_a_change(self) -> None:
        chance = random.Random(3)
        for _ in range(400):
            text = bytes(chance.choice(b"AC") for _ in range(24))
            forms: dict[bytes, set[tuple[int, bytes, bytes]]] = {}
            for position in range(1, 24):
                for size in range(1, 4):
                    ref = text[position - 1 : position + size]
                    if len(ref) == size + 1:
                        for alt in (ref[:1], ref[-1:]):
                            found = normal_form(position, ref, alt, sequence=Bases(text))
                            assert applied(text, *found) == applied(text, position, ref, alt)
                            forms.setdefault(applied(text, position, ref, alt), set()).add(found)
                    base = text[position - 1 : position]
                    word = bytes(chance.choice(b"AC") for _ in range(size))
                    for alt in (base + word, word + base):
                        found = normal_form(position, base, alt, sequence=Bases(text))
                        assert applied(text, *found) == applied(text, position, base, alt)
                        forms.setdefault(applied(text, position, base, alt), set()).add(found)
            assert all(len(found) == 1 for found in forms.values())

    def test_uses_the_base_behind_at_the_beginning_of_a_contig(self) -> None:
        assert normal_form(3, b"AA", b"A", sequence=Bases(b"AAAAC")) == (1, b"AA", b"A")
        assert normal_form(4, b"A", b"AA", sequence=Bases(b"AAAAC")) == (1, b"A", b"AA")

    def test_only_trims_without_a_sequence(self) -> None:
        assert normal_form(6, b"CAC", b"C", sequence=None) == trim(6, b"CAC", b"C") == (6, b"CAC", b"C")

    def test_stops_in_an_endless_repeat(self) -> None:
        sequence = Bases(b"A" * 30_000)
        assert normal_form(20_000, b"AA", b"A", sequence=sequence)[0] == 20_000 - MAX_SHIFT
