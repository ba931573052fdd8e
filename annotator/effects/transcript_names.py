"""HGVS names on the transcript: `c.` where it codes, else `n.`.

A deletion or an insertion is named as far as possible in the transcript's direction (HGVS's 3' rule). As in VEP the
genome is followed, so a change slides from an exon into the intron and on, where the bases allow it.
"""

from bisect import bisect_right

from annotator.effects.effect import Variant
from annotator.effects.genetic_code import reverse_complement
from annotator.effects.view import TranscriptView

_SEARCHED = 1_000  # bases behind a change among which it may slide, as in VEP
_FIRST_LOOK = 32


def slide(variant: Variant, view: TranscriptView) -> tuple[Variant, int]:
    """This function will move a pure deletion or insertion in the transcript's direction; also by how many bases."""
    moved = variant.ref or variant.alt
    if variant.ref and variant.alt:
        return variant, 0
    length = len(moved)
    limit = _SEARCHED - length + 1 if length <= _SEARCHED else _SEARCHED
    steps, looked = 0, min(_FIRST_LOOK, limit)
    while True:
        steps = _steps(variant, view, moved, looked)
        if steps < looked or looked == limit:
            break
        looked = limit
    if not steps:
        return variant, 0
    turn = steps % length
    if view.is_forward:
        moved, position = moved[turn:] + moved[:turn], variant.position + steps
    else:
        moved, position = moved[length - turn :] + moved[: length - turn], variant.position - steps
    if variant.ref:
        return Variant(position=position, ref=moved, alt=""), steps
    return Variant(position=position, ref="", alt=moved), steps


def transcript_name(variant: Variant, slid: Variant, view: TranscriptView) -> str:
    """This function will name a variant that lies within the transcript; empty where it slides out of it."""
    text = description(variant, slid, view)
    if not text:
        return ""
    return f"{view.transcript.id}:{'c' if view.is_coding else 'n'}.{text}"


def description(variant: Variant, slid: Variant, view: TranscriptView) -> str:
    """This function will write the name without what it refers to, `76A>C`; empty where there is none."""
    ref, alt = slid.ref, slid.alt
    if not view.is_forward:
        ref, alt = reverse_complement(ref), reverse_complement(alt)
    if len(ref) == len(alt) == 1:
        return f"{_substitution_place(variant, view)}{ref}>{alt}"
    if not ref:
        return _insertion(slid, alt, view)
    place = _range(slid.position, slid.end, view)
    if not place or not alt:
        return place and f"{place}del"
    if len(ref) == len(alt) and reverse_complement(ref) == alt:
        return f"{place}inv"
    return f"{place}delins{alt}"


def coordinate(position: int, view: TranscriptView) -> str:
    """This function will write a genomic position in HGVS's numbers, `-3`, `88+1`, `*12`; empty outside."""
    starts, ends = view.exon_starts, view.exon_ends
    at = bisect_right(starts, position) - 1
    if at < 0:
        return ""
    if position <= ends[at]:
        return _number(view.offset_in_exon(at, position), view)
    if at + 1 >= len(starts):
        return ""
    behind, ahead = position - ends[at], starts[at + 1] - position
    if behind < ahead or (behind == ahead and view.is_forward):
        sign, distance, offset = "+" if view.is_forward else "-", behind, view.offset_in_exon(at, ends[at])
    else:
        sign, distance, offset = "-" if view.is_forward else "+", ahead, view.offset_in_exon(at + 1, starts[at + 1])
    return f"{_number(offset, view)}{sign}{distance}"


def _steps(variant: Variant, view: TranscriptView, moved: str, looked: int) -> int:
    length = len(moved)
    if view.is_forward:
        ahead = view.genomic(variant.end + 1, looked)
    else:
        first = max(variant.position - looked, 1)
        ahead = view.genomic(first, variant.position - first)[::-1]
        moved = moved[::-1]
    steps = 0
    for base in ahead:
        if base != moved[steps % length]:
            break
        steps += 1
    return steps


def _substitution_place(variant: Variant, view: TranscriptView) -> str:
    """This function will count the filled up bases of an incomplete first codon in, as VEP does for single bases."""
    if view.padding:
        offset = view.offset(variant.position)
        if offset is not None and view.coding_start <= offset <= view.coding_end:
            return str(offset - view.coding_start + 1 + view.padding)
    return coordinate(variant.position, view)


def _insertion(slid: Variant, alt: str, view: TranscriptView) -> str:
    length, transcript = len(slid.alt), view.transcript
    first = slid.position - length if view.is_forward else slid.position
    if first >= transcript.start and first + length - 1 <= transcript.end and view.genomic(first, length) == slid.alt:
        place = _range(first, first + length - 1, view)
        return place and f"{place}dup"
    place = _range(slid.end, slid.position, view)
    return place and f"{place}ins{alt}"


def _range(first: int, last: int, view: TranscriptView) -> str:
    if first == last:
        return coordinate(first, view)
    start, end = coordinate(first, view), coordinate(last, view)
    if not start or not end:
        return ""
    return f"{start}_{end}" if view.is_forward else f"{end}_{start}"


def _number(offset: int, view: TranscriptView) -> str:
    if not view.is_coding:
        return str(offset)
    if offset > view.coding_end:
        return f"*{offset - view.coding_end}"
    if offset >= view.coding_start:
        return str(offset - view.coding_start + 1)
    return str(offset - view.coding_start)
