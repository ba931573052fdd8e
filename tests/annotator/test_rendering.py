"""CSQ texts written in C against those written in Python: the very bytes."""

import ctypes
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from annotator.rendering import ALLELE_COLUMNS, PAIR_COLUMNS, Batch, Rendered, Texts, _render, _render_natively

Row = dict[str, int]

TEXTS = (b"", b"|", b"|a|b|", b"x" * 300, "|é|".encode(), b"\0", b"ENST1:c.")
PLAIN_PAIR: Row = {"rank": 5, "number": 12, "is_named": 1, "entry": -1}
PLAIN_ALLELE: Row = {"picked": -1, "text_length": 1, "ref": ord("A"), "alt": ord("G"), "name": -1, "is_whole": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An allele and its pairs, before they stand in arrays."""

    allele: Row
    pairs: tuple[Row, ...] = ()


def batch(*given: Given, texts: Sequence[bytes] = TEXTS, lead: bytes = b";CSQ=") -> Batch:
    """This function will lay alleles out as the engine does; all tables of texts hold the same ones."""
    rows: list[list[int]] = []
    pairs: list[Row] = []
    for one in given:
        row = PLAIN_ALLELE | one.allele | {"first_pair": len(pairs), "last_pair": len(pairs) + len(one.pairs)}
        if row["picked"] >= 0:
            row["picked"] += len(pairs)
        pairs += [PLAIN_PAIR | pair for pair in one.pairs]
        rows.append([row.get(column, 0) for column in ALLELE_COLUMNS])
    table = Texts(texts)
    return Batch(
        alleles=np.array(rows, dtype=np.int64).reshape(-1, len(ALLELE_COLUMNS)),
        pairs=[np.array([pair.get(column, 0) for pair in pairs], dtype=np.int32) for column in PAIR_COLUMNS],
        lead=lead,
        nothing=b"|intergenic_variant|",
        allele_text=b"GATTACA" * 50,
        heads=table,
        standings=table,
        picked_standings=Texts([text + b"1" for text in texts]),
        names=table,
        given_names=table,
        entries=table,
        owns=table,
    )


def random_pair(chance: random.Random) -> Row:
    def text() -> int:
        return chance.randrange(len(TEXTS))

    return {
        "head": text(),
        "transcript": text(),
        "rank": chance.randrange(4),
        "exon": chance.choice((0, 1, 99)),
        "intron": chance.choice((0, 1, 363)),
        "exon_count": chance.choice((1, 2, 10, 364)),
        "cdna": chance.choice((0, 1, 2**31 - 1)),
        "is_flank": chance.randrange(2),
        "name_sign": chance.choice((0, ord("-"), ord("*"))),
        "name_before": chance.choice((0, 1, 9_999)),
        "name_step": chance.choice((0, ord("+"), ord("-"))),
        "number": chance.choice((0, 1, 10, 2**31 - 1, -5)),
        "is_reverse": chance.randrange(2),
        "is_named": chance.randrange(2),
        "entry": chance.choice((-1, -1, text())),
    }


def random_given(chance: random.Random) -> Given:
    pairs = tuple(random_pair(chance) for _ in range(chance.choice((0, 1, 1, 2, 5, 40))))
    allele = {
        "picked": chance.randrange(-1, len(pairs)),
        "text_begin": chance.randrange(40),
        "text_length": chance.choice((0, 1, 1, 200)),
        "ref": ord(chance.choice("ACGT")),
        "alt": ord(chance.choice("ACGT")),
        "name": chance.choice((-1, -1, chance.randrange(len(TEXTS)))),
        "own": chance.randrange(len(TEXTS)),
        "is_whole": chance.randrange(2),
    }
    return Given(allele=allele, pairs=pairs)


def plain(rendered: Rendered) -> tuple[bytes, list[int], bytes, list[int]]:
    return (
        bytes(rendered.text),
        rendered.offsets.tolist(),
        bytes(rendered.names),
        rendered.name_offsets.tolist(),
    )


def assert_alike(one: Batch, library: ctypes.CDLL) -> None:
    assert plain(_render_natively(one, library)) == plain(_render(one))


class TestBothWays:
    @pytest.mark.parametrize("seed", range(30))
    def test_give_the_same_bytes(self, loops: ctypes.CDLL, seed: int) -> None:
        chance = random.Random(seed)
        given = [random_given(chance) for _ in range(chance.choice((1, 2, 50)))]
        assert_alike(batch(*given, lead=chance.choice((b"", b";", b";CSQ="))), loops)

    def test_may_have_nothing_to_do(self, loops: ctypes.CDLL) -> None:
        assert_alike(batch(), loops)
        assert_alike(batch(Given(allele={}), texts=(b"",), lead=b""), loops)

    def test_keep_the_order_of_entries_that_are_alike(self, loops: ctypes.CDLL) -> None:
        pairs = tuple({"rank": rank, "exon": place + 1, "exon_count": 9} for place, rank in enumerate((3, 1, 3, 1, 2)))
        one = batch(Given(allele={"picked": 2}, pairs=pairs))
        exons = [entry[1:4] for entry in bytes(_render(one).text).removeprefix(b";CSQ=").split(b",")]
        assert exons == [b"2/9", b"4/9", b"5/9", b"1/9", b"3/9"]
        assert_alike(one, loops)

    @pytest.mark.parametrize("name", [-1, 0, 6])
    @pytest.mark.parametrize("entry", [-1, 0, 3])
    @pytest.mark.parametrize("is_named", [0, 1])
    def test_tell_the_name_of_what_was_picked(self, loops: ctypes.CDLL, name: int, entry: int, is_named: int) -> None:
        pairs: tuple[Row, ...] = ({"entry": entry, "is_named": is_named}, {})
        assert_alike(batch(*(Given(allele={"picked": one, "name": name}, pairs=pairs) for one in (-1, 0, 1))), loops)

    @pytest.mark.parametrize("column", PAIR_COLUMNS[3:13])
    @pytest.mark.parametrize("value", [1, 9, 10, 2**31 - 1])
    def test_write_numbers_of_any_length(self, loops: ctypes.CDLL, column: str, value: int) -> None:
        signs = {"name_sign": ord("-"), "name_step": ord("+")}
        pair = {"exon_count": 2, "is_named": 1} | ({column: value} if column not in signs else {column: signs[column]})
        assert_alike(batch(Given(allele={"picked": 0}, pairs=(pair,))), loops)
