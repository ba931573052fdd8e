"""The one form in which an allele is stored and looked up: trimmed, and as far to the left as its sequence allows.

This is what `bcftools norm` and other programs call left-aligned and parsimonious, so insertions and deletions within
repeats are found wherever a caller has put them.
"""

from annotator.alleles import trim
from annotator.effects.effect import ContigSequence

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
    shift = _shift(place, word, sequence=sequence)
    turn = shift % len(word)
    word = word[len(word) - turn :] + word[: len(word) - turn]
    return _anchored(place - shift, word, is_deletion=longer is ref, sequence=sequence)


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


def _anchored(place: int, word: bytes, *, is_deletion: bool, sequence: ContigSequence) -> tuple[int, bytes, bytes]:
    if place > 1:
        base = sequence.bases(start=place - 2, end=place - 1)
        return (place - 1, base + word, base) if is_deletion else (place - 1, base, base + word)
    behind = len(word) if is_deletion else 0
    base = sequence.bases(start=behind, end=behind + 1)
    return (1, word + base, base) if is_deletion else (1, base, word + base)
