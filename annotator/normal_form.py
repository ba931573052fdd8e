"""The one form in which an allele is stored and looked up: trimmed, and as far to the left as its sequence allows.

This is what `bcftools norm` and other programs call left-aligned and parsimonious, so insertions and deletions within
repeats are found wherever a caller has put them.
"""

import ctypes
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.alleles import trim
from annotator.effects.effect import ContigSequence
from annotator.native import load, pointers
from annotator.sequence import ContigBases
from annotator.spans import Spans, spans_of

_LIBRARY = load()
MAX_SHIFT = 10_000  # bases; a repeat that goes on for longer ends here, for stores and records alike
_WINDOW_BASES = 128


def normal_form(position: int, ref: bytes, alt: bytes, *, sequence: ContigSequence | None) -> tuple[int, bytes, bytes]:
    """Give position (1-based), REF and ALT of an upper-case allele in its normal form.

    An allele that does more than insert or delete is only trimmed, and so is any when there is no sequence.
    """
    position, ref, alt = trim(position, ref, alt)
    if sequence is None or len(ref) == len(alt) or min(len(ref), len(alt)) > 1:
        return position, ref, alt
    longer = max(ref, alt, key=len)
    if ref[0] == alt[0]:
        place, word = position + 1, longer[1:]
    elif ref[-1] == alt[-1]:
        place, word = position, longer[:-1]
    else:
        return position, ref, alt
    return _moved(place, word, is_deletion=longer is ref, sequence=sequence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Insertions and deletions, one entry each, whose REF is that of the sequence."""

    words: Spans  # what is inserted or deleted
    positions: NDArray[np.int64]  # 1-based: first base that is deleted, or the base behind what is inserted
    are_deletions: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalForms:
    """Their normal forms: 1-based positions, texts `REF` tab `ALT`, and the CRC-32 of `REF>ALT`."""

    positions: NDArray[np.int64]
    texts: Spans
    checksums: NDArray[np.uint32]

    @classmethod
    def of(cls, alleles: list[tuple[int, bytes, bytes]]) -> "NormalForms":
        """Alleles that are in their normal form: position, REF and ALT."""
        return cls(
            positions=np.array([position for position, _, _ in alleles], dtype=np.int64),
            texts=spans_of([ref + b"\t" + alt for _, ref, alt in alleles]),
            checksums=np.array([zlib.crc32(ref + b">" + alt) for _, ref, alt in alleles], dtype=np.uint32),
        )

    def followed_by(self, others: "NormalForms") -> "NormalForms":
        """These, and then the others."""
        if not len(others.positions):
            return self
        return NormalForms(
            positions=np.concatenate((self.positions, others.positions)),
            texts=self.texts.followed_by(others.texts),
            checksums=np.concatenate((self.checksums, others.checksums)),
        )


def normal_forms(changes: Changes, *, sequence: ContigBases) -> NormalForms:
    """Give the normal forms of many insertions and deletions."""
    return (_normal_forms if _LIBRARY is None else _normal_forms_natively)(changes, sequence)


def _normal_forms(changes: Changes, sequence: ContigBases) -> NormalForms:
    rows = zip(changes.words.list(), changes.positions.tolist(), changes.are_deletions.tolist(), strict=True)
    return NormalForms.of(
        [_moved(place, word.upper(), is_deletion=is_deletion, sequence=sequence) for word, place, is_deletion in rows]
    )


def _normal_forms_natively(changes: Changes, sequence: ContigBases) -> NormalForms:
    assert _LIBRARY is not None
    count = len(changes.positions)
    words, lengths = changes.words, changes.words.ends - changes.words.begins
    file, *place = sequence.layout
    out = np.empty(int(lengths.sum()) + 3 * count + 1, dtype=np.uint8)
    offsets, positions = np.zeros(count + 1, dtype=np.int64), np.empty(count, dtype=np.int64)
    checksums = np.empty(count, dtype=np.uint32)
    places = changes.positions - 1
    _LIBRARY.normal_forms(
        ctypes.c_int64(count),
        *pointers(words.text, words.begins, lengths, places, changes.are_deletions, file),
        *map(ctypes.c_int64, (*place, sequence.length, MAX_SHIFT)),
        ctypes.c_uint8(ord("\t")),
        *pointers(out, offsets, positions, checksums),
    )
    texts = Spans(text=out, begins=offsets[:-1], ends=offsets[1:])
    return NormalForms(positions=positions, texts=texts, checksums=checksums)


def _shift(place: int, word: bytes, *, sequence: ContigSequence) -> int:
    """How many bases to the left the word can move; `place` is its first base, 1-based."""
    shift = 0
    end = place - 1
    while end > 0 and shift < MAX_SHIFT:
        window = sequence.bases(start=max(end - _WINDOW_BASES, 0), end=end)
        for base in reversed(window):
            if base != word[-1 - shift % len(word)] or shift == MAX_SHIFT:
                return shift
            shift += 1
        end -= len(window)
    return shift


def _moved(place: int, word: bytes, *, is_deletion: bool, sequence: ContigSequence) -> tuple[int, bytes, bytes]:
    """The word as far to the left as it can go; `place` is its first base, 1-based."""
    shift = _shift(place, word, sequence=sequence)
    turn = shift % len(word)
    word = word[len(word) - turn :] + word[: len(word) - turn]
    return _anchored(place - shift, word, is_deletion=is_deletion, sequence=sequence)


def _anchored(place: int, word: bytes, *, is_deletion: bool, sequence: ContigSequence) -> tuple[int, bytes, bytes]:
    if place > 1:
        base = sequence.bases(start=place - 2, end=place - 1)
        return (place - 1, base + word, base) if is_deletion else (place - 1, base, base + word)
    behind = len(word) if is_deletion else 0
    base = sequence.bases(start=behind, end=behind + 1)
    return (1, word + base, base) if is_deletion else (1, base, word + base)
