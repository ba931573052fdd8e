"""The results table: what is in it, how it is laid out, that its bytes depend on the rows alone."""

import pickle
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from annotator import table as table_module
from annotator.coded import Coded
from annotator.table import COLUMNS, ROW_GROUP_ROWS, ROW_ID, VariantTable, batch_of
from tests.annotator.rows import columns, variants


def write(path: Path, rows: dict[str, list[Any]], *, cuts: list[int]) -> Path:
    with VariantTable(path) as table:
        for start, end in pairwise(cuts):
            batch = batch_of(columns(rows, start=start, end=end), rows=end - start)
            table.write(pickle.loads(pickle.dumps(batch)))
        assert table.rows == cuts[-1]
    return path


@pytest.fixture
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_module, "ROW_GROUP_ROWS", 64)


class TestRows:
    def test_come_back_as_they_were(self, tmp_path: Path) -> None:
        rows = variants(300)
        found = pq.read_table(write(tmp_path / "t.parquet", rows, cuts=[0, 300])).to_pydict()
        rows["gnomad_af"] = [None if value is None else float(np.float32(value)) for value in rows["gnomad_af"]]
        for name, values in rows.items():
            assert found[name] == values, name
        assert found["row_id"] == list(range(300))
        assert found["hgvsp"] == [None] * 300

    def test_are_plain_strings_and_small_numbers_to_a_reader(self, tmp_path: Path) -> None:
        schema = pq.read_schema(write(tmp_path / "t.parquet", variants(3), cuts=[0, 3]))
        assert schema.names == [column.name for column in (ROW_ID, *COLUMNS)]
        types = {field.name: str(field.type) for field in schema}
        assert {types[name] for name in ("chrom", "id", "consequence", "hgvsc")} == {"string"}
        assert (types["pos"], types["gnomad_af"], types["clinvar_stars"]) == ("int32", "float", "int8")
        assert not schema.field("pos").nullable

    def test_may_be_none(self, tmp_path: Path) -> None:
        with VariantTable(tmp_path / "t.parquet"):
            pass
        assert pq.read_table(tmp_path / "t.parquet").num_rows == 0

    def test_may_hold_bytes_and_broken_text(self, tmp_path: Path) -> None:
        rows = columns(variants(2)) | {
            "id": [b"rs1", b"\xff"],
            "filter": Coded(codes=np.array([0, 0]), values=[b"\xfe"]),
        }
        with VariantTable(tmp_path / "t.parquet") as table:
            table.write(batch_of(rows, rows=2))
        found = pq.read_table(tmp_path / "t.parquet").to_pydict()
        assert found["id"] == ["rs1", "\N{REPLACEMENT CHARACTER}"]
        assert found["filter"] == ["\N{REPLACEMENT CHARACTER}"] * 2

    def test_need_known_columns(self) -> None:
        with pytest.raises(KeyError, match="no columns"):
            batch_of(columns(variants(2)) | {"nonsense": ["a", "b"]}, rows=2)

    def test_need_a_position(self) -> None:
        rows = columns(variants(2))
        del rows["pos"]
        with pytest.raises(KeyError, match="pos"):
            batch_of(rows, rows=2)


class TestLayout:
    def test_cuts_row_groups_at_the_row(self, tmp_path: Path, small_groups: None) -> None:
        path = write(tmp_path / "t.parquet", variants(200), cuts=[0, 10, 150, 200])
        file = pq.ParquetFile(path)
        assert [file.metadata.row_group(index).num_rows for index in range(4)] == [64, 64, 64, 8]

    def test_tells_where_a_row_group_lies(self, tmp_path: Path, small_groups: None) -> None:
        path = write(tmp_path / "t.parquet", variants(200), cuts=[0, 200])
        group = pq.ParquetFile(path).metadata.row_group(1)
        found = {group.column(index).path_in_schema: group.column(index) for index in range(group.num_columns)}
        assert (found["pos"].statistics.min, found["pos"].statistics.max) == (5, 99_005)
        assert (found["row_id"].statistics.min, found["row_id"].statistics.max) == (64, 127)
        assert found["chrom"].statistics.max == "chr2"
        assert found["pos"].compression == "ZSTD"
        assert "RLE_DICTIONARY" in found["consequence"].encodings

    def test_ends_a_row_group_of_long_alleles_early(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(table_module, "_ROW_GROUP_BYTES", 10_000)
        path = write(tmp_path / "t.parquet", variants(200), cuts=[0, 100, 200])
        assert pq.ParquetFile(path).metadata.num_row_groups == 2
        assert pq.read_table(path)["row_id"].to_pylist() == list(range(200))

    def test_says_what_its_columns_hold(self, tmp_path: Path) -> None:
        metadata = pq.read_metadata(write(tmp_path / "t.parquet", variants(3), cuts=[0, 3])).metadata
        assert b"0 to 1" in metadata[b"genomics_cloud.columns"]
        assert all(column.text for column in COLUMNS)

    def test_has_the_row_groups_that_readers_expect(self) -> None:
        assert ROW_GROUP_ROWS == 65_536


class TestBytes:
    def test_depend_on_the_rows_alone(self, tmp_path: Path, small_groups: None) -> None:
        rows = variants(500)
        ways = [[0, 500], list(range(0, 501, 5)), [0, 1, 63, 64, 65, 200, 201, 499, 500], [0, 130, 390, 500]]
        files = [write(tmp_path / f"{number}.parquet", rows, cuts=cuts) for number, cuts in enumerate(ways)]
        assert len({path.read_bytes() for path in files}) == 1

    def test_do_not_hold_strings_that_no_row_has(self, tmp_path: Path) -> None:
        path = write(tmp_path / "t.parquet", variants(300), cuts=[0, 300])
        assert b"unused" not in pa.array(pq.read_table(path)["filter"].unique()).to_pylist()
        batch = batch_of(columns(variants(300)), rows=300).rows
        assert "unused" not in batch["filter"].dictionary.to_pylist()


class TestFailure:
    def test_leaves_no_more_rows(self, tmp_path: Path) -> None:
        batch = batch_of(columns(variants(3)), rows=3)
        table = VariantTable(tmp_path / "t.parquet")
        table.write(batch)
        table.__exit__(RuntimeError, RuntimeError("stop"), None)
        assert pq.read_table(tmp_path / "t.parquet").num_rows == 0


class TestDocumentation:
    def test_lists_every_column_as_it_is(self) -> None:
        text = (Path(__file__).parents[2] / "docs" / "results.md").read_text(encoding="utf-8")
        for column in (ROW_ID, *COLUMNS):
            kind = "string" if pa.types.is_dictionary(column.type) else str(column.type).replace("float", "float32")
            assert f"| `{column.name}` | {kind} | {column.text} |" in text
