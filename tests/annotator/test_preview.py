"""The first rows for the page."""

import json
from typing import Any

import numpy as np
import pytest

from annotator.preview import LONGEST_VALUE, PREVIEW_ROWS, Preview
from annotator.table import COLUMNS, ROW_ID, batch_of
from tests.annotator.rows import columns, variants


def preview_of(rows: dict[str, list[Any]], *, count: int, step: int) -> str:
    preview = Preview()
    for start in range(0, count, step):
        end = min(start + step, count)
        preview.add(batch_of(columns(rows, start=start, end=end), rows=end - start))
    return preview.to_json()


class TestPreview:
    def test_holds_the_first_rows_with_the_tables_columns(self) -> None:
        rows = variants(300)
        found = json.loads(preview_of(rows, count=300, step=300))
        assert found["columns"] == [column.name for column in (ROW_ID, *COLUMNS)]
        assert len(found["rows"]) == PREVIEW_ROWS
        for number, row in enumerate(found["rows"]):
            values = dict(zip(found["columns"], row, strict=True))
            assert values["row_id"] == number
            assert {name: values[name] for name in rows} == {name: rows[name][number] for name in rows}

    @pytest.mark.parametrize("count", [0, 1, 99, 100, 101])
    def test_may_be_short(self, count: int) -> None:
        found = json.loads(preview_of(variants(count), count=count, step=1_000))
        assert len(found["rows"]) == min(count, PREVIEW_ROWS)

    def test_is_the_same_however_the_rows_are_cut(self) -> None:
        rows = variants(250)
        assert len({preview_of(rows, count=250, step=step) for step in (1, 7, 99, 100, 101, 250)}) == 1

    def test_writes_numbers_as_they_were_given(self) -> None:
        rows = columns(variants(1)) | {"gnomad_af": np.array([0.000123]), "qual": np.array([np.inf])}
        preview = Preview()
        preview.add(batch_of(rows, rows=1))
        found = json.loads(preview.to_json())
        row = dict(zip(found["columns"], found["rows"][0], strict=True))
        assert (row["gnomad_af"], row["qual"]) == (0.000123, None)

    def test_cuts_long_values(self) -> None:
        rows = columns(variants(1)) | {"id": ["x" * 5_000]}
        preview = Preview()
        preview.add(batch_of(rows, rows=1))
        found = json.loads(preview.to_json())
        (value,) = [cell for cell in found["rows"][0] if isinstance(cell, str) and cell.startswith("xx")]
        assert len(value) == LONGEST_VALUE
        assert value.endswith("…")
