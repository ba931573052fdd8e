"""`preview.json`: the first rows of the results table, for the page.

    {"columns": ["row_id", "chrom", …], "rows": [[0, "chr1", …], …]}

Values are strings, numbers, or null where there is none. A longer string is cut; the table has all of it.
"""

import json
from typing import Any

import numpy as np
import pyarrow as pa

from annotator.table import COLUMNS, ROW_ID, TableBatch

PREVIEW_ROWS = 100
LONGEST_VALUE = 200  # characters


class Preview:
    """The first rows of what the table is given; batches may go on coming."""

    def __init__(self) -> None:
        self._rows: list[list[Any]] = []

    def add(self, batch: TableBatch) -> None:
        """Take what is still missing."""
        missing = PREVIEW_ROWS - len(self._rows)
        if not missing or not len(batch):
            return
        columns = [_values(column) for column in batch.rows.slice(0, missing).columns]
        for values in zip(*columns, strict=True):
            self._rows.append([len(self._rows), *values])

    def to_json(self) -> str:
        """The text of the file: one row a line, the same rows give the same text."""
        names = json.dumps([column.name for column in (ROW_ID, *COLUMNS)])
        rows = ",\n".join(json.dumps(row, ensure_ascii=False, allow_nan=False) for row in self._rows)
        return f'{{"columns": {names},\n"rows": [\n{rows}\n]}}\n'


def _values(column: pa.Array) -> list[Any]:
    if pa.types.is_float32(column.type):
        numbers = column.to_numpy(zero_copy_only=False)
        return [float(str(number)) if np.isfinite(number) else None for number in numbers]
    return [_shortened(value) if isinstance(value, str) else value for value in column.to_pylist()]


def _shortened(value: str) -> str:
    return value if len(value) <= LONGEST_VALUE else f"{value[: LONGEST_VALUE - 1]}…"
