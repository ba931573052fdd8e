"""The order of picking."""

from dataclasses import replace

from annotator.effects.pick import pick_key
from annotator.models.store import Heading
from annotator.ontology import TERMS

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
