"""Columns of made-up variants, for what is made of them."""

import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from annotator.coded import Coded
from annotator.table import Values

CONSEQUENCES = ["missense_variant", "intron_variant", "splice_region_variant&intron_variant", "intergenic_variant"]
IMPACTS = ["MODERATE", "MODIFIER", "LOW", "MODIFIER"]


def coded(strings: Sequence[str | None]) -> Coded:
    """This function will code strings as a worker does, with a string in the list that no row has."""
    values = ["unused", *dict.fromkeys(string for string in strings if string is not None)]
    codes = [-1 if string is None else values.index(string) for string in strings]
    return Coded(codes=np.array(codes, np.int32), values=values)


def variants(count: int, *, seed: int = 1) -> dict[str, list[Any]]:
    """This function will give plain Python columns; None stands for no value."""
    chance = random.Random(seed)
    kinds = [chance.randrange(4) for _ in range(count)]
    frequencies = [chance.choice([None, 0.0, 0.00001, 0.25, 1.0]) for _ in range(count)]
    return {
        "chrom": ["chr1" if row < count // 2 else "chr2" for row in range(count)],
        "pos": [5 + 1_000 * (row if row < count // 2 else row - count // 2) for row in range(count)],
        "id": [chance.choice([None, f"rs{row}"]) for row in range(count)],
        "ref": [chance.choice(["A", "C", "AC"]) for _ in range(count)],
        "alt": [chance.choice(["G", "T"]) for _ in range(count)],
        "qual": [chance.choice([None, 30.5, 99.0]) for _ in range(count)],
        "filter": [chance.choice(["PASS", "q10", None]) for _ in range(count)],
        "class": [chance.choice(["SNV", "deletion"]) for _ in range(count)],
        "consequence": [CONSEQUENCES[kind] for kind in kinds],
        "most_severe": [CONSEQUENCES[kind].partition("&")[0] for kind in kinds],
        "impact": [IMPACTS[kind] for kind in kinds],
        "symbol": [chance.choice([None, "GENE1", "GENE2"]) for _ in range(count)],
        "hgvsc": [chance.choice([None, f"ENST1.1:c.{row}A>G"]) for row in range(count)],
        "clinvar_sig": [chance.choice([None, None, "Pathogenic", "Benign"]) for _ in range(count)],
        "clinvar_stars": [chance.choice([None, 0, 4]) for _ in range(count)],
        "gnomad_af": frequencies,
        "genotype": [chance.choice(["0/1", "1|1", "./."]) for _ in range(count)],
        "depth": [chance.choice([None, 0, 31]) for _ in range(count)],
    }


_CODED = {"chrom", "ref", "alt", "filter", "class", "consequence", "most_severe", "impact", "symbol", "clinvar_sig"}
_CODED |= {"genotype"}
_FLOATS = {"qual", "gnomad_af"}
_INTEGERS = {"pos", "clinvar_stars", "depth"}


def columns(rows: dict[str, list[Any]], *, start: int = 0, end: int | None = None) -> dict[str, Values]:
    """This function will give the columns of some rows as a worker hands them over."""
    cut = {name: values[start:end] for name, values in rows.items()}
    return {name: _column(name, values) for name, values in cut.items()}


def _column(name: str, values: list[Any]) -> Values:
    if name in _CODED:
        return coded(values)
    if name in _FLOATS:
        return np.array([np.nan if value is None else value for value in values], np.float64)
    if name in _INTEGERS:
        return np.array([-1 if value is None else value for value in values], np.int64)
    return values
