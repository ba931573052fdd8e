"""Additions to the records of a block: put together in C and in Python, and by the whole engine without C."""

import ctypes
import random
from pathlib import Path

import numpy as np
import pytest

from annotator import additions, rendering
from annotator.additions import Additions, Pieces, _pieces, _pieces_natively
from annotator.chunk import Options
from annotator.columns import find_columns
from annotator.findings import Hgvs
from tests.annotator.invented import Invented, invent
from tests.annotator.test_findings import alleles, expectation_of
from tests.annotator.vcf import HEADER, Runner, record

BLOBS = (b"", b";A=1", b";CSQ=" + b"x" * 500, b"\0", ";Ä=é".encode())


@pytest.fixture(scope="module")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Invented:
    return invent(tmp_path_factory.mktemp("invented"))


def additions_to(lines: list[bytes], *, chance: random.Random) -> Additions:
    """This function will add something to some of the lines."""
    columns = find_columns(b"".join(lines), tab_count=7)
    assert columns is not None
    made = Additions(columns)
    for pieces in (made.consequences, made.shared, made.regions):
        for number in range(len(lines)):
            if chance.random() < 0.5:
                pieces.put_one(number, chance.choice([blob for blob in BLOBS if not blob or blob.startswith(b";")]))
    for number in range(len(lines)):
        if chance.random() < 0.3:
            made.sites[number] = b";SITE=1"
        if chance.random() < 0.3:
            made.identify(number, b"rs1")
    return made


def line(chance: random.Random) -> bytes:
    identifier, info = chance.choice((b".", b"rs9")), chance.choice((b".", b"", b"DP=1", b"..", b"A;B"))
    return b"7\t%d\t%s\tA\tG\t.\tPASS\t%s\n" % (chance.randrange(1, 10**9), identifier, info)


class TestBothWays:
    @pytest.mark.parametrize("seed", range(30))
    def test_give_the_same_pieces(self, loops: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
        monkeypatch.setattr(additions, "_LIBRARY", loops)
        chance = random.Random(seed)
        records = chance.choice((0, 1, 2, 40))
        text = bytes(chance.choices(range(256), k=records * 20))
        places = np.sort(np.array(chance.choices(range(len(text) + 1), k=2 * records), dtype=np.int64))
        cuts, ends = places[::2], places[1::2]
        sources = tuple(Pieces(records) for _ in range(4))
        for number in range(records):
            for source in sources:
                source.put_one(number, chance.choice(BLOBS))
        size = len(text) - int((ends - cuts).sum()) + sum(int(source.lengths.sum()) for source in sources)
        written = _pieces_natively(text, cuts, ends, sources, size)
        assert written == _pieces(text, cuts, ends, sources, size)
        assert len(written) == size

    @pytest.mark.parametrize("seed", range(30))
    def test_give_the_same_records(self, loops: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
        lines = [line(random.Random(f"{seed} {number}")) for number in range(1 + seed)]
        found = []
        for library in (None, loops):
            monkeypatch.setattr(additions, "_LIBRARY", library)
            text, offsets = additions_to(lines, chance=random.Random(seed)).assemble()
            found.append((text, offsets.tolist()))
        assert found[0] == found[1]
        text, offsets = found[0][0], found[0][1]
        assert offsets == [0, *(at + 1 for at, byte in enumerate(text) if byte == ord("\n"))]


class TestEngine:
    @pytest.mark.parametrize("hgvs", list(Hgvs))
    def test_gives_the_same_bytes_without_the_library(
        self, run: Runner, invented: Invented, loops: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch, hgvs: Hgvs
    ) -> None:
        content = HEADER + "".join(records(invented))
        found: list[dict[str, bytes]] = []
        for library in (loops, None):
            for module in (rendering, additions):
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
