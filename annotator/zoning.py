"""Cut transcripts into zones, and say of each plain one what holds for all its bases: see `annotator.models.zones`."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.effects.effect import Effect, Variant
from annotator.effects.naming import UNNAMED
from annotator.effects.splicing import EXON_REACH
from annotator.effects.transcripts import FLANK_BASES, effect_of
from annotator.effects.view import TranscriptView
from annotator.models.transcript import Interval, Transcript
from annotator.models.zones import ABOUT, region_of

INTRON_EDGE = 17  # bases of an intron that do, or to the polypyrimidine tract

_NOTHING = (0,) * len(ABOUT)  # of a zone that is not plain


class _Unread:
    """A sequence for what does not depend on the sequence."""

    length = 2**31

    def bases(self, *, start: int, end: int) -> bytes:
        return b"N" * (end - start)


def zone_arrays(transcripts: Sequence[Transcript]) -> dict[str, NDArray[Any]]:
    """The zones of these transcripts as columns for the store that holds the transcripts in the same order."""
    kinds: dict[str, int] = {"": 0}  # consequence terms by number; the first is that of zones that are not plain
    keys: list[int] = []
    kind_of: list[int] = []
    about: list[tuple[int, ...]] = []
    for number, transcript in enumerate(transcripts):
        view = TranscriptView(transcript, _Unread())
        for start, is_plain in _zones_of(transcript):
            keys.append(number << 32 | start)
            if not is_plain:
                kind_of.append(0)
                about.append(_NOTHING)
                continue
            effect = effect_of(Variant(position=start, ref="A", alt="C"), view, naming=UNNAMED)
            assert effect is not None
            kind_of.append(kinds.setdefault("&".join(term.name for term in effect.terms), len(kinds)))
            about.append(_about(start, effect, view))
    return {
        "zone": np.array(keys, dtype=np.uint64),
        "zone_kind": np.array(kind_of, dtype=np.uint8),
        "zone_kind_terms": np.frombuffer("\n".join(kinds).encode(), dtype=np.uint8),
        "zone_about": np.array(about, dtype=np.int32).reshape(-1, len(_NOTHING)),
    }


def _about(start: int, effect: Effect, view: TranscriptView) -> tuple[int, ...]:
    """The columns of a plain zone that begins here, as `Zones.plain_zone` reads them."""
    transcript = view.transcript
    exon, intron = (int(text.partition("/")[0] or 0) for text in (effect.exon, effect.intron))
    if effect.distance:
        return exon, intron, 0, 1, 0, 0, int(effect.distance), -1 if start < transcript.start else 1
    name = view.coordinate(start)
    head = name.rstrip("0123456789")
    sign = -transcript.strand if head.endswith("-") else transcript.strand
    return exon, intron, int(effect.cdna_position or 0), 0, *region_of(head), int(name[len(head) :]), sign


def _zones_of(transcript: Transcript) -> Iterator[tuple[int, bool]]:
    """First base and plainness of each zone, in genomic order."""
    yield max(transcript.start - FLANK_BASES, 1), True
    last = len(transcript.exons) - 1
    for number, exon in enumerate(transcript.exons):
        yield from _zones_of_exon(exon, inner_start=number > 0, inner_end=number < last, transcript=transcript)
        if number < last:
            yield from _zones_of_intron(exon[1] + 1, transcript.exons[number + 1][0] - 1)
    yield transcript.end + 1, True


def _zones_of_exon(
    exon: Interval, *, inner_start: bool, inner_end: bool, transcript: Transcript
) -> Iterator[tuple[int, bool]]:
    start, end = exon
    plain_start = start + (EXON_REACH if inner_start else 0)
    plain_end = end - (EXON_REACH if inner_end else 0)
    borders = {start, plain_start, plain_end + 1}
    coding_start, coding_end = (transcript.coding[0][0], transcript.coding[-1][1]) if transcript.coding else (0, 0)
    if coding_start:
        borders |= {coding_start, coding_end + 1}
    for border in sorted(border for border in borders if start <= border <= end):
        in_middle = plain_start <= border <= plain_end
        yield border, in_middle and not coding_start <= border <= coding_end


def _zones_of_intron(start: int, end: int) -> Iterator[tuple[int, bool]]:
    """An intron's numbers count from its nearer end; a base in the very middle belongs to a zone of its own."""
    if start > end:
        return
    yield start, False
    plain_start, plain_end = start + INTRON_EDGE, end - INTRON_EDGE
    if plain_start > plain_end:
        return
    middle, is_odd = divmod(start + end, 2)
    borders = {plain_start, middle + 1} if is_odd else {plain_start, middle, middle + 1}
    yield from ((border, True) for border in sorted(border for border in borders if plain_start <= border <= plain_end))
    yield plain_end + 1, False
