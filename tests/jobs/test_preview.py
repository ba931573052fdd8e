import json
from typing import Any

import pytest

from jobs import preview


def _parse(columns: list[Any], *rows: list[Any]) -> preview.Preview:
    return preview.parse(json.dumps({"columns": columns, "rows": rows}).encode())


def _texts(cells: tuple[preview.Cell, ...]) -> list[str]:
    return [cell.text for cell in cells]


class TestParse:
    def test_gives_labels_and_cells_in_order(self) -> None:
        found = _parse(["chrom", "pos", "most_severe", "hgvsc"], ["chr1", 12345, "missense_variant", "c.1A>G"])
        assert _texts(found.columns) == ["Chromosome", "Position", "Most severe", "HGVSc"]
        assert [_texts(row) for row in found.rows] == [["chr1", "12345", "missense_variant", "c.1A>G"]]

    def test_knows_columns_of_numbers(self) -> None:
        found = _parse(["pos", "af", "chrom"], [1, None, "1"], [2, 0.5, 2])
        assert [column.is_number for column in found.columns] == [True, True, False]
        assert [cell.is_number for cell in found.rows[0]] == [True, True, False]

    def test_names_a_row_by_its_place_or_by_its_first_cell(self) -> None:
        row = _parse(["row_id", "chrom", "pos", "id"], [0, "1", 5, "rs1"]).rows[0]
        assert [(cell.text, cell.is_heading) for cell in row] == [("1", True), ("5", True), ("rs1", False)]
        assert [cell.is_heading for cell in _parse(["a", "b"], [1, 2]).rows[0]] == [True, False]

    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (50.0, "50"), (0.000123456789, "0.000123457"), (1e-12, "1e-12"), (True, "yes"), ([1, "a"], "1, a"),
            (12345678, "12345678"), ("rs1", "rs1"), (float("nan"), "nan"), ({"a": 1}, "{'a': 1}"),
        ],
    )  # fmt: skip
    def test_writes_values_for_people(self, value: Any, text: str) -> None:
        assert _texts(_parse(["x"], [value]).rows[0]) == [text]

    def test_shortens_long_texts_and_shows_what_cannot_be_seen(self) -> None:
        long, odd = _texts(_parse(["ref", "alt"], ["A" * 10**6, "a\x1b[31m\u202eb"]).rows[0])
        assert long == "A" * 119 + "…"
        assert odd == "a\\x1b[31m\\u202eb"

    def test_leaves_out_columns_without_a_value(self) -> None:
        found = _parse(["chrom", "gnomad_af", "genotype"], ["1", None, ""], ["2", None, None])
        assert _texts(found.columns) == ["Chromosome"]
        assert [_texts(row) for row in found.rows] == [["1"], ["2"]]
        assert found.empty_columns == ("gnomAD AF", "Genotype")

    def test_takes_a_table_without_rows(self) -> None:
        assert _parse(["chrom", "pos"]).rows == ()
        assert _parse([]) == preview.Preview(columns=(), rows=(), empty_columns=())

    @pytest.mark.parametrize(
        ("data", "said"),
        [
            (b"", "Expecting value"),
            (b"{", "Expecting property name"),
            (b"[]", "no preview"),
            (b"1", "no preview"),
            (b"{}", "no preview"),
            (b'{"columns": 1, "rows": []}', "no preview"),
            (b'{"columns": ["a"], "rows": [[1, 2]]}', "more or fewer values"),
        ],
    )
    def test_refuses_what_is_none(self, data: bytes, said: str) -> None:
        with pytest.raises(ValueError, match=said):
            preview.parse(data)
