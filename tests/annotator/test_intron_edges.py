"""Edges of introns: what is found there, and what is told of it, against the effects themselves."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from annotator.effects.effect import Variant
from annotator.effects.transcripts import effect_of
from annotator.effects.view import TranscriptView
from annotator.intron_edges import edge_terms, find_edges
from annotator.models.store import ModelStore, write_models
from annotator.models.transcript import Transcript
from annotator.models.zones import INTRON
from tests.annotator.effects.handmade import Bases
from tests.annotator.models.transcripts import NON_CODING, TRANSCRIPT

# Introns of 35, 34, 36 and 100 bases; two of the exons are single bases.
EXONS = ((101, 150), (186, 200), (235, 235), (272, 272), (373, 400))
ODD = replace(
    TRANSCRIPT,
    biotype="nonsense_mediated_decay",
    exons=EXONS,
    coding=((140, 150), (186, 200), (235, 235), (272, 272), (373, 380)),
    phase=1,
)
PLAIN = replace(NON_CODING, start=101, exons=EXONS)
SEQUENCE = Bases(text="A" * 10_000)

Found = dict[int, tuple[int, int]]  # by position: the zone and the place


def store_of(folder: Path, transcript: Transcript) -> ModelStore:
    before = replace(NON_CODING, id="ENST0.1", start=1, end=90, exons=((1, 90),))
    write_models(folder, contig="1", transcripts=[before, transcript])
    return ModelStore.open(folder / "1")


def edges(store: ModelStore) -> Found:
    """This function will ask about all bases of the second transcript that are in no plain zone."""
    positions = np.arange(int(store.starts[1]), int(store.ends[1]) + 1)
    zones = store.zones.find(np.ones(len(positions), dtype=np.int64), positions)
    asked = store.zones.kinds(zones) == 0
    positions, zones = positions[asked], zones[asked]
    found = find_edges(store, transcripts=np.ones(len(zones), dtype=np.int64), zones=zones, positions=positions)
    pairs = zip(found.zones.tolist(), found.places.tolist(), strict=True)
    return dict(zip(positions[found.rows].tolist(), pairs, strict=True))


class TestFindEdges:
    @pytest.mark.parametrize("strand", [1, -1])
    def test_finds_both_ends_of_long_introns(self, tmp_path: Path, strand: int) -> None:
        found = edges(store_of(tmp_path, replace(ODD, strand=strand)))
        # The only base in the middle of 35 counts from the donor, whose edge alone it can tell of.
        donor_of_35 = range(151, 168) if strand > 0 else range(169, 186)
        long = [*range(236, 253), *range(255, 272), *range(273, 290), *range(356, 373)]
        assert sorted(found) == [*donor_of_35, *long]
        assert [found[place][1] for place in (273, 289, 356, 372)] == [strand, 17 * strand, -17 * strand, -strand]

    def test_leaves_transcripts_alone_where_an_intron_is_very_short(self, tmp_path: Path) -> None:
        exons = ((101, 110), (124, 150), (201, 400))  # 13 bases
        assert edges(store_of(tmp_path, replace(TRANSCRIPT, exons=exons, coding=()))) == {}
        exons = ((101, 110), (125, 150), (201, 400))
        assert len(edges(store_of(tmp_path, replace(TRANSCRIPT, exons=exons, coding=())))) == 34

    def test_may_find_nothing(self) -> None:
        nothing = np.zeros(0, dtype=np.int64)
        assert len(find_edges(ModelStore({}), transcripts=nothing, zones=nothing, positions=nothing).rows) == 0


class TestEdgeTerms:
    @pytest.mark.parametrize("strand", [1, -1])
    @pytest.mark.parametrize("one", [ODD, PLAIN, replace(ODD, biotype="protein_coding")])
    def test_are_those_of_each_alone(self, tmp_path: Path, one: Transcript, strand: int) -> None:
        store = store_of(tmp_path, replace(one, strand=strand))
        view = TranscriptView(store.transcript(1), SEQUENCE)
        for position, (zone, place) in edges(store).items():
            effect = effect_of(Variant(position=position, ref="A", alt="C"), view)
            assert effect is not None
            kind, about = store.zones.kinds(np.array([zone]))[0], store.zones.about(np.array([zone]))[0]
            assert edge_terms(store.zones.terms[kind], place) == effect.terms
            assert effect.intron == f"{about[INTRON]}/4"
            assert f"{place:+d}{'A>C' if strand > 0 else 'T>G'}" in effect.hgvsc
            assert (effect.exon, effect.hgvsp, effect.cdna_position, effect.codons) == ("", "", "", "")
