"""The text of CSQ entries, and what is written of transcripts in them."""

import pytest

from annotator.csq import COLUMNS, encode, entry_body, feature_of, frame_of, intergenic_tail, term_names
from annotator.effects.effect import Effect
from annotator.models.store import Heading
from annotator.ontology import TERMS

HEADING = Heading(
    id="ENST1.2",
    biotype="protein_coding",
    gene_id="ENSG1",
    symbol="A;B",
    strand=-1,
    is_coding=True,
    exon_count=3,
    length=90,
    is_canonical=True,
    mane_select="NM_1.1",
    mane_plus_clinical="",
    start_incomplete=True,
    end_incomplete=True,
)


class TestEncode:
    def test_leaves_nothing_that_a_vcf_would_misread(self) -> None:
        assert encode("a%;=,|& \tc.1A>G:p") == "a%25%3B%3D%2C%7C%26%20%09c.1A>G:p"


class TestFeatureOf:
    @pytest.mark.parametrize(
        ("identifier", "expected"), [("ENST1.2", "ENST1"), ("ENST1", "ENST1"), ("NM_1.2", "NM_1.2"), ("", "")]
    )
    def test_is_as_vep_writes_it(self, identifier: str, expected: str) -> None:
        assert feature_of(identifier) == expected


class TestEntries:
    @pytest.mark.parametrize("is_picked", [True, False])
    def test_have_all_columns_in_their_places(self, is_picked: bool) -> None:
        terms = (TERMS["splice_region_variant"], TERMS["intron_variant"])
        frame = frame_of(HEADING)
        body = entry_body(frame.identity, Effect(terms=terms, intron="1/2", hgvsp="p.A1=", distance=""))
        text = "C" + body + (frame.picked_standing if is_picked else frame.standing)
        columns = dict(zip(COLUMNS.split("|"), text.split("|"), strict=True))
        assert {name: value for name, value in columns.items() if value} == {
            "Allele": "C",
            "Consequence": term_names(terms),
            "IMPACT": "LOW",
            "SYMBOL": "A%3BB",
            "Gene": "ENSG1",
            "Feature_type": "Transcript",
            "Feature": "ENST1",
            "BIOTYPE": "protein_coding",
            "INTRON": "1/2",
            "HGVSp": "p.A1%3D",
            "STRAND": "-1",
            "FLAGS": "cds_start_NF&cds_end_NF",
            **({"PICK": "1"} if is_picked else {}),
            "CANONICAL": "YES",
            "MANE_SELECT": "NM_1.1",
        }

    def test_near_no_transcript_say_only_that(self) -> None:
        text = "-" + intergenic_tail(TERMS["intergenic_variant"])
        columns = dict(zip(COLUMNS.split("|"), text.split("|"), strict=True))
        assert {name: value for name, value in columns.items() if value} == {
            "Allele": "-",
            "Consequence": "intergenic_variant",
            "IMPACT": "MODIFIER",
            "PICK": "1",
        }
