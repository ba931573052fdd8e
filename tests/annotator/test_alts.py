"""ALT alleles of many records, against each record for itself."""

import random
from collections.abc import Sequence

import numpy as np
import pytest

from annotator import columns as module
from annotator.alleles import BASES
from annotator.alts import AltLists, alts_of, vep_begins
from annotator.columns import Columns
from annotator.texts import Texts
from tests.annotator.blocks import columns_of, row

KINDS = ("A", "C", "a", "AC", "AT", "aTT", "CAC", "GATTACA", "", "*", ".", "<DEL>", "<NON_REF>", "A[2:5[", "N", "AN")


def vep_alleles(ref: str, alts: Sequence[str]) -> list[str]:
    """This function will write the ALT alleles of one record as VEP's Allele column has them, but for the dash."""
    plain = [not alt.encode().translate(None, BASES) for alt in alts]
    changes_length = any(is_plain and len(alt) != len(ref) for is_plain, alt in zip(plain, alts, strict=True))
    shares_first = all(alt[:1] == ref[:1] for is_plain, alt in zip(plain, alts, strict=True) if is_plain)
    if not (changes_length and shares_first):
        return list(alts)
    return [alt[1:] if is_plain else alt for is_plain, alt in zip(plain, alts, strict=True)]


def pieces(columns: Columns, begins: Sequence[int], ends: Sequence[int]) -> list[str]:
    return [columns.text[begin:end].decode() for begin, end in zip(begins, ends, strict=True)]


def written(ref: str, *alts: str) -> list[str]:
    columns, record = columns_of(row(5, ref, ",".join(alts))), np.array([0])
    found = alts_of(columns, record)
    return pieces(columns, vep_begins(columns, record, found).tolist(), found.ends.tolist())


@pytest.fixture(autouse=True)
def _both_ways(way: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LIBRARY", way)


class TestAltsOf:
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_finds_what_commas_part(self, end: str) -> None:
        chance = random.Random(1)
        alts = [chance.choices(KINDS, k=chance.choice((1, 1, 2, 3, 30))) for _ in range(200)]
        columns = columns_of(*(row(5, "A", ",".join(one)) for one in alts), end=end)
        records = np.array([number for number in range(len(alts)) if chance.random() < 0.5])
        found = alts_of(columns, records)
        expected = [(number, alt) for number, record in enumerate(records.tolist()) for alt in alts[record]]
        assert pieces(columns, found.begins.tolist(), found.ends.tolist()) == [alt for _, alt in expected]
        assert found.owners.tolist() == [number for number, _ in expected]
        assert found.owners[found.firsts].tolist() == list(range(len(records)))
        assert (np.diff(found.owners, prepend=-1)[found.firsts] == 1).all()


class TestVepBegins:
    @pytest.mark.parametrize(
        ("ref", "alts", "expected"),
        [
            ("A", ["G"], ["G"]),
            ("AT", ["A"], [""]),
            ("A", ["AT"], ["T"]),
            ("AT", ["A", "ATT"], ["", "TT"]),
            ("A", ["G", "AT"], ["G", "AT"]),
            ("AT", ["A", "<DEL>"], ["", "<DEL>"]),
            ("AC", ["AG"], ["AG"]),
            ("AC", ["aG", "A"], ["aG", "A"]),
            ("AC", ["AC", "A"], ["C", ""]),
            ("AC", ["A", ""], ["A", ""]),
        ],
    )
    def test_drop_a_shared_first_base(self, ref: str, alts: list[str], expected: list[str]) -> None:
        assert written(ref, *alts) == expected

    def test_say_of_all_what_is_said_of_each(self) -> None:
        chance = random.Random(2)
        given = [
            (chance.choice(("A", "AC", "a", "CAC", "N")), chance.choices(KINDS, k=chance.choice((1, 2, 2, 3))))
            for _ in range(2_000)
        ]
        columns = columns_of(*(row(5, ref, ",".join(alts)) for ref, alts in given))
        records = np.arange(len(given))
        found = alts_of(columns, records)
        told = pieces(columns, vep_begins(columns, records, found).tolist(), found.ends.tolist())
        assert told == [text for ref, alts in given for text in vep_alleles(ref, alts)]
        assert sum(text == "" for text in told) > 100


class TestAltLists:
    def test_have_dots_for_what_is_not_known(self) -> None:
        columns = columns_of(row(5, "A", "C"), row(6, "A", "C,G,T"), row(7, "A", "G,*"), row(8, "A", "<DEL>,<DUP>,C"))
        lists = AltLists(columns, records=np.array([1, 1, 2, 3]), indexes=np.array([0, 2, 0, 1]))
        texts = Texts.of([b"one", b"two", b"", b"four"])
        everything, known = lists.of_all(texts, lead=b"A="), lists.of_known(texts, lead=b";")
        assert lists.records.tolist() == [1, 2, 3]
        assert [everything[number] for number in range(3)] == [b"A=one,.,two", b"A=,.", b"A=.,four,."]
        assert [known[number] for number in range(3)] == [b";one,two", b";", b";four"]
