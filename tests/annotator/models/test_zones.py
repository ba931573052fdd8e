"""Zones of several transcripts, and the regions of names."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from annotator.errors import InvalidReferenceError
from annotator.models.zones import NAME_SIGNS, NAME_STEPS, Zones, region_of
from annotator.zoning import zone_arrays
from tests.annotator.models.transcripts import NON_CODING, TRANSCRIPT


class TestZones:
    def test_may_be_none(self) -> None:
        assert Zones({}).terms == [()]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"zone_kind": np.zeros(1, dtype=np.uint8)},
            {"zone_kind": np.zeros(0, dtype=np.int64)},
            {"zone_about": np.zeros((0, 3), dtype=np.int32)},
        ],
    )
    def test_are_columns_of_one_table(self, wrong: dict[str, NDArray[Any]]) -> None:
        with pytest.raises(InvalidReferenceError):
            Zones(wrong)

    def test_of_one_transcript_are_not_those_of_another(self) -> None:
        zones = Zones(zone_arrays([NON_CODING, TRANSCRIPT]))
        found = zones.find(np.array([0, 1, 0, 1]), np.array([250, 250, 1, 1]))
        assert [zones.terms[kind][0].name for kind in zones.kinds(found)] == [
            "non_coding_transcript_exon_variant",
            "intron_variant",
            "downstream_gene_variant",
            "upstream_gene_variant",
        ]

    def test_end_where_the_next_one_begins(self) -> None:
        zones = Zones(zone_arrays([TRANSCRIPT]))
        found = zones.find(np.array([0, 0]), np.array([250, 251]))
        assert zones.starts(found).tolist() == [218, 251]
        assert zones.last_bases(found).tolist() == [250, 283]


class TestRegionOf:
    @pytest.mark.parametrize(
        ("name", "sign", "before", "step"),
        [
            ("", "", 0, ""),
            ("-", "-", 0, ""),
            ("*", "*", 0, ""),
            ("331+", "", 331, "+"),
            ("331-", "", 331, "-"),
            ("-5+", "-", 5, "+"),
            ("-5-", "-", 5, "-"),
            ("*12+", "*", 12, "+"),
            ("*12-", "*", 12, "-"),
        ],
    )
    def test_takes_names_apart(self, name: str, sign: str, before: int, step: str) -> None:
        region, number = region_of(name)
        assert number == before
        assert chr(NAME_SIGNS[region]).strip("\0") == sign
        assert chr(NAME_STEPS[region]).strip("\0") == step
