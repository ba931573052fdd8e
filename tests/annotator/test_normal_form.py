"""Alleles have one normal form, wherever in a repeat they were written."""

import ctypes
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from annotator import normal_form as module
from annotator.alleles import trim
from annotator.normal_form import MAX_SHIFT, Changes, NormalForms, normal_form, normal_forms
from annotator.sequence import Sequence
from annotator.sites import long_keys, site_key
from annotator.spans import spans_of


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


class TestNormalForms:
    def test_are_followed_by_others(self) -> None:
        first, second = [(5, b"A", b"AT"), (7, b"AC", b"A")], [(2, b"AC", b"GT")]
        both, expected = NormalForms.of(first).followed_by(NormalForms.of(second)), NormalForms.of([*first, *second])
        assert both.positions.tolist() == [5, 7, 2]
        assert both.texts.list() == expected.texts.list() == [b"A\tAT", b"AC\tA", b"AC\tGT"]
        keys = long_keys(both.positions, both.checksums).tolist()
        assert keys == [site_key(*one) for one in (*first, *second)]
        alone = NormalForms.of(first)
        assert alone.followed_by(NormalForms.of([])) is alone

    @pytest.mark.parametrize("seed", range(20))
    def test_are_those_of_each_change_alone(
        self, tmp_path: Path, loops: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch, seed: int
    ) -> None:
        chance = random.Random(seed)
        bases = "".join(chance.choices("ACacN", weights=(9, 9, 3, 3, 1), k=chance.choice((5, 61, 400))))
        width = chance.choice((4, 7, 60))
        lines = [bases[start : start + width] for start in range(0, len(bases), width)]
        (tmp_path / "s.fa").write_text(">c\n" + "\n".join(lines) + "\n")
        (tmp_path / "s.fa.fai").write_text(f"c\t{len(bases)}\t3\t{width}\t{width + 1}\n")
        contig = Sequence(tmp_path / "s.fa").contig("c")
        words, positions, deletions = [], [], []
        for _ in range(200):
            start = chance.randrange(1, len(bases))
            is_deletion = chance.random() < 0.5
            length = min(chance.choice((1, 1, 2, 3, 6)), len(bases) - start)
            words.append((bases[start : start + length] if is_deletion else "aCACC"[:length]).encode())
            positions.append(start + 1)
            deletions.append(is_deletion)
        changes = Changes(
            words=spans_of(words),
            positions=np.array(positions, dtype=np.int64),
            are_deletions=np.array(deletions, dtype=np.bool_),
        )
        for library in (None, loops):
            monkeypatch.setattr(module, "_LIBRARY", library)
            found = normal_forms(changes, sequence=contig)
            keys = long_keys(found.positions, found.checksums).tolist()
            texts = found.texts.list()
            for number, (word, position, is_deletion) in enumerate(zip(words, positions, deletions, strict=True)):
                anchor = contig.bases(start=position - 2, end=position - 1)
                long, short = anchor + word.upper(), anchor
                ref, alt = (long, short) if is_deletion else (short, long)
                at, ref, alt = normal_form(position - 1, ref, alt, sequence=contig)
                assert (found.positions[number], texts[number]) == (at, ref + b"\t" + alt)
                assert keys[number] == site_key(at, ref, alt)
