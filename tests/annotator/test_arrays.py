"""Named arrays in files, as archives and as folders that are mapped."""

import mmap
from pathlib import Path

import numpy as np
import pytest

from annotator.arrays import Arrays, open_arrays, stem_of, write_arrays

ARRAYS: Arrays = {
    "numbers": np.arange(7, dtype=np.uint32),
    "pairs": np.arange(12, dtype=np.int16).reshape(6, 2),
    "nothing": np.zeros((0, 3), dtype=np.int64),
    "marks": np.array([True, False]),
}


@pytest.mark.parametrize("compressed", [True, False])
def test_what_was_written_is_read(tmp_path: Path, *, compressed: bool) -> None:
    write_arrays(tmp_path / "1", arrays=ARRAYS, compressed=compressed)
    found = open_arrays(tmp_path / "1")
    assert found.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_a_folder_is_mapped_and_not_to_be_written(tmp_path: Path) -> None:
    write_arrays(tmp_path / "1", arrays=ARRAYS, compressed=False)
    pairs = open_arrays(tmp_path / "1")["pairs"]
    owner: object = pairs
    while isinstance(owner, np.ndarray):
        owner = owner.base
    assert isinstance(owner, memoryview)
    assert isinstance(owner.obj, mmap.mmap)
    assert not pairs.flags.writeable


def test_there_may_be_none(tmp_path: Path) -> None:
    assert open_arrays(tmp_path / "1") == {}


@pytest.mark.parametrize(("contig", "name"), [("chr1", "chr1"), ("HLA*01/2", "HLA%2A01%2F2"), ("..", "%2E%2E")])
def test_a_contig_has_a_file_of_its_own(contig: str, name: str) -> None:
    assert stem_of(Path("stores"), contig=contig) == Path("stores") / name
