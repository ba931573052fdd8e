"""CSQ texts written in C against those written in Python: the very bytes."""

import ctypes
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from annotator.models.zones import ABOUT, NAME_SIGNS, ZoneTable
from annotator.rendering import (
    ALLELE_COLUMNS,
    NAMED_ENTRY,
    PAIR_COLUMNS,
    ZONE_ENTRY,
    Batch,
    Named,
    Rendered,
    Tables,
    _render,
    _render_natively,
)
from annotator.room import Room
from annotator.texts import Texts

Row = dict[str, int]

TEXTS = (b"", b"|", b"|a|b|", b"x" * 300, "|é|".encode(), b"\0", b"ENST1:c.")
STRANDS = (1, -1, 1, -1, 1, -1, 1)
EXON_COUNTS = (1, 2, 10, 364, 3, 3, 3)
PLAIN_PAIR: Row = {"rank": 5, "entry": -1, "name": -1}
PLAIN_ALLELE: Row = {
    "picked": -1,
    "low": 100,
    "high": 101,
    "text_length": 1,
    "ref": ord("A"),
    "alt": ord("G"),
    "is_whole": 1,
}
FIRST_BASES = (1, 100, 101, 2**31 - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An allele and its pairs, before they stand in arrays."""

    allele: Row
    pairs: tuple[Row, ...] = ()


def batch(
    *given: Given,
    texts: Sequence[bytes] = TEXTS,
    lead: bytes = b";CSQ=",
    zones: Sequence[Row] = ({},),
    named: Named = Named.PICKED,
) -> Batch:
    """This function will lay alleles out as the engine does; all tables of texts hold the same ones."""
    rows: list[list[int]] = []
    pairs: list[Row] = []
    for one in given:
        row = PLAIN_ALLELE | one.allele | {"first_pair": len(pairs), "last_pair": len(pairs) + len(one.pairs)}
        if row["picked"] >= 0:
            row["picked"] += len(pairs)
        pairs += [PLAIN_PAIR | pair for pair in one.pairs]
        rows.append([row.get(column, 0) for column in ALLELE_COLUMNS])
    table = Texts.of(texts)
    names = list(Tables.__dataclass_fields__)
    tables = {name: Texts.of([text + bytes([65 + place]) for text in texts]) for place, name in enumerate(names)}
    firsts = [FIRST_BASES[place % len(FIRST_BASES)] for place in range(len(zones))]
    return Batch(
        alleles=np.array(rows, dtype=np.int64).reshape(-1, len(ALLELE_COLUMNS)),
        pairs=np.array([[pair.get(column, 0) for pair in pairs] for column in PAIR_COLUMNS], dtype=np.int64),
        named=named,
        lead=lead,
        nothing=b"|intergenic_variant|",
        nothing_own=b";OWN=.",
        allele_text=b"GATTACA" * 50,
        tables=Tables(**(tables | {"heads": table})),
        zones=ZoneTable(
            keys=np.array([place << 32 | first for place, first in enumerate(firsts)], dtype=np.uint64),
            kinds=np.ones(len(zones), dtype=np.uint8),
            about=np.array([[zone.get(column, 0) for column in ABOUT] for zone in zones], dtype=np.int32),
        ),
        strands=np.array(STRANDS, dtype=np.int64),
        exon_counts=np.array(EXON_COUNTS, dtype=np.int64),
    )


def random_zone(chance: random.Random) -> Row:
    return {
        "exon": chance.choice((0, 1, 99)),
        "intron": chance.choice((0, 1, 363)),
        "cdna": chance.choice((0, 1, 2**31 - 1)),
        "is_flank": chance.randrange(2),
        "region": chance.randrange(len(NAME_SIGNS)),
        "before": chance.choice((0, 1, 9_999)),
        "number": chance.choice((0, 1, 10, 2**31 - 1)),
        "sign": chance.choice((1, -1)),
    }


def random_pair(chance: random.Random, zones: int) -> Row:
    return {
        "transcript": chance.randrange(len(TEXTS)),
        "terms": chance.randrange(len(TEXTS)),
        "rank": chance.randrange(4),
        "zone": chance.randrange(zones),
        "entry": chance.choice((ZONE_ENTRY, NAMED_ENTRY, chance.randrange(len(TEXTS)))),
        "name": chance.choice((-1, -1, chance.randrange(len(TEXTS)))),
    }


def random_given(chance: random.Random, zones: int) -> Given:
    pairs = tuple(random_pair(chance, zones) for _ in range(chance.choice((0, 1, 1, 2, 5, 40))))
    low = chance.choice((0, 1, 99, 2**31))
    allele = {
        "picked": chance.randrange(-1, len(pairs)),
        "low": low,
        "high": low + chance.randrange(3),
        "text_begin": chance.randrange(40),
        "text_length": chance.choice((0, 1, 1, 200)),
        "ref": ord(chance.choice("ACGT")),
        "alt": ord(chance.choice("ACGT")),
        "rank": chance.randrange(len(TEXTS)),
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
    assert plain(_render_natively(one, library, Room())) == plain(_render(one))


class TestBothWays:
    @pytest.mark.parametrize("named", list(Named))
    @pytest.mark.parametrize("seed", range(30))
    def test_give_the_same_bytes(self, loops: ctypes.CDLL, seed: int, named: Named) -> None:
        chance = random.Random(seed)
        zones = [random_zone(chance) for _ in range(chance.choice((1, 8)))]
        given = [random_given(chance, len(zones)) for _ in range(chance.choice((1, 2, 50)))]
        assert_alike(batch(*given, lead=chance.choice((b"", b";", b";CSQ=")), zones=zones, named=named), loops)

    def test_may_have_nothing_to_do(self, loops: ctypes.CDLL) -> None:
        assert_alike(batch(), loops)
        assert_alike(batch(Given(allele={}), texts=(b"",), lead=b""), loops)

    def test_keep_the_order_of_entries_that_are_alike(self, loops: ctypes.CDLL) -> None:
        pairs = tuple({"rank": rank, "terms": 1, "entry": place} for place, rank in enumerate((3, 1, 3, 1, 2)))
        one = batch(Given(allele={"picked": 2}, pairs=pairs), texts=(b"0", b"1", b"2", b"3", b"4"))
        entries = [entry.split(b"B")[1][:1] for entry in bytes(_render(one).text).split(b",")]
        assert entries == [b"1", b"3", b"4", b"0", b"2"]
        assert_alike(one, loops)

    @pytest.mark.parametrize("name", [-1, 0, 6])
    @pytest.mark.parametrize("entry", [-1, 0, 3])
    @pytest.mark.parametrize("named", list(Named))
    def test_tell_the_name_of_what_was_picked(self, loops: ctypes.CDLL, name: int, entry: int, named: Named) -> None:
        given = [Given(allele={"picked": one}, pairs=({"entry": entry, "name": name}, {})) for one in (-1, 0, 1)]
        assert_alike(batch(*given, named=named), loops)

    @pytest.mark.parametrize("column", ABOUT)
    @pytest.mark.parametrize("value", [1, 8, 9, 10, 2**31 - 1])
    def test_write_numbers_of_any_length(self, loops: ctypes.CDLL, column: str, value: int) -> None:
        zone = {column: value % len(NAME_SIGNS) if column == "region" else value}
        assert_alike(batch(Given(allele={"picked": 0}, pairs=({},)), zones=[zone]), loops)

    def test_refuse_numbers_of_no_text(self, loops: ctypes.CDLL) -> None:
        for column in ("transcript", "terms", "zone", "entry", "name"):
            with pytest.raises(IndexError):
                _render_natively(batch(Given(allele={}, pairs=({column: len(TEXTS)},))), loops, Room())
