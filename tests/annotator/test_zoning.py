"""Zones against the effects themselves: every base of every plain zone."""

from dataclasses import replace

import numpy as np
import pytest

from annotator.effects.effect import Variant
from annotator.effects.naming import UNNAMED
from annotator.effects.transcripts import FLANK_BASES, effect_of
from annotator.effects.view import TranscriptView
from annotator.intron_place import IntronPlace
from annotator.models.transcript import Transcript
from annotator.models.zones import ABOUT, Zones
from annotator.zoning import zone_arrays
from tests.annotator.effects.handmade import Bases
from tests.annotator.models.transcripts import NON_CODING, TRANSCRIPT

FAR = 6_000  # from the beginning of the contig, so that no flank is cut
EXONS = ((1, 1), (3, 20), (54, 60), (95, 150), (186, 188), (223, 400))  # introns of 1, 33, 34, 35, 34 bases


def moved(one: Transcript, *, strand: int) -> Transcript:
    def move(intervals: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
        return tuple((start + FAR, end + FAR) for start, end in intervals)

    return replace(
        one,
        start=one.start + FAR,
        end=one.end + FAR,
        exons=move(one.exons),
        coding=move(one.coding),
        strand=strand,
    )


ODD = replace(TRANSCRIPT, start=1, end=400, exons=EXONS, coding=((100, 150), (186, 188), (223, 230)))
CASES = [moved(one, strand=strand) for one in (TRANSCRIPT, NON_CODING, ODD) for strand in (1, -1)]
SEQUENCE = Bases(text="A" * (FAR * 3))


@pytest.mark.parametrize("transcript", CASES)
class TestZoneArrays:
    def test_say_what_every_base_of_a_plain_zone_has(self, transcript: Transcript) -> None:
        zones = Zones(zone_arrays([transcript]))
        view = TranscriptView(transcript, SEQUENCE)
        positions = np.arange(transcript.start - FLANK_BASES, transcript.end + FLANK_BASES + 1)
        found = zones.find(np.zeros(len(positions), dtype=np.int64), positions)
        plain = 0
        rows = zip(
            positions.tolist(),
            zones.kinds(found).tolist(),
            zones.about(found).tolist(),
            zones.starts(found).tolist(),
            strict=True,
        )
        for position, kind, about, start in rows:
            if not kind:
                assert not any(about)
                continue
            plain += 1
            effect = effect_of(Variant(position=position, ref="A", alt="C"), view, naming=UNNAMED)
            assert effect is not None
            known = dict(zip(ABOUT, about, strict=True))
            assert zones.terms[kind] == effect.terms
            assert (known["exon"] or "") == (int(effect.exon.partition("/")[0]) if effect.exon else "")
            assert (known["intron"] or "") == (int(effect.intron.partition("/")[0]) if effect.intron else "")
            if known["is_flank"]:
                assert str(known["number"] + known["sign"] * (position - start)) == effect.distance
            else:
                place = IntronPlace(SEQUENCE, is_forward=True, about=about, first=start, last=position)
                assert place.coordinate(position) == place.place_of_single(position) == view.coordinate(position)
        assert plain > 2 * FLANK_BASES - 1

    def test_begin_anew_where_introns_are_counted_from_the_other_end(self, transcript: Transcript) -> None:
        zones = Zones(zone_arrays([transcript]))
        starts = zones.starts(np.arange(len(zone_arrays([transcript])["zone"]))).tolist()
        assert starts == sorted(set(starts))
        assert starts[0] == transcript.start - FLANK_BASES
        assert starts[-1] == transcript.end + 1


class TestFlanks:
    def test_begin_with_the_contig(self) -> None:
        assert Zones(zone_arrays([TRANSCRIPT])).starts(np.array([0])).tolist() == [1]
