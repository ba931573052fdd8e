"""The order of picking."""

import random
from dataclasses import replace
from pathlib import Path

from annotator.effects.pick import RANK_SHIFT, picking_numbers
from annotator.models.store import ModelStore, write_models
from annotator.ontology import TERMS
from tests.annotator.effects.handmade import FORWARD
from tests.annotator.entries import pick_key

MISSENSE, INTRON = TERMS["missense_variant"], TERMS["intron_variant"]


class TestPickingNumbers:
    def test_order_transcripts_as_their_description_says(self, tmp_path: Path) -> None:
        chance = random.Random(7)
        transcripts = [
            replace(
                FORWARD,
                id=f"ENST{number:03}",
                start=1 + number,
                end=44 + number,
                exons=((1 + number, 40 + number + chance.randrange(4)),),
                coding=((4 + number, 6 + number + 3 * chance.randrange(4)),) if chance.random() < 0.7 else (),
                biotype=chance.choice(("protein_coding", "lncRNA")),
                is_canonical=chance.random() < 0.3,
                mane_select="NM_1" if chance.random() < 0.2 else "",
                mane_plus_clinical="NM_2" if chance.random() < 0.2 else "",
            )
            for number in chance.sample(range(100), 60)
        ]
        write_models(tmp_path, contig="1", transcripts=transcripts)
        store = ModelStore.open(tmp_path / "1")
        terms = [chance.choice((MISSENSE, INTRON)) for _ in range(len(store))]
        numbers = picking_numbers(*store.standing()).tolist()
        by_number = sorted(range(len(store)), key=lambda index: numbers[index] | terms[index].rank << RANK_SHIFT)
        by_key = sorted(range(len(store)), key=lambda index: pick_key(store.heading(index), terms[index]))
        assert by_number == by_key
