"""The order of picking."""

import random
from dataclasses import replace
from pathlib import Path

from annotator.effects.pick import RANK_SHIFT, pick_key, picking_numbers
from annotator.models.store import Heading, ModelStore, write_models
from annotator.ontology import TERMS
from tests.annotator.effects.handmade import FORWARD

MISSENSE, INTRON = TERMS["missense_variant"], TERMS["intron_variant"]
PLAIN = Heading(
    id="ENST1.2",
    biotype="protein_coding",
    gene_id="ENSG1",
    symbol="HAND",
    strand=1,
    is_coding=True,
    exon_count=2,
    length=30,
    is_canonical=False,
    mane_select="",
    mane_plus_clinical="",
    start_incomplete=False,
    end_incomplete=False,
)


class TestPickKey:
    def test_prefers_mane_select_to_severity(self) -> None:
        assert pick_key(replace(PLAIN, mane_select="NM_1.1"), INTRON) < pick_key(PLAIN, MISSENSE)

    def test_prefers_mane_plus_clinical_to_canonical(self) -> None:
        plus = replace(PLAIN, mane_plus_clinical="NM_1.1")
        assert pick_key(plus, INTRON) < pick_key(replace(PLAIN, is_canonical=True), MISSENSE)

    def test_prefers_canonical_to_coding(self) -> None:
        canonical = replace(PLAIN, is_canonical=True, biotype="lncRNA")
        assert pick_key(canonical, INTRON) < pick_key(PLAIN, MISSENSE)

    def test_prefers_coding_to_severity(self) -> None:
        assert pick_key(PLAIN, INTRON) < pick_key(replace(PLAIN, biotype="nonsense_mediated_decay"), MISSENSE)

    def test_prefers_the_more_severe(self) -> None:
        assert pick_key(replace(PLAIN, length=3), MISSENSE) < pick_key(PLAIN, INTRON)

    def test_prefers_the_longer_then_the_first_name(self) -> None:
        assert pick_key(PLAIN, INTRON) < pick_key(replace(PLAIN, id="A", length=3), INTRON)
        assert pick_key(replace(PLAIN, id="A"), INTRON) < pick_key(PLAIN, INTRON)


class TestPickingNumbers:
    def test_order_transcripts_as_the_key_does(self, tmp_path: Path) -> None:
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
