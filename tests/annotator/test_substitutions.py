"""Bases that are replaced, many at once: what is told of them is what `annotator.effects` says, one by one."""

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from annotator.effects.effect import Effect, Variant
from annotator.effects.naming import NAMED, UNNAMED, Naming
from annotator.effects.transcripts import effect_of
from annotator.effects.view import TranscriptView
from annotator.models.store import ModelStore, write_models
from annotator.models.transcript import Transcript
from annotator.reference import Reference
from annotator.sequence import ContigBases
from annotator.substitutions import Substitutions, substitution_effects
from tests.annotator.blocks import sequence
from tests.annotator.effects.handmade import FLANK, FORWARD, GENE, one_exon
from tests.annotator.invented import Invented

Change = tuple[int, int, str]  # number of the transcript, position, new base


def told(
    changes: list[Change], *, store: ModelStore, bases: ContigBases, naming: Naming = NAMED
) -> dict[Change, Effect | None]:
    asked = Substitutions(
        transcripts=np.array([number for number, _, _ in changes], dtype=np.int64),
        positions=np.array([position for _, position, _ in changes], dtype=np.int64),
        alts=np.array([ord(alt) for _, _, alt in changes], dtype=np.uint8),
    )
    found = substitution_effects(asked, store=store, sequence=bases, naming=naming)
    return dict(zip(changes, found, strict=True))


def changes_of(store: ModelStore, bases: ContigBases) -> list[Change]:
    """This function will change each base of each transcript that codes to each other one, in random order."""
    text = bases.bases(start=0, end=bases.length).decode()
    found = [
        (int(number), position, alt)
        for number in np.flatnonzero(store.are_coding)
        for position in range(int(store.starts[number]), int(store.ends[number]) + 1)
        for alt in "ACGT"
        if text[position - 1] not in (alt, "N")
    ]
    random.Random(7).shuffle(found)
    return found


def assert_right(found: dict[Change, Effect | None], *, store: ModelStore, bases: ContigBases, naming: Naming) -> None:
    views: dict[int, TranscriptView] = {}
    wrong = []
    for (number, position, alt), effect in found.items():
        if effect is None:
            continue
        view = views.setdefault(number, TranscriptView(store.transcript(number), bases))
        ref = bases.bases(start=position - 1, end=position).decode()
        expected = effect_of(Variant(position=position, ref=ref, alt=alt), view, naming=naming)
        if effect != expected:
            wrong.append((view.transcript.id, position, alt, effect, expected))
    assert wrong[:3] == []


def store_of(folder: Path, *transcripts: Transcript) -> ModelStore:
    write_models(folder, contig="1", transcripts=transcripts)
    return ModelStore.open(folder / "1")


def share_told(found: dict[Change, Effect | None]) -> float:
    return sum(effect is not None for effect in found.values()) / len(found)


class TestSubstitutionEffects:
    @pytest.mark.parametrize("naming", [NAMED, UNNAMED, Naming(parentheses=True)])
    def test_are_those_of_each_alone(self, invented: Invented, naming: Naming) -> None:
        reference = Reference(invented.folder)
        place = reference.contig("7")
        assert place is not None
        bases, store = reference.sequence_of(place), reference.models(place)
        assert bases is not None
        changes = changes_of(store, bases)[:6_000]
        found = told(changes, store=store, bases=bases, naming=naming)
        assert_right(found, store=store, bases=bases, naming=naming)
        kinds = {term.name for effect in found.values() if effect for term in effect.terms}
        assert {"missense_variant", "synonymous_variant", "stop_gained", "NMD_transcript_variant"} <= kinds

    def test_are_told_of_all_that_is_usual(self, tmp_path: Path) -> None:
        gene = one_exon("ATG" + "GCTAGC" * 10 + "TGA")
        bases, store = sequence(tmp_path, gene.text), store_of(tmp_path, gene.transcript)
        found = told(changes_of(store, bases), store=store, bases=bases)
        assert_right(found, store=store, bases=bases, naming=NAMED)
        special = {position - gene.transcript.start + 1 for (_, position, _), effect in found.items() if effect is None}
        assert special == {1, 2, 3, 64, 65, 66}

    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"strand": -1},
            {"phase": 1},
            {"phase": 2, "start_incomplete": True},
            {"start_incomplete": True, "end_incomplete": True},
            {"mitochondrial": True},
            {"coding": ((28, 39), (83, 97))},
            {"protein_id": "", "biotype": "nonsense_mediated_decay"},
            {"exons": ((21, 30), (32, 39), (44, 47), (83, 108))},
        ],
    )
    def test_keep_to_odd_models(self, tmp_path: Path, fields: dict[str, object]) -> None:
        one = replace(FORWARD, **fields)  # type: ignore[arg-type]
        bases, store = sequence(tmp_path, GENE), store_of(tmp_path, replace(one, id="ENST0.1", strand=-one.strand), one)
        found = told(changes_of(store, bases), store=store, bases=bases)
        assert_right(found, store=store, bases=bases, naming=NAMED)
        assert share_told(found) > 0.1

    def test_are_left_to_others_where_selenocysteines_are(self, tmp_path: Path) -> None:
        gene = one_exon("ATGTGAGCATAA", selenocysteines=(2,))
        bases, store = sequence(tmp_path, gene.text), store_of(tmp_path, gene.transcript)
        assert share_told(told(changes_of(store, bases), store=store, bases=bases)) == 0

    def test_are_left_to_others_where_a_base_is_not_known(self, tmp_path: Path) -> None:
        gene = one_exon("ATGGCNGCATAA")
        bases, store = sequence(tmp_path, gene.text), store_of(tmp_path, gene.transcript)
        found = told(changes_of(store, bases), store=store, bases=bases)
        assert {position - len(FLANK) for (_, position, _), effect in found.items() if effect} == {7, 8, 9}

    def test_are_left_to_others_where_the_contig_ends_too_soon(self, tmp_path: Path) -> None:
        gene = one_exon("ATGGCTGCATAA")
        short = gene.text[: gene.transcript.end - 1]
        bases, store = sequence(tmp_path, short), store_of(tmp_path, gene.transcript)
        assert set(told([(0, len(FLANK) + 4, "A")], store=store, bases=bases).values()) == {None}

    def test_may_be_none(self, tmp_path: Path) -> None:
        bases = sequence(tmp_path, GENE)
        assert told([], store=store_of(tmp_path, FORWARD), bases=bases) == {}
        assert told([], store=ModelStore({}), bases=bases) == {}
