"""Additions to the records of a block: put together in C and in Python, and by the whole engine without C."""

import ctypes
import random
from pathlib import Path

import numpy as np
import pytest

from annotator import (
    additions,
    columns,
    fields,
    intron_names,
    normal_form,
    numbering,
    pairs,
    regions,
    rendering,
    site_texts,
    sites,
    spans,
)
from annotator.additions import Additions
from annotator.chunk import Options
from annotator.columns import find_columns
from annotator.findings import Hgvs
from annotator.room import Room
from tests.annotator.invented import Invented
from tests.annotator.test_findings import alleles, expectation_of
from tests.annotator.vcf import HEADER, Runner, record

WITH_LOOPS = (
    additions,
    columns,
    fields,
    intron_names,
    normal_form,
    numbering,
    pairs,
    regions,
    rendering,
    site_texts,
    sites,
    spans,
)
BLOBS = (b"", b"A=1", b"CSQ=" + b"x" * 500, "Ä=é".encode())


def additions_to(lines: list[bytes], *, chance: random.Random) -> Additions:
    """This function will add something to some of the lines."""
    columns = find_columns(b"".join(lines), tab_count=7)
    assert columns is not None
    made = Additions(columns, site_tracks=2)
    for pieces in made.texts:
        for number in range(len(lines)):
            if chance.random() < 0.5:
                pieces.put_one(number, chance.choice(BLOBS))
    some = np.array([number for number in range(len(lines)) if chance.random() < 0.3], dtype=np.int64)
    begins = np.array([chance.randrange(4) for _ in some], dtype=np.int64)
    made.identify(some, text=b"rs12345", begins=np.zeros_like(begins), ends=np.where(begins > 0, begins + 3, 0))
    return made


def expected(line: bytes, number: int, added: Additions) -> bytes:
    """This function will put together one line, as simply as can be."""
    columns = line.rstrip(b"\n").split(b"\t")
    columns[2] = added.identifiers.of(number) or columns[2]
    texts = [text for pieces in added.texts if (text := pieces.of(number))]
    columns[7] = b";".join([*([] if texts and columns[7] in (b"", b".") else [columns[7]]), *texts])
    return b"\t".join(columns) + b"\n"


def line(chance: random.Random) -> bytes:
    identifier, info = chance.choice((b".", b"rs9")), chance.choice((b".", b"", b"DP=1", b"..", b"A;B"))
    return b"7\t%d\t%s\tA\tG\t.\tPASS\t%s\n" % (chance.randrange(1, 10**9), identifier, info)


class TestBothWays:
    @pytest.mark.parametrize("seed", range(30))
    def test_give_the_same_records(self, loops: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
        lines = [line(random.Random(f"{seed} {number}")) for number in range(1 + seed)]
        found = []
        for library in (None, loops):
            monkeypatch.setattr(additions, "_LIBRARY", library)
            added = additions_to(lines, chance=random.Random(seed))
            text, offsets = added.assemble(Room())
            assert text == b"".join(expected(one, number, added) for number, one in enumerate(lines))
            found.append((text, offsets.tolist()))
        assert found[0] == found[1]
        text, offsets = found[0][0], found[0][1]
        assert offsets == [0, *(at + 1 for at, byte in enumerate(text) if byte == ord("\n"))]


class TestIdentify:
    def test_keeps_what_is_there_and_of_several_the_first(self) -> None:
        columns = find_columns(b"7\t1\t.\tA\tG\t.\t.\t.\n7\t2\trs9\tA\tG\t.\t.\t.\n" * 2, tab_count=7)
        assert columns is not None
        made = Additions(columns)
        for text in (b"rs1rs2rs3rs4", b"rs5rs6rs7rs8"):
            begins, ends = np.array([0, 0, 3, 6]), np.array([0, 3, 6, 9])
            made.identify(np.array([0, 0, 0, 1]), text=text, begins=begins, ends=ends)
        assert [made.identifiers.of(number) for number in range(4)] == [b"rs1", b"", b"", b""]
        made.identify(np.array([2]), text=b"rs5", begins=np.array([0]), ends=np.array([3]))
        assert made.identifiers.of(2) == b"rs5"


class TestEngine:
    @pytest.mark.parametrize("hgvs", list(Hgvs))
    def test_gives_the_same_bytes_without_the_library(
        self, run: Runner, invented: Invented, loops: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch, hgvs: Hgvs
    ) -> None:
        content = HEADER + "".join(records(invented))
        found: list[dict[str, bytes]] = []
        for library in (loops, None):
            for module in WITH_LOOPS:
                monkeypatch.setattr(module, "_LIBRARY", library)
            files = run(content, reference=invented.folder, options=Options(hgvs=hgvs)).done.files
            found.append({kind: Path(path).read_bytes() for kind, path in files.items() if kind != "log"})
        assert found[0] == found[1]
        assert found[0].keys() >= {"vcf", "index", "table", "summary", "manifest"}


def records(invented: Invented) -> list[str]:
    """This function will give records of all kinds, in order."""
    chance = random.Random(3)
    lines = []
    for name in ("7", "MT"):
        for position, ref, alts in sorted(alleles(expectation_of(invented.folder, name, Hgvs.ALL), count=400, seed=5)):
            info = chance.choice((".", "DP=5", "AC=1;AF=0.5"))
            lines.append(record(name, position, ref, ",".join(alts), info=info, identifier=chance.choice((".", "rs1"))))
    return lines
