"""The codons that a variant touches, before and after it."""

from annotator.effects.genetic_code import STOP, UNKNOWN
from annotator.effects.placing import Placement
from annotator.effects.view import TranscriptView


class CodonChange:
    """Codons and amino acids of one variant's window; all empty where only bases are inserted between two codons."""

    __slots__ = ("alt", "alt_acids", "alt_codons", "ref_acids", "ref_codons", "within")

    def __init__(self, *, alt: str, ref_codons: str, alt_codons: str, within: int) -> None:
        self.alt = alt  # the new bases, in the transcript's direction
        self.ref_codons = ref_codons
        self.alt_codons = alt_codons
        self.within = within  # bases of the window before the change
        self.ref_acids = ""
        self.alt_acids = ""

    @property
    def amino_acids(self) -> str:
        """VEP's column: `A/T`, or only one side where both are the same; `-` stands for none."""
        ref, alt = self.ref_acids or "-", self.alt_acids or "-"
        return alt if ref == alt else f"{ref}/{alt}"

    def codons(self, ref_length: int) -> str:
        """VEP's column, the changed bases in capitals: `gCt/gTt`."""
        ref = _with_capitals(self.ref_codons, self.within, ref_length)
        return f"{ref}/{_with_capitals(self.alt_codons, self.within, len(self.alt))}"


def codon_change(placement: Placement, view: TranscriptView, *, alt: str) -> CodonChange | None:
    """This function will cut out the codons around a variant; None where an end of it is not coding.

    `alt` runs in the transcript's direction.
    """
    if placement.cds_start is None or placement.cds_end is None:
        return None
    return cut_codons(view, placement.cds_start, placement.cds_end, alt)


def cut_codons(view: TranscriptView, first: int, last: int, alt: str) -> CodonChange:
    """This function will cut out the codons around coding offsets `first` to `last` that `alt` takes the place of."""
    cds = view.cds
    start_acid, end_acid = (first + 2) // 3, (last + 2) // 3
    start, end = 3 * start_acid - 3, 3 * end_acid
    same_length = len(alt) == last - first + 1
    behind = cds[last:end]
    if end > len(cds) and not same_length:
        behind += view.after_cds[: end - max(len(cds), last)]
    change = CodonChange(
        alt=alt, ref_codons=cds[start:end], alt_codons=cds[start : first - 1] + alt + behind, within=first - 1 - start
    )
    change.ref_acids = _acids(view, change.ref_codons, start_acid)
    change.alt_acids = _acids(view, change.alt_codons, start_acid, before=None if same_length else start_acid + 1)
    return change


def _acids(view: TranscriptView, codons: str, first: int, *, before: int | None = None) -> str:
    if len(codons) == 3:
        if view.transcript.selenocysteines:
            return view.acids(codons, first=first, selenocysteines_before=before)
        return view.code.get(codons, UNKNOWN)
    acids = view.acids(codons, first=first, selenocysteines_before=before)
    return acids + UNKNOWN if len(codons) % 3 and acids != STOP else acids


def _with_capitals(codons: str, start: int, length: int) -> str:
    if not codons:
        return "-"
    lower = codons.lower()
    return lower[:start] + codons[start : start + length] + lower[start + length :]
