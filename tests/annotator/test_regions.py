"""Regions: what lies on a span is found, however deep they overlap, and nothing else."""

import ctypes
import random
from pathlib import Path

import numpy as np
import pytest

from annotator import regions as module
from annotator.regions import BLOCK_SEGMENTS, Keys, Region, RegionCollector, RegionStore, write_regions


def region(start: int, end: int, **values: str) -> Region:
    return Region(start=start, end=end, values=tuple(values.items()))


def store_of(regions: list[Region], folder: Path) -> RegionStore:
    write_regions(folder / "1.npz", regions=regions)
    return RegionStore.open(folder / "1")


class TestRegionStore:
    @pytest.mark.parametrize(
        ("start", "end", "text"),
        [(9, 9, b""), (10, 10, b"A=x"), (20, 20, b"A=x"), (20, 21, b"A=x,y"), (31, 40, b""), (1, 99, b"A=x,y")],
    )
    def test_includes_both_ends(self, tmp_path: Path, start: int, end: int, text: bytes) -> None:
        store = store_of([region(10, 20, A="x"), region(21, 30, A="y")], tmp_path)
        assert store.text_on(start, end) == text

    def test_joins_what_overlaps(self, tmp_path: Path) -> None:
        store = store_of([region(1, 10, A="x"), region(5, 15, A="y"), region(20, 20, B="z")], tmp_path)
        assert [store.text_on(base, base) for base in (4, 5, 11, 16, 20)] == [b"A=x", b"A=x,y", b"A=y", b"", b"B=z"]

    def test_says_each_value_once(self, tmp_path: Path) -> None:
        store = store_of([region(1, 5, A="x"), region(1, 5, A="x", B="y"), region(3, 9, A="x")], tmp_path)
        assert store.text_on(1, 5) == b"A=x;B=y"

    def test_is_empty_for_a_contig_without_one(self, tmp_path: Path) -> None:
        assert RegionStore.open(tmp_path / "none").text_on(5, 5) == b""

    def test_takes_arrays_of_spans(self, tmp_path: Path) -> None:
        store = store_of([region(10, 20, A="x")], tmp_path)
        spans = np.array([5, 15, 25], dtype=np.int64)
        first, last = store.locate(starts=spans, ends=spans)
        assert (first.tolist(), last.tolist()) == ([0, 0, 1], [0, 1, 1])

    def test_finds_the_same_as_looking_at_every_region(self, tmp_path: Path) -> None:
        chance = random.Random(4)
        starts = [chance.randrange(1, 3000) for _ in range(1500)]
        regions = [region(at, at + chance.choice((0, 3, 40, 900)), A=str(chance.randrange(300))) for at in starts]
        store = store_of(regions, tmp_path)
        for _ in range(1500):
            start = chance.randrange(1, 4100)
            end = start + chance.choice((0, 0, 0, 1, 30, 400))
            touching = {one.values[0][1] for one in regions if one.start <= end and one.end >= start}
            found = store.text_on(start, end)
            values = found.removeprefix(b"A=").decode().split(",") if found else []
            assert len(values) == len(set(values))
            assert set(values) == touching
        assert store.locate(starts=[4000], ends=[4000])[0][0] > 4 * BLOCK_SEGMENTS


class TestBothWays:
    @pytest.mark.parametrize("seed", range(12))
    def test_describe_alike(
        self, tmp_path: Path, loops: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch, seed: int
    ) -> None:
        chance = random.Random(seed)
        names = ("A", "BB", "LONG_NAME")
        regions = []
        for _ in range(chance.choice((1, 20, 600))):
            start, kind = chance.randrange(1, 3000), chance.choice(names)
            values = ",".join(str(chance.randrange(40)) for _ in range(chance.choice((1, 1, 3))))
            regions.append(region(start, start + chance.choice((0, 10, 2000)), **{kind: values}))
        store = store_of(regions, tmp_path)
        starts = np.sort(np.array([chance.randrange(1, 6000) for _ in range(300)]))
        ends = starts + np.array([chance.choice((0, 0, 5, 3000)) for _ in starts])
        first, last = store.locate(starts=starts, ends=ends)
        keys = Keys(names=tuple(b"GC_" + key for key in store.keys), tracks=tuple(number // 2 for number in range(3)))
        keys = Keys(names=keys.names, tracks=keys.tracks[: len(keys.names)])
        some = last > first
        monkeypatch.setattr(module, "_ROOM", chance.choice((1, 1 << 16)))
        monkeypatch.setattr(module, "_BYTES_PER_SPAN", chance.choice((0, 256)))
        found = []
        for library in (None, loops):
            monkeypatch.setattr(module, "_LIBRARY", library)
            one = store.describe(first[some], last[some], keys=keys)
            pieces = [one.text[begin:end] for begin, end in zip(one.begins, one.ends, strict=True)]
            found.append((pieces, one.hits.tolist()))
        assert found[0] == found[1]
        assert len(found[0][0]) == np.count_nonzero(some)
        track_of = dict(zip(keys.names, keys.tracks, strict=True))
        tracks = [{track_of[item.partition(b"=")[0]] for item in piece.split(b";")} for piece in found[0][0]]
        assert found[0][1] == [sum(track in one for one in tracks) for track in range(len(found[0][1]))]


class TestRegionCollector:
    def test_puts_another_ones_regions_behind_its_own(self) -> None:
        one, other = RegionCollector(), RegionCollector()
        one.add(start=1, end=9, text=b"B=1")
        other.add(start=1, end=9, text=b"A=1")
        other.add(start=2, end=9, text=b"B=1")
        one.extend(other)
        store = RegionStore(one.arrays())
        assert store.text_on(5, 5) == b"B=1;A=1"

    def test_keeps_a_text_once_and_joins_its_regions(self) -> None:
        collector = RegionCollector()
        for start in range(1, 1000, 10):
            collector.add(start=start, end=start + 12, text=b"A=1")
        arrays = collector.arrays()
        assert (
            arrays["start"].tolist(),
            arrays["end"].tolist(),
            arrays["key"].tobytes(),
            arrays["value"].tobytes(),
        ) == (
            [1],
            [1003],
            b"A",
            b"1",
        )

    def test_does_not_grow_with_the_depth(self) -> None:
        collector = RegionCollector()
        for number in range(5000):
            collector.add(start=1 + number, end=100_000 + number, text=b"A=%d" % number)
        size = sum(column.nbytes for column in collector.arrays().values())
        assert size < 4_000_000
