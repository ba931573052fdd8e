"""Sites are found by their exact allele, one by one or many at once."""

from pathlib import Path

import numpy as np
import pytest

from annotator.sites import Site, SiteStore, site_key, snv_keys, write_sites


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
        assert SiteStore.open(tmp_path / "1").candidates(keys) == {}


class TestCandidates:
    @pytest.fixture
    def store(self, tmp_path: Path) -> SiteStore:
        write_sites(tmp_path / "1.npz", sites=[site(5, b"A", b"G"), site(9, b"C", b"CT")])
        return SiteStore.open(tmp_path / "1")

    def test_are_the_same_for_a_list_and_an_array(self, store: SiteStore) -> None:
        keys = [site_key(5, b"A", b"G"), site_key(5, b"A", b"C"), site_key(9, b"C", b"CT")]
        assert store.candidates(np.array(keys, dtype=np.uint64)) == store.candidates(keys) == {0: 0, 2: 1}

    def test_are_none_without_keys(self, store: SiteStore) -> None:
        assert store.candidates(np.zeros(0, dtype=np.uint64)) == {}
