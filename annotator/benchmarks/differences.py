"""The differences from Ensembl VEP that are known, in the order in which `docs/accuracy.md` explains them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from annotator.benchmarks.comparison import Difference
from annotator.benchmarks.mirrored_tail import MirroredTailView
from annotator.effects.effect import Variant
from annotator.effects.transcripts import effect_of
from annotator.models.store import ModelStore
from annotator.models.transcript import Transcript
from annotator.sequence import ContigBases

NOT_KNOWN = "not known"

_RESIDUE = r"(?:[A-Z][a-z]{2})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A kind of difference, told from the two values alone."""

    name: str
    column: str  # what the name of its column begins with
    fits: Callable[[str, str], bool]  # theirs, ours


KNOWN = (
    Known(
        name="a new stop behind an unchanged amino acid is no retained stop",
        column="Consequence",
        fits=lambda theirs, ours: "stop_retained" in theirs and bool(re.search("stop_gained|frameshift", ours)),
    ),
    Known(
        name="a residue added before the stop leaves the stop alone",
        column="Consequence",
        fits=lambda theirs, ours: theirs.replace("&stop_retained_variant", "") == ours,
    ),
    Known(
        name="the 3' UTR makes the stop again",
        column="Consequence",
        fits=lambda theirs, ours: "stop_lost" in theirs and "stop_retained" in ours,
    ),
    Known(
        name="a start cannot be lost and retained at once",
        column="Consequence",
        fits=lambda theirs, ours: "start_lost" in theirs and "start_retained" in theirs and "start_lost" not in ours,
    ),
    Known(
        name="a start that is not known cannot be lost",
        column="Consequence",
        fits=lambda theirs, ours: "start_lost" in theirs and "start_lost" not in ours,
    ),
    Known(
        name="incomplete ends are flagged",
        column="FLAGS",
        fits=lambda theirs, ours: not theirs and "NF" in ours,
    ),
    Known(
        name="a residue that is not known has no name",
        column="HGVSp",
        fits=lambda theirs, ours: not ours and (theirs == "p.Ter1=" or bool(re.fullmatch(r"p\.Ala2\?", theirs))),
    ),
    Known(
        name="a shifted frame is named as one",
        column="HGVSp",
        fits=lambda theirs, ours: bool(re.search(r"ins\w*Ter$", theirs)) and bool(re.search(r"fs|Ter", ours)),
    ),
    Known(
        name="several unchanged residues are named as a range",
        column="HGVSp",
        fits=lambda theirs, _ours: bool(re.fullmatch(rf"p\.{_RESIDUE}{{2,}}\d+=", theirs)),
    ),
    Known(
        name="a lost start is p.Met1?",
        column="HGVSp",
        fits=lambda theirs, _ours: bool(re.fullmatch(rf"p\.{_RESIDUE}\d+_\?\d+", theirs)),
    ),
    Known(
        name="a stop that is deleted is replaced by what follows",
        column="HGVSp",
        fits=lambda theirs, _ours: "delextTer" in theirs,
    ),
    Known(
        name="a deletion moves to the last of equal residues",
        column="HGVSp",
        fits=lambda theirs, ours: all(
            re.fullmatch(rf"p\.{_RESIDUE}\d+_{_RESIDUE}\d+del", one) for one in (theirs, ours)
        ),
    ),
    Known(
        name="nothing is known behind a coding sequence without stop",
        column="HGVSp",
        fits=lambda theirs, ours: not ours and theirs.endswith("del"),
    ),
)

MIRRORED_TAIL = "VEP reads wrong bases behind a coding sequence of the reverse strand"


class MirroredTail:
    """Tells which protein names become VEP's when a transcript is read as VEP reads it."""

    def __init__(self, store: ModelStore, sequence: ContigBases) -> None:
        transcripts = (store.transcript(index) for index in range(len(store)))
        self._transcripts: Mapping[str, Transcript] = {one.id.partition(".")[0]: one for one in transcripts}
        self._sequence = sequence

    def explains(self, difference: Difference) -> bool:
        """Whether VEP's name is what comes out with those bases."""
        transcript = self._transcripts.get(difference.transcript)
        if transcript is None or transcript.strand > 0 or not difference.column.startswith("HGVSp"):
            return False
        view = MirroredTailView(transcript, self._sequence)
        found = effect_of(_variant(difference), view)
        return found is not None and found.hgvsp.rpartition(":")[2] == difference.theirs


def explain(differences: Sequence[Difference], *, tail: MirroredTail) -> list[str]:
    """The name of the kind of each difference; classes and impacts differ for the reason that consequences do."""
    of_consequence = {_place(one): _kind(one, tail=tail) for one in differences if one.column == "Consequence"}
    return [
        of_consequence.get(_place(one), NOT_KNOWN)
        if one.column.startswith(("class", "IMPACT"))
        else _kind(one, tail=tail)
        for one in differences
    ]


def _place(difference: Difference) -> tuple[int, str, str, str]:
    return difference.position, difference.ref, difference.alt, difference.transcript


def _kind(difference: Difference, *, tail: MirroredTail) -> str:
    if tail.explains(difference):
        return MIRRORED_TAIL
    fitting = (
        known
        for known in KNOWN
        if difference.column.startswith(known.column) and known.fits(difference.theirs, difference.ours)
    )
    return next((known.name for known in fitting), NOT_KNOWN)


def _variant(difference: Difference) -> Variant:
    position, ref, alt = difference.position, difference.ref, difference.alt
    while len(ref) > 1 and len(alt) > 1 and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while ref and alt and ref[0] == alt[0]:
        position, ref, alt = position + 1, ref[1:], alt[1:]
    return Variant(position=position, ref=ref, alt=alt)
