"""Named numpy arrays in a file: deterministic to write, cheap to open.

Small references ship compressed `.npz` archives; large ones hold folders of `.npy` files, which are mapped, not read.
"""

import io
import math
import mmap
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]

ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # a fixed time stamp: the same arrays give the same bytes


def write_archive(path: Path, *, arrays: Arrays) -> None:
    """Write the arrays as one compressed archive."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name in sorted(arrays):
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(arrays[name]), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=ZIP_EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, buffer.getvalue(), compress_type=zipfile.ZIP_LZMA)


def write_folder(path: Path, *, arrays: Arrays) -> None:
    """Write the arrays as a folder of `.npy` files, one each, to be mapped."""
    path.mkdir(parents=True, exist_ok=True)
    for name in sorted(arrays):
        with (path / f"{name}.npy").open("wb") as stream:
            np.lib.format.write_array(stream, np.ascontiguousarray(arrays[name]), allow_pickle=False)


def write_arrays(stem: Path, *, arrays: Arrays, compressed: bool) -> None:
    """Write the arrays where `open_arrays(stem)` finds them: compressed archives are small, folders open at once."""
    if compressed:
        write_archive(stem.with_name(f"{stem.name}.npz"), arrays=arrays)
    else:
        write_folder(stem, arrays=arrays)


def stem_of(folder: Path, *, contig: str) -> Path:
    """Where in a folder of stores a contig's own stands; what no file name can be is percent-encoded."""
    name = quote(contig, safe="!#$&'()+,;=@[]{}^`")
    return folder / (name if name.strip(".") else name.replace(".", "%2E"))


def open_arrays(stem: Path) -> dict[str, NDArray[Any]]:
    """Open `<stem>.npz`, or map the folder `<stem>/`; no arrays when there is neither."""
    archive_path = stem.with_name(f"{stem.name}.npz")
    if archive_path.is_file():
        with np.load(archive_path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    if stem.is_dir():
        return {path.stem: _mapped(path) for path in sorted(stem.glob("*.npy"))}
    return {}


def _mapped(path: Path) -> NDArray[Any]:
    """Map an array that `write_folder` wrote; quicker than np.load, which resolves the path anew."""
    with path.open("rb") as stream:
        np.lib.format.read_magic(stream)
        shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
        mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        return np.frombuffer(mapped, dtype, math.prod(shape), stream.tell()).reshape(shape)


def pack_texts(texts: list[bytes]) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    """Join texts into one blob; text i is `blob[offset[i]:offset[i + 1]]`."""
    offset = np.zeros(len(texts) + 1, dtype=np.uint32)
    np.cumsum([len(text) for text in texts], out=offset[1:])
    return offset, np.frombuffer(b"".join(texts), dtype=np.uint8)
