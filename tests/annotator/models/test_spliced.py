"""Positions and offsets of many transcripts at once, against those of each alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from annotator.effects.view import TranscriptView
from annotator.models.spliced import SplicedTranscripts
from annotator.models.store import ModelStore, write_models
from tests.annotator.effects.handmade import Bases
from tests.annotator.models.transcripts import NON_CODING, TRANSCRIPT, moved

EXONS = ((101, 101), (110, 115), (116, 130), (300, 400))
REVERSE = replace(TRANSCRIPT, id="ENST00000000003.1", strand=-1, exons=EXONS, coding=())
MODELS = (TRANSCRIPT, NON_CODING, REVERSE, moved(TRANSCRIPT, 9_000))


class TestSplicedTranscripts:
    def test_count_as_each_alone(self, tmp_path: Path) -> None:
        write_models(tmp_path, contig="1", transcripts=MODELS)
        store = ModelStore.open(tmp_path / "1")
        chosen = np.array([3, 0, 2])
        spliced = SplicedTranscripts(store, chosen)
        for place, number in enumerate(chosen.tolist()):
            view = TranscriptView(store.transcript(number), Bases(text=""))
            positions = np.arange(view.transcript.start - 20, view.transcript.end + 20)
            which = np.full(len(positions), place)
            exons = spliced.exons(which, positions)
            offsets, numbers = spliced.offsets(which, exons, positions), spliced.numbers(which, exons)
            holds = spliced.hold(which, exons, positions, edge=0)
            told = [int(offset) if held else None for offset, held in zip(offsets, holds, strict=True)]
            assert told == [view.offset(position) for position in positions.tolist()]
            back = spliced.positions(which[holds], offsets[holds])
            assert back.tolist() == positions[holds].tolist()
            ends = zip(view.exon_starts, view.exon_ends, strict=True)
            number_at = {start: view.exon_number(at) for at, (start, _) in enumerate(ends)}
            assert {start: int(numbers[positions == start][0]) for start in number_at} == number_at

    def test_keep_away_from_introns(self, tmp_path: Path) -> None:
        write_models(tmp_path, contig="1", transcripts=[REVERSE])
        spliced = SplicedTranscripts(ModelStore.open(tmp_path / "1"), np.array([0]))
        positions = np.arange(90, 410)
        which = np.zeros(len(positions), dtype=np.int64)
        held = positions[spliced.hold(which, spliced.exons(which, positions), positions, edge=3)]
        assert held.tolist() == [*range(119, 128), *range(303, 401)]
