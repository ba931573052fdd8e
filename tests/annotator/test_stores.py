"""Regions and sites: what is written is found again, and nothing else."""

from pathlib import Path

import pytest

from annotator.regions import Region, RegionStore, flatten, write_regions
from annotator.sites import Site, SiteStore, site_key, write_sites


def region(start: int, end: int, **values: str) -> Region:
    return Region(start=start, end=end, values=tuple(values.items()))


class TestFlatten:
    def test_cuts_overlaps_and_joins_their_values(self) -> None:
        assert flatten([region(1, 10, A="x"), region(5, 15, A="y"), region(20, 20, B="z")]) == [
            (1, 4, b"A=x"),
            (5, 10, b"A=x,y"),
            (11, 15, b"A=y"),
            (20, 20, b"B=z"),
        ]

    def test_says_each_value_once(self) -> None:
        assert flatten([region(1, 5, A="x"), region(1, 5, A="x", B="y")]) == [(1, 5, b"A=x;B=y")]


class TestRegionStore:
    @pytest.fixture
    def store(self, tmp_path: Path) -> RegionStore:
        write_regions(tmp_path / "1.npz", regions=[region(10, 20, A="x"), region(21, 30, A="y")])
        return RegionStore.open(tmp_path / "1")

    @pytest.mark.parametrize(
        ("start", "end", "text"),
        [(9, 9, b""), (10, 10, b"A=x"), (20, 20, b"A=x"), (20, 21, b"A=x,y"), (31, 40, b""), (1, 99, b"A=x,y")],
    )
    def test_includes_both_ends(self, store: RegionStore, start: int, end: int, text: bytes) -> None:
        (first,), (last,) = store.locate(starts=[start], ends=[end])
        assert store.text(first, last) == text

    def test_is_empty_for_a_contig_without_one(self, tmp_path: Path) -> None:
        store = RegionStore.open(tmp_path / "none")
        assert store.locate(starts=[5], ends=[5]) == ([0], [0])


class TestSiteStore:
    def test_finds_the_exact_allele(self, tmp_path: Path) -> None:
        sites = [
            Site(position=5, ref=b"A", alt=b"G", identifier=b"rs1", text=b"K=1"),
            Site(position=5, ref=b"A", alt=b"AT", identifier=b"", text=b"K=2"),
        ]
        write_sites(tmp_path / "1.npz", sites=sites)
        store = SiteStore.open(tmp_path / "1")
        assert sorted(store, key=lambda site: site.text) == sites
        keys = [site_key(5, b"A", b"G"), site_key(5, b"A", b"C"), site_key(5, b"A", b"AT"), site_key(6, b"A", b"G")]
        found = store.candidates(keys)
        assert found.keys() == {0, 2}
        assert store.read(found[0], ref=b"A", alt=b"G") == (b"rs1", b"K=1")
        assert store.read(found[2], ref=b"A", alt=b"AT") == (b"", b"K=2")

    def test_compares_the_text_when_keys_collide(self, tmp_path: Path) -> None:
        write_sites(tmp_path / "1.npz", sites=[Site(position=5, ref=b"A", alt=b"AT", identifier=b"", text=b"K=2")])
        store = SiteStore.open(tmp_path / "1")
        assert store.read(0, ref=b"A", alt=b"AC") is None

    def test_is_empty_for_a_contig_without_one(self, tmp_path: Path) -> None:
        assert SiteStore.open(tmp_path / "none").candidates([1, 2]) == {}
