"""What the records of a block say of themselves, as columns: for the table and for the summary."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.coded import Coded
from annotator.columns import ALT, CHROM, FILTER, ID, INFO, QUAL, REF, Columns, first_of
from annotator.numbering import number_texts
from annotator.summary import RecordColumns

_FORMAT, _FIRST_SAMPLE = 8, 9
_DOT, _COLON = ord("."), ord(":")
_INFO_DEPTH = re.compile(rb"(?:^|;)DP=([0-9]{1,9})(?=;|$)")
_INFO_FREQUENCY = re.compile(rb"(?:^|;)AF=([^;]*)")
_LONGEST_NUMBER = 9  # digits


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """The records of one block, one entry each; codes of `Coded` are -1 for a dot."""

    positions: NDArray[np.int64]  # 1-based
    contigs: Coded
    have_id: NDArray[np.bool_]
    refs: Coded
    alts: Coded  # the whole column
    qualities: NDArray[np.float64]  # NaN: a dot
    filters: Coded
    genotypes: Coded | None  # GT of the first sample; None: no samples
    depths: NDArray[np.int64]  # -1: not told
    genotype_qualities: NDArray[np.float64]
    columns: Columns

    def for_summary(self) -> RecordColumns:
        alt_counts = np.array([value.count(b",") + 1 for value in map(_as_bytes, self.alts.values)] + [1])
        return RecordColumns(
            contigs=self.contigs,
            filters=self.filters,
            qualities=self.qualities,
            have_id=self.have_id,
            alt_counts=alt_counts[self.alts.codes],
            genotypes=self.genotypes,
            depths=self.depths,
        )

    def frequencies(self, records: NDArray[Any], alleles: NDArray[Any]) -> NDArray[np.float64]:
        """INFO/AF of these records' ALT alleles (numbers from 0); NaN where it is not told."""
        found = np.full(len(records), np.nan)
        if not self.columns.has_key(b"AF"):
            return found
        last, values = -1, [b""]
        for row, (record, allele) in enumerate(zip(records.tolist(), alleles.tolist(), strict=True)):
            if record != last:  # a record may have very many alleles
                match = _INFO_FREQUENCY.search(self.columns.field(record, INFO))
                last, values = record, match[1].split(b",") if match else []
            found[row] = _number(values[allele]) if allele < len(values) else np.nan
        return found


def describe(columns: Columns, *, positions: NDArray[np.int64]) -> Described:
    """Read the columns of a block's records."""
    count = len(columns)
    id_begins, id_ends = columns.span(ID)
    depths, qualities = np.full(count, -1, dtype=np.int64), np.full(count, np.nan)
    genotypes = None
    if columns.tabs.shape[1] >= _FIRST_SAMPLE:
        genotypes = _genotypes(columns)
        _read_sample(columns, b"DP", depths)
        _read_sample(columns, b"GQ", qualities)
    if columns.has_key(b"DP"):
        for record in np.flatnonzero(depths < 0).tolist():
            if found := _INFO_DEPTH.search(columns.field(record, INFO)):
                depths[record] = int(found[1])
    quality = code_column(columns, QUAL)
    return Described(
        positions=positions,
        contigs=code_column(columns, CHROM),
        have_id=~_is_dot(columns, id_begins, id_ends),
        refs=code_column(columns, REF, dot_is_none=False),
        alts=code_column(columns, ALT, dot_is_none=False),
        qualities=np.array([*map(_number, map(_as_bytes, quality.values)), np.nan])[quality.codes],
        filters=code_column(columns, FILTER),
        genotypes=genotypes,
        depths=depths,
        genotype_qualities=qualities,
        columns=columns,
    )


def code_column(columns: Columns, column: int, *, dot_is_none: bool = True) -> Coded:
    """One column as strings that repeat."""
    begins, ends = columns.span(column)
    return code_texts(columns, begins, ends, dot_is_none=dot_is_none)


def code_texts(columns: Columns, begins: NDArray[Any], ends: NDArray[Any], *, dot_is_none: bool = True) -> Coded:
    """Pieces of the text as strings that repeat."""
    codes, firsts = number_texts(columns.codes, begins, ends)
    values = [
        columns.text[begin:end] for begin, end in zip(begins[firsts].tolist(), ends[firsts].tolist(), strict=True)
    ]
    if dot_is_none and b"." in values:
        codes = np.where(codes == values.index(b"."), -1, codes).astype(np.int32)
    return Coded(codes=codes, values=values)


def _is_dot(columns: Columns, begins: NDArray[Any], ends: NDArray[Any]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (ends - begins == 1) & (columns.codes[begins] == _DOT)
    return found


def _genotypes(columns: Columns) -> Coded:
    """GT of the first sample, which the specification puts first in FORMAT; -1 where there is none."""
    format_begins, format_ends = columns.span(_FORMAT)
    begins, ends = columns.span(_FIRST_SAMPLE)
    codes = columns.codes
    has_genotype = (
        (format_ends - format_begins >= 2)
        & (codes[format_begins] == ord("G"))
        & (codes[np.minimum(format_begins + 1, len(codes) - 1)] == ord("T"))
        & ((format_ends - format_begins == 2) | (codes[np.minimum(format_begins + 2, len(codes) - 1)] == _COLON))
    )
    ends = first_of(codes, begins, ends, code=_COLON)
    has_genotype &= ends > begins
    coded = code_texts(columns, begins, ends)
    return Coded(codes=np.where(has_genotype, coded.codes, -1).astype(np.int32), values=coded.values)


def _read_sample(columns: Columns, key: bytes, values: NDArray[Any]) -> None:
    """Read a number of the first sample into `values`, where FORMAT has this key."""
    formats = code_column(columns, _FORMAT)
    indexes = [
        value.split(b":").index(key) if key in value.split(b":") else -1 for value in map(_as_bytes, formats.values)
    ]
    if not any(index >= 0 for index in indexes):
        return
    begins, ends = columns.span(_FIRST_SAMPLE)
    for record, (code, begin, end) in enumerate(
        zip(formats.codes.tolist(), begins.tolist(), ends.tolist(), strict=True)
    ):
        index = indexes[code] if code >= 0 else -1
        if index >= 0:
            parts = columns.text[begin:end].split(b":", index + 1)
            number = _number(parts[index]) if index < len(parts) else np.nan
            if np.isfinite(number):
                values[record] = number


def _number(text: bytes) -> float:
    """A decimal number; NaN for anything else, and for one that no one means."""
    try:
        number = float(text)
    except ValueError:
        return np.nan
    return number if abs(number) < 10**_LONGEST_NUMBER and b"_" not in text else np.nan  # 1_000 is one to Python alone


def _as_bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
