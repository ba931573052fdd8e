"""HGVS names on the protein.

The change is named where the transcript's 3' rule puts it, from the first amino acid that differs, and as far as
possible towards the end of the protein.
"""

from annotator.effects.coding import FRAMESHIFT, START_LOST, STOP_RETAINED
from annotator.effects.codons import CodonChange, cut_codons
from annotator.effects.effect import Variant
from annotator.effects.genetic_code import STOP, THREE_LETTERS, UNKNOWN, reverse_complement, three_letters
from annotator.effects.placing import Placement
from annotator.effects.view import TranscriptView
from annotator.ontology import Term


def protein_name(
    slid: Variant,
    placement: Placement,
    view: TranscriptView,
    *,
    steps: int,
    change: CodonChange | None,
    terms: set[Term],
    parentheses: bool,
) -> str:
    """This function will name a change of the protein; empty where it cannot be worked out.

    `placement` and `change` describe the variant where the file has it, `slid` lies `steps` bases further on.
    """
    if steps:
        placement = Placement(slid.position, slid.end, view)
        change = None
    if placement.cds_start is None or placement.cds_end is None:
        return ""
    if change is None:
        alt = slid.alt if view.is_forward else reverse_complement(slid.alt)
        change = cut_codons(view, placement.cds_start, placement.cds_end, alt)
    return name_of_codons(
        change, view, first=placement.cds_start, last=placement.cds_end, terms=terms, parentheses=parentheses
    )


def name_of_codons(
    change: CodonChange, view: TranscriptView, *, first: int, last: int, terms: set[Term], parentheses: bool
) -> str:
    """This function will name a change of the coding offsets `first` to `last`."""
    description = _description(change, _Edit(view, first, last, change.alt), terms)
    if not description:
        return ""
    name = view.transcript.protein_id or view.transcript.id
    return f"{name}:p.({description})" if parentheses else f"{name}:p.{description}"


def _description(change: CodonChange, edit: "_Edit", terms: set[Term]) -> str:
    if START_LOST in terms:
        return f"{THREE_LETTERS[edit.view.protein[:1] or UNKNOWN]}1?"
    ref, alt = change.ref_acids, change.alt_acids
    start = (edit.first + 2) // 3
    if FRAMESHIFT in terms or (STOP_RETAINED in terms and UNKNOWN in alt):
        return _frameshift(edit, start)
    if UNKNOWN in ref or UNKNOWN in alt:
        return ""
    if ref == alt:
        return f"{_range(start, ref)}=" if ref else ""
    if len(ref) == len(alt) == 1:
        return _substitution(edit, start, ref, alt)
    return _replacement(edit, start, ref, alt)


_TRANSLATED_AT_ONCE = 90  # bases, a multiple of three


class _Edit:
    """The coding sequence with coding offsets `first` to `last` replaced."""

    __slots__ = ("alt", "first", "last", "view")

    def __init__(self, view: TranscriptView, first: int, last: int, alt: str) -> None:
        self.view = view
        self.first = first
        self.last = last
        self.alt = alt

    def acids_from(self, start: int) -> str:
        """This function will translate the changed sequence, 3' UTR included, from an amino acid on to a stop."""
        view = self.view
        first_changed = (self.first + 2) // 3
        first = min(start, first_changed)
        bases = view.cds[3 * first - 3 : self.first - 1] + self.alt + view.cds[self.last :] + view.after_cds
        pieces: list[str] = []
        at, length = 0, _TRANSLATED_AT_ONCE
        while at < len(bases):
            piece = bases[at : at + length]
            acids = view.acids(piece, first=first + at // 3, selenocysteines_before=first_changed)
            if STOP in acids and 3 * (start - first) <= at + 3 * acids.index(STOP):
                pieces.append(acids[: acids.index(STOP) + 1])
                break
            pieces.append(acids)
            at, length = at + length, 4 * length
        return "".join(pieces)[start - first :]

    def extension(self, start: int) -> str:
        """This function will count the amino acids behind the lost stop up to the next one; `?`: none is known."""
        acids = self.acids_from(start)
        at = acids.find(STOP)
        return str(start + at - len(self.view.protein) - 1) if at >= 0 else "?"


def _frameshift(edit: _Edit, start: int) -> str:
    """This function will name the first amino acid that differs, its successor, and how far the new stop is."""
    old = edit.view.protein[start - 1 :] + STOP
    new = edit.acids_from(start)
    same = 0
    while same < len(new) and same < len(old) and old[same] == new[same]:
        if new[same] == STOP:
            return f"Ter{start + same}="
        same += 1
    if same >= len(new) or same >= len(old) or UNKNOWN in (old[same], new[same]):
        return ""
    place = f"{THREE_LETTERS[old[same]]}{start + same}"
    if new[same] == STOP:
        return f"{place}Ter"
    stop = new.find(STOP, same)
    return f"{place}{THREE_LETTERS[new[same]]}fsTer{stop - same + 1 if stop >= 0 else '?'}"


def _substitution(edit: _Edit, start: int, ref: str, alt: str) -> str:
    text = f"{THREE_LETTERS[ref]}{start}{THREE_LETTERS[alt]}"
    return f"{text}extTer{edit.extension(start)}" if ref == STOP else text


def _replacement(edit: _Edit, start: int, ref: str, alt: str) -> str:
    """This function will name what is left of two sequences of amino acids without their common ends."""
    same = 0
    while same < len(ref) and same < len(alt) and ref[same] == alt[same]:
        if ref[same] == STOP:
            return f"Ter{start + same}="
        same += 1
    start, ref, alt = start + same, ref[same:], alt[same:]
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    shortened = alt[: alt.index(STOP) + 1] if STOP in alt else alt
    if not ref:
        return _insertion(edit.view.protein, start, shortened)
    if not alt:
        return _deletion(edit, start, ref)
    if len(ref) == len(alt) == 1:
        return _substitution(edit, start, ref, alt)
    return f"{_range(start, ref)}delins{three_letters(shortened)}"


def _insertion(protein: str, start: int, alt: str) -> str:
    """This function will name amino acids that are inserted in front of the one at `start`."""
    whole = protein + STOP
    if STOP not in alt:
        while start <= len(whole) and whole[start - 1] == alt[0]:
            alt = alt[1:] + alt[0]
            start += 1
        copied = start - 1 - len(alt)
        if copied >= 0 and protein[copied : start - 1] == alt:
            return f"{_range(copied + 1, alt)}dup"
    if start < 2 or start > len(whole):
        return ""
    flanks = f"{THREE_LETTERS[whole[start - 2]]}{start - 1}_{THREE_LETTERS[whole[start - 1]]}{start}"
    return f"{flanks}ins{three_letters(alt)}"


def _deletion(edit: _Edit, start: int, ref: str) -> str:
    if STOP in ref:
        new = edit.acids_from(start)[:1]
        if len(ref) == 1 and new:
            return f"Ter{start}=" if new == STOP else _substitution(edit, start, ref, new)
        return f"{_range(start, ref)}delextTer{edit.extension(start)}"
    whole = edit.view.protein
    behind = start - 1 + len(ref)
    while behind < len(whole) and whole[behind] == ref[0]:
        ref = ref[1:] + ref[0]
        start += 1
        behind += 1
    return f"{_range(start, ref)}del"


def _range(start: int, acids: str) -> str:
    """This function will write the first and the last amino acid with their places."""
    first = f"{THREE_LETTERS[acids[0]]}{start}"
    return first if len(acids) == 1 else f"{first}_{THREE_LETTERS[acids[-1]]}{start + len(acids) - 1}"
