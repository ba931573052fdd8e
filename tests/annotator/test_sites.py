"""Sites are found by their exact allele, one by one or many at once."""

import ctypes
import random
import zlib
from pathlib import Path

import numpy as np
import pytest

from annotator import sites as module
from annotator.site_writer import SiteWriter, write_sites
from annotator.sites import Site, SiteStore, site_key, snv_keys
from annotator.spans import spans_of


def site(position: int, ref: bytes, alt: bytes, text: bytes = b"K=1", identifier: bytes = b"") -> Site:
    return Site(position=position, ref=ref, alt=alt, identifier=identifier, text=text)


def codes(letters: bytes) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    return np.frombuffer(letters, dtype=np.uint8)


class TestSnvKeys:
    def test_are_the_keys_of_the_single_alleles(self) -> None:
        pairs = [(ref, alt) for ref in b"ACGT" for alt in b"ACGT"]
        positions = np.array([1 + number * 33_554_431 for number in range(16)], dtype=np.int64)
        keys = snv_keys(positions, codes(bytes(ref for ref, _ in pairs)), codes(bytes(alt for _, alt in pairs)))
        assert keys.dtype == np.uint64
        assert keys.tolist() == [
            site_key(position, bytes([ref]), bytes([alt]))
            for position, (ref, alt) in zip(positions.tolist(), pairs, strict=True)
        ]

    @pytest.mark.parametrize(("ref", "alt"), [(b"N", b"A"), (b"A", b"*"), (b"a", b"C")])
    def test_find_nothing_for_other_letters(self, ref: bytes, alt: bytes, tmp_path: Path) -> None:
        write_sites(tmp_path / "1.npz", sites=[site(7, one, other) for one in (b"A", b"C") for other in (b"A", b"C")])
        keys = snv_keys(np.array([7], dtype=np.int64), codes(ref), codes(alt))
        assert not len(SiteStore.open(tmp_path / "1").matches(keys)[0])


class TestMatches:
    def test_are_first_rows_of_the_keys_that_occur(self, tmp_path: Path) -> None:
        sites = [
            site(5, b"A", b"AT", b"K=2"),
            site(5, b"A", b"G", b"K=1", b"rs1"),
            site(5, b"ACG", b"A", b"K=1"),
            site(4, b"C", b"T", b"", b"rs2"),
        ]
        write_sites(tmp_path / "1.npz", sites=sites)
        store = SiteStore.open(tmp_path / "1")
        assert sorted(map(repr, store)) == sorted(map(repr, sites))
        assert [found.position for found in store] == [4, 5, 5, 5]
        keys = [site_key(5, b"A", b"G"), site_key(5, b"A", b"C"), site_key(5, b"A", b"AT"), site_key(6, b"A", b"G")]
        indexes, rows = store.matches(np.array(keys, dtype=np.uint64))
        assert indexes.tolist() == [0, 2]
        assert [list(store)[row] for row in rows.tolist()] == [sites[1], sites[0]]

    def test_are_none_without_keys(self, tmp_path: Path) -> None:
        write_sites(tmp_path / "1.npz", sites=[site(5, b"A", b"G")])
        assert not len(SiteStore.open(tmp_path / "1").matches(np.zeros(0, dtype=np.uint64))[0])

    def test_are_none_on_a_contig_without_sites(self, tmp_path: Path) -> None:
        assert not len(SiteStore.open(tmp_path / "none").matches(np.array([1, 2], dtype=np.uint64))[0])


class TestValues:
    def test_are_those_that_each_row_has_alone(self, tmp_path: Path) -> None:
        with SiteWriter(tmp_path / "1", identifier_field="DBSNP") as writer:
            for number in range(200):
                identifier = b"rs%d" % number if number % 3 else b""
                writer.add(site(10 + number // 2, b"A", b"CG"[number % 2 :][:1], b"K=%d" % (number % 7), identifier))
        store = SiteStore.open(tmp_path / "1")
        positions = np.arange(1, 200, dtype=np.int64)
        keys = snv_keys(positions, np.full(199, ord("A"), dtype=np.uint8), np.full(199, ord("G"), dtype=np.uint8))
        indexes, rows = store.matches(keys)
        assert indexes.tolist() == list(range(9, 109))
        values = store.values(rows)
        found = list(zip(values.identifiers.list(), values.texts.list(), strict=True))
        sites = list(store)
        assert found == [(sites[row].identifier, sites[row].text) for row in rows.tolist()]

    def test_are_empty_where_a_store_has_neither_numbers_nor_texts(self, tmp_path: Path) -> None:
        write_sites(tmp_path / "1.npz", sites=[site(5, b"A", b"G", b"")])
        values = SiteStore.open(tmp_path / "1").values(np.array([0]))
        assert (values.identifiers.list(), values.texts.list()) == ([b""], [b""])
        assert SiteStore({}).matches(np.array([1], dtype=np.uint64))[0].tolist() == []


class TestProved:
    @pytest.mark.parametrize("way", ["python", "c"])
    def test_are_the_rows_with_really_these_alleles(
        self, tmp_path: Path, loops: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch, way: str
    ) -> None:
        monkeypatch.setattr(module, "_LIBRARY", loops if way == "c" else None)
        monkeypatch.setattr(zlib, "crc32", len)  # so that many alleles share a key
        alleles = [(b"A", b"AC"), (b"A", b"AG"), (b"AT", b"A"), (b"G", b"GTT")]
        with SiteWriter(tmp_path / "1") as writer:
            for position in (5, 9):
                for ref, alt in [*alleles, (b"A", b"G")]:
                    writer.add(site(position, ref, alt))
        store = SiteStore.open(tmp_path / "1")
        asked = [(9, b"A", b"AG"), (5, b"AT", b"A"), (5, b"A", b"AT"), (9, b"G", b"GTT")]
        keys = np.array([site_key(*one) for one in asked], dtype=np.uint64)
        indexes, rows = store.matches(keys)
        assert indexes.tolist() == [0, 1, 2, 3]
        found = store.proved(keys, rows, spans_of([ref + b"\t" + alt for _, ref, alt in asked]))
        sites = list(store)
        told = [None if row < 0 else (sites[row].position, sites[row].ref, sites[row].alt) for row in found.tolist()]
        assert told == [asked[0], asked[1], None, asked[3]]


class TestSiteWriter:
    def test_repeats_the_identifier_in_a_field_of_its_own(self, tmp_path: Path) -> None:
        with SiteWriter(tmp_path / "1", identifier_field="DBSNP") as writer:
            writer.add(site(5, b"A", b"G", b"", b"rs12"))
            writer.add(site(6, b"A", b"G", b"K=1", b"rs13"))
            writer.add(site(7, b"A", b"G", b"K=1"))
        texts = [found.text for found in SiteStore.open(tmp_path / "1")]
        assert texts == [b"DBSNP=rs12", b"DBSNP=rs13;K=1", b"K=1"]

    def test_keeps_columns_that_rows_need_and_no_others(self, tmp_path: Path) -> None:
        with SiteWriter(tmp_path / "1") as writer:
            writer.add(site(5, b"A", b"G", b"", b"rs12"))
        with np.load(tmp_path / "1.npz") as arrays:
            assert sorted(arrays.files) == ["key", "rs"]

    def test_writes_a_large_store_as_a_mapped_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("annotator.site_writer.ARCHIVE_BYTES", 0)
        with SiteWriter(tmp_path / "1") as writer:
            writer.add(site(5, b"A", b"G"))
            writer.add(site(9, b"C", b"CT"))
        assert not (tmp_path / "1.npz").exists()
        assert [found.alt for found in SiteStore.open(tmp_path / "1")] == [b"G", b"CT"]
        assert [path.name for path in tmp_path.iterdir()] == ["1"]

    def test_gives_the_same_store_whether_flushed_or_not(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("annotator.site_writer._BATCH_ROWS", 7)
        monkeypatch.setattr("annotator.site_writer.MEMO_TEXTS", 3)
        chance = random.Random(5)
        sites = [
            site(100 + number // 3 - chance.randrange(30), b"A", chance.choice((b"C", b"AC")), b"K=%d" % (number % 5))
            for number in range(500)
        ]
        with SiteWriter(tmp_path / "flushed") as writer:
            for number, one in enumerate(sites):
                writer.add(one)
                writer.flush(before=100 + number // 3 - 40)
        with SiteWriter(tmp_path / "whole") as writer:
            for one in sites:
                writer.add(one)
        flushed, whole = (list(SiteStore.open(tmp_path / name)) for name in ("flushed", "whole"))
        assert flushed == whole
        assert len(whole) == 500

    def test_refuses_an_identifier_that_is_none_of_dbsnp(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="no dbSNP number"):
            write_sites(tmp_path / "1.npz", sites=[site(5, b"A", b"G", b"", b"COSM1")])
        assert list(tmp_path.iterdir()) == []
