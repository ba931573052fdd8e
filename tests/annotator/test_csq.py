"""The text of CSQ entries."""

import pytest

from annotator.csq import COLUMNS, encode, entry_body, entry_head, feature_of, intergenic_tail, term_names
from annotator.effects.effect import Effect
from annotator.ontology import TERMS


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
    def test_have_all_columns_in_their_places(self) -> None:
        terms = (TERMS["splice_region_variant"], TERMS["intron_variant"])
        body = entry_body(Effect(terms=terms, intron="1/2", hgvsp="p.A1=", distance="7"))
        text = f"C{entry_head(terms)}||||||{body}"
        columns = dict(zip(COLUMNS.split("|"), text.split("|"), strict=False))
        assert {name: value for name, value in columns.items() if value} == {
            "Allele": "C",
            "Consequence": term_names(terms),
            "IMPACT": "LOW",
            "INTRON": "1/2",
            "HGVSp": "p.A1%3D",
            "DISTANCE": "7",
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
