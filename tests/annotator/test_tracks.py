"""The table of tracks: every entry is sound, typed, safe to put into INFO, and described for people."""

import re
from pathlib import Path

import pytest

from annotator.definitions import (
    FieldDefinition,
    TrackDefinition,
    VcfAlleles,
    cell,
    first,
    listed,
    mapped,
    number,
    parts,
)
from annotator.starter.tracks import CLINVAR_FIELDS, CYTOBAND_FIELDS, GENE_FIELDS
from annotator.tracks import BY_ID, STARS, TRACKS

DOCUMENT = Path(__file__).parents[2] / "docs" / "tracks.md"
NASTY = "a b;c=d,e\tf%g:h|i\r\nj&k"
FIELDS = [(track, field) for track in TRACKS for field in track.fields]


class TestTable:
    def test_holds_the_seeds_tracks_and_the_new_ones(self) -> None:
        assert list(BY_ID) == [
            *("cytobands", "genes", "exons", "receptors", "promoters", "cpg_islands", "hgnc", "gencc", "gwas"),
            *("mirna_sites", "segmental_duplications", "cnv", "gnomad_sv", "tfbs", "dbsnp", "clinvar", "gnomad"),
        ]

    def test_names_each_field_once(self) -> None:
        names = [field.id for _, field in FIELDS]
        assert len(names) == len(set(names))

    @pytest.mark.parametrize(("track", "field"), FIELDS, ids=[field.id for _, field in FIELDS])
    def test_declares_fields_as_the_specification_wants(self, track: TrackDefinition, field: FieldDefinition) -> None:
        assert re.fullmatch(r"[A-Z][A-Z0-9_]*", field.id)
        assert field.type in {"String", "Integer", "Float"}
        assert field.number == ("A" if isinstance(track.layout, VcfAlleles) else ".")
        assert field.description
        assert '"' not in field.description

    @pytest.mark.parametrize(("track", "field"), FIELDS, ids=[field.id for _, field in FIELDS])
    def test_g3_g4_never_lets_a_source_break_info(self, track: TrackDefinition, field: FieldDefinition) -> None:
        numbers = {"otherStart", "otherEnd", "cpgNum", "fracMatch", "AF"}
        value = field.form(lambda name: "7" if name in numbers else NASTY)
        assert not re.search(r"[\s;=,:]", value)
        assert not re.search(r"%(?![0-9A-F]{2})", value)

    @pytest.mark.parametrize(("track", "field"), FIELDS, ids=[field.id for _, field in FIELDS])
    def test_says_nothing_where_a_source_says_nothing(self, track: TrackDefinition, field: FieldDefinition) -> None:
        if field.id not in {"SEGDUP", "IG_TR", "GNOMAD_SV"}:  # whose rows always have a place, a biotype, a type
            assert field.form(lambda _: "") == ""

    def test_says_a_licence_for_every_track(self) -> None:
        assert all(track.licence and track.publisher for track in TRACKS)

    def test_is_what_the_document_describes(self) -> None:
        rows = re.findall(r"^\| `(\w+)` \| (\S+) \| (\w+) \|", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
        assert rows == [(field.id, field.number, field.type) for _, field in FIELDS]


class TestStarterFields:
    def test_are_those_of_the_table(self) -> None:
        names = [field.id for field in (*CYTOBAND_FIELDS, *GENE_FIELDS, *CLINVAR_FIELDS)]
        assert names == [
            *("CYTOBAND", "GENE", "GENE_ID", "GENE_NAME", "GENE_SYNONYM", "CLINVAR_ID", "CLINVAR_SIG"),
            *("CLINVAR_REVIEW", "CLINVAR_STARS", "CLINVAR_DISEASE", "CLINVAR_MC"),
        ]


class TestForms:
    def test_of_a_cell_encode_it(self) -> None:
        assert cell("x")(lambda _: "a;b") == "a%3Bb"
        assert cell("x")(lambda _: ".") == ""

    def test_of_parts_keep_the_place_of_what_is_missing(self) -> None:
        assert parts("x", "y", "z")({"x": "a|b", "y": "", "z": "c"}.__getitem__) == "a%7Cb||c"
        assert parts("x", "y")(lambda _: "") == ""

    def test_of_lists_join_what_is_there(self) -> None:
        assert listed("x", "y", separator="|")({"x": "a| b |", "y": "c"}.__getitem__) == "a&b&c"

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("1.23456e-05", "1.235e-05"),
            ("0.00000e+00", "0"),
            ("1", "1"),
            (".", ""),
            ("nan", ""),
            ("inf", ""),
            ("x", ""),
        ],
    )
    def test_of_numbers_have_four_digits(self, text: str, value: str) -> None:
        assert number("x")(lambda _: text) == value

    def test_take_the_first_that_is_there(self) -> None:
        assert first("x", "y")({"x": ".", "y": "b"}.__getitem__) == "b"
        assert number("x", "y")({"x": ".", "y": "0.5"}.__getitem__) == "0.5"

    def test_say_what_a_text_stands_for(self) -> None:
        assert mapped("x", STARS)(lambda _: "reviewed_by_expert_panel") == "3"
        assert mapped("x", STARS)(lambda _: "something new") == ""
