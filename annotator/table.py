"""The results table: a Parquet file with one row per variant (ALT allele), described by its picked consequence.

Rows come in the order of the input, so they are sorted by position within a contig. A worker turns the columns of its
chunk into a batch (`batch_of`); the main process writes batches in order (`VariantTable.write`), which counts the rows
and cuts them into row groups of ROW_GROUP_ROWS. Memory is that of one row group. The bytes of the file depend on the
rows alone, not on how they were cut into chunks.

A column of a chunk is a Mapping entry by name, one of

    Coded            strings that repeat: numpy int32 codes into a list of different strings, -1 where there is none
    numpy array      numbers; NaN, and in columns of integers any negative number, where there is none
    Arrow array      of the column's own type
    list of str      strings that seldom repeat, as str or UTF-8 bytes; None where there is none

and a column that is left out is empty in all rows. COLUMNS tells names, types, units and where values come from.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from annotator.coded import Coded, decoded
from annotator.strings import strings
from annotator.texts import Texts

ROW_GROUP_ROWS = 65_536

_ROW_GROUP_BYTES = 64 * 1024 * 1024  # a row group of very long alleles ends earlier
_LAYOUT = "1"
_ZSTD_LEVEL = 1
_CODES = pa.dictionary(pa.int32(), pa.string())


Numbers = NDArray[np.integer] | NDArray[np.floating]
Values = Coded | Numbers | Sequence[str | bytes | None]  # or an Arrow array, for which there are no types


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of the table; `text` says what it holds, in which unit, and where that comes from."""

    name: str
    type: pa.DataType
    text: str
    required: bool = False


def _strings(name: str, text: str) -> Column:
    return Column(name=name, type=pa.string(), text=text)


def _repeating(name: str, text: str, *, required: bool = False) -> Column:
    return Column(name=name, type=_CODES, text=text, required=required)


def _number(name: str, kind: pa.DataType, text: str, *, required: bool = False) -> Column:
    return Column(name=name, type=kind, text=text, required=required)


ROW_ID = _number("row_id", pa.int32(), "Number of the row in this table, from 0", required=True)

COLUMNS = (
    _repeating("chrom", "CHROM as the input writes it", required=True),
    _number("pos", pa.int32(), "POS of the input, 1-based", required=True),
    _strings("id", "ID of the result: the input's, or the dbSNP number when the input has none"),
    _repeating("ref", "REF of the input", required=True),
    _repeating("alt", "The ALT allele of this row, as the input writes it", required=True),
    _number("qual", pa.float32(), "QUAL of the input, Phred-scaled"),
    _repeating("filter", "FILTER of the input"),
    _repeating("class", "Kind of change after shared bases are cut off: SNV, insertion, deletion, indel, …"),
    _repeating("consequence", "Picked transcript: consequence terms of the Sequence Ontology, & between"),
    _repeating("most_severe", "The most severe term over all transcripts"),
    _repeating("impact", "Impact of the most severe term: HIGH, MODERATE, LOW, MODIFIER"),
    _repeating("symbol", "Picked transcript: gene symbol"),
    _repeating("gene", "Picked transcript: id of its gene"),
    _repeating("feature", "Picked transcript: its id"),
    _repeating("biotype", "Picked transcript: biotype"),
    _repeating("exon", "Picked transcript: exon / number of exons"),
    _repeating("intron", "Picked transcript: intron / number of introns"),
    _strings("hgvsg", "HGVS name of the change on the genome"),
    _strings("hgvsc", "Picked transcript: HGVS name of the change in c. or n. coordinates"),
    _strings("hgvsp", "Picked transcript: HGVS name of the change in the protein"),
    _repeating("protein_position", "Picked transcript: first (-last) amino acid, 1-based"),
    _repeating("amino_acids", "Picked transcript: amino acids, reference / alternate"),
    _strings("dbsnp", "dbSNP number of exactly this allele"),
    _repeating("clinvar_sig", "ClinVar: clinical significance of exactly this allele"),
    _number("clinvar_stars", pa.int8(), "ClinVar: review stars, 0 to 4"),
    _repeating("clinvar_conditions", "ClinVar: conditions, & between"),
    _number("gnomad_af", pa.float32(), "gnomAD: frequency of the allele over all populations, 0 to 1"),
    _number("gnomad_popmax_af", pa.float32(), "gnomAD: highest frequency in one population, 0 to 1"),
    _repeating("genotype", "GT of the first sample, as the input writes it"),
    _repeating("zygosity", "Zygosity of this allele in the first sample: HET, HOM, HEMI, NONE, MISSING"),
    _number("depth", pa.int32(), "DP of the first sample, else INFO/DP: reads"),
    _number("genotype_quality", pa.float32(), "GQ of the first sample, Phred-scaled"),
)

_BATCH_SCHEMA = pa.schema([pa.field(column.name, column.type, nullable=not column.required) for column in COLUMNS])
_FILE_SCHEMA = _BATCH_SCHEMA.insert(0, pa.field(ROW_ID.name, ROW_ID.type, nullable=False))
_ABOUT = {
    "genomics_cloud.layout": _LAYOUT,
    "genomics_cloud.columns": json.dumps({column.name: column.text for column in (ROW_ID, *COLUMNS)}),
}
# What pays in a dictionary beside strings that repeat: numbers of which there are few.
_IN_DICTIONARY = [*(column.name for column in COLUMNS if column.type == _CODES), "qual", "depth", "genotype_quality"]
# Smallest and largest value per row group: where they let a reader skip one. Those of long strings cost the most time.
_WITH_STATISTICS = [
    *(column.name for column in (ROW_ID, *COLUMNS) if pa.types.is_primitive(column.type)),
    "chrom",
    "symbol",
    "impact",
]
_ASCENDING = {"row_id": "DELTA_BINARY_PACKED", "pos": "DELTA_BINARY_PACKED"}


@dataclass(frozen=True, slots=True)
class TableBatch:
    """Rows of one chunk. On the way to another process it goes as an Arrow stream, which is quickest."""

    rows: pa.RecordBatch

    def __len__(self) -> int:
        count: int = self.rows.num_rows
        return count

    def __reduce__(self) -> tuple[Callable[[bytes], "TableBatch"], tuple[bytes]]:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self.rows.schema) as writer:
            writer.write_batch(self.rows)
        return _unpacked, (sink.getvalue().to_pybytes(),)


def _unpacked(packed: bytes) -> TableBatch:
    return TableBatch(pa.ipc.open_stream(packed).read_next_batch())


def batch_of(columns: Mapping[str, Values], *, rows: int) -> TableBatch:
    """This function will make a batch of `rows` rows; raise KeyError when a name is unknown or a required one lacks."""
    unknown = columns.keys() - set(_BATCH_SCHEMA.names)
    if unknown:
        raise KeyError(f"The table has no columns {sorted(unknown)}.")
    arrays = [
        _array(columns[column.name], column) if column.required or column.name in columns else _nothing(column, rows)
        for column in COLUMNS
    ]
    return TableBatch(pa.RecordBatch.from_arrays(arrays, schema=_BATCH_SCHEMA))


class VariantTable:
    """A Parquet file that grows batch by batch."""

    def __init__(self, path: Path) -> None:
        self._writer = pq.ParquetWriter(
            path,
            _FILE_SCHEMA,
            compression="zstd",
            compression_level=_ZSTD_LEVEL,
            use_dictionary=_IN_DICTIONARY,
            write_statistics=_WITH_STATISTICS,
            column_encoding=_ASCENDING,
            store_schema=False,  # readers see plain strings, whatever holds them here
        )
        self._writer.add_key_value_metadata(_ABOUT)
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_rows = 0
        self._waiting_bytes = 0
        self._written_rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None and self._waiting_rows:
                self._flush()
        finally:
            self._writer.close()

    def write(self, batch: TableBatch) -> None:
        """Append rows."""
        for part in self._parts(batch.rows):
            self._waiting.append(part)
            self._waiting_rows += part.num_rows
            self._waiting_bytes += part.nbytes
            if self._waiting_rows == ROW_GROUP_ROWS or self._waiting_bytes >= _ROW_GROUP_BYTES:
                self._flush()

    @property
    def rows(self) -> int:
        """Rows taken so far, written or waiting."""
        return self._written_rows + self._waiting_rows

    def _parts(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """Cut a batch where a row group ends."""
        start = 0
        while start < batch.num_rows:
            part = batch.slice(start, ROW_GROUP_ROWS - self._waiting_rows)
            start += part.num_rows
            yield part if part.num_rows == batch.num_rows else _with_own_dictionaries(part)

    def _flush(self) -> None:
        rows = pa.Table.from_batches(self._waiting).unify_dictionaries().combine_chunks()
        row_ids = np.arange(self._written_rows, self.rows, dtype=np.int32)
        table = pa.Table.from_arrays([pa.array(row_ids), *rows.columns], schema=_FILE_SCHEMA)
        self._writer.write_table(table, row_group_size=ROW_GROUP_ROWS)
        self._written_rows = self.rows
        self._waiting, self._waiting_rows, self._waiting_bytes = [], 0, 0


def _array(values: Values, column: Column) -> pa.Array:
    if isinstance(values, Coded):
        return _dictionary(values) if column.type == _CODES else _written_out(values)
    if isinstance(values, pa.Array):
        return values
    if isinstance(values, np.ndarray):
        if pa.types.is_floating(column.type):
            return pa.array(values.astype(np.float32, copy=False), from_pandas=True)
        numbers = values.astype(column.type.to_pandas_dtype(), copy=False)
        return pa.array(numbers) if column.required else pa.array(numbers, mask=numbers < 0)
    strings = _text_array(values)
    return strings.dictionary_encode() if column.type == _CODES else strings


def _written_out(coded: Coded) -> pa.StringArray:
    texts = Texts.of([value if isinstance(value, bytes) else value.encode() for value in coded.values])
    begins, ends = (np.append(places, [0])[coded.codes] for places in (texts.offsets[:-1], texts.offsets[1:]))
    return strings(texts.text, begins, ends)


def _dictionary(coded: Coded) -> pa.DictionaryArray:
    used = coded.in_order_of_use()
    missing = used.codes < 0
    codes = pa.array(used.codes, mask=missing) if missing.any() else pa.array(used.codes)
    return pa.DictionaryArray.from_arrays(codes, _text_array(used.values))


def _with_own_dictionaries(part: pa.RecordBatch) -> pa.RecordBatch:
    arrays = [
        _dictionary(Coded(codes=_codes(array.indices), values=array.dictionary.to_pylist()))
        if isinstance(array, pa.DictionaryArray)
        else array
        for array in part.columns
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=part.schema)


def _codes(indices: pa.Int32Array) -> NDArray[np.int32]:
    """Codes, -1 where there is none; `fill_null` would load all functions of Arrow, for a tenth of a second."""
    codes: NDArray[np.int32] = np.nan_to_num(indices.to_numpy(zero_copy_only=False), nan=-1).astype(np.int32)
    return codes


def _text_array(values: Sequence[str | bytes | None]) -> pa.StringArray:
    """This function will make strings of bytes too; what is no UTF-8 in them is shown as the replacement character."""
    first = next((value for value in values if value is not None), None)
    try:
        if isinstance(first, bytes):
            strings = pa.array(values, pa.binary()).view(pa.string())
            strings.validate(full=True)  # all bytes at once
            return strings
        return pa.array(values, pa.string())
    except (pa.ArrowInvalid, UnicodeError):
        return pa.array([None if value is None else decoded(value) for value in values], pa.string())


def _nothing(column: Column, rows: int) -> pa.Array:
    if column.type == _CODES:
        return pa.DictionaryArray.from_arrays(pa.nulls(rows, pa.int32()), pa.array([], pa.string()))
    return pa.nulls(rows, column.type)
