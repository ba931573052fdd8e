"""Where coding bases lie."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from annotator.arrays import stem_of
from annotator.models.coding import CodingParts
from annotator.models.store import ModelStore, write_models
from tests.annotator.effects.handmade import FORWARD


@pytest.fixture
def parts(tmp_path: Path) -> CodingParts:
    """This function will give those of three transcripts, one of which does not code."""
    transcripts = [
        FORWARD,
        replace(FORWARD, id="ENST2.1", start=22, coding=()),
        replace(FORWARD, id="ENST3.1", start=23, coding=((30, 45), (200, 210))),
        replace(FORWARD, id="ENST4.1", start=24, coding=((300, 301),)),
    ]
    write_models(tmp_path, contig="1", transcripts=transcripts)
    return CodingParts(ModelStore.open(stem_of(tmp_path, contig="1")))


class TestCodingParts:
    def test_give_the_transcripts_that_code_with_their_ends(self, parts: CodingParts) -> None:
        ends = zip(parts.transcripts.tolist(), parts.firsts.tolist(), parts.lasts.tolist(), strict=True)
        assert list(ends) == [(0, 27, 99), (2, 30, 210), (3, 300, 301)]

    def test_join_what_overlaps(self, parts: CodingParts) -> None:
        stretches = zip(parts.bases.firsts.tolist(), parts.bases.lasts.tolist(), strict=True)
        assert list(stretches) == [(27, 45), (83, 99), (200, 210), (300, 301)]
        assert (parts.spans.firsts.tolist(), parts.spans.lasts.tolist()) == ([27, 300], [210, 301])

    def test_know_what_touches_them(self, parts: CodingParts) -> None:
        firsts, lasts = np.array([1, 1, 46, 46, 99, 100, 302]), np.array([26, 27, 82, 83, 99, 199, 900])
        assert parts.bases.touch(firsts, lasts).tolist() == [False, True, False, True, True, False, False]

    def test_may_be_none(self) -> None:
        parts = CodingParts(ModelStore({}))
        assert not len(parts.transcripts)
        assert parts.bases.touch(np.array([5]), np.array([6])).tolist() == [False]
