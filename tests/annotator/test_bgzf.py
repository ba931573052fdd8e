"""The BGZF writer, read back by gzip and by htslib."""

import gzip
import hashlib
import random
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import pysam
import pytest

from annotator.bgzf import BLOCK_BYTES, BgzfFile, compress_chunk
from annotator.errors import InvalidVcfError

_GENEROUS = 10**9


def text_of(length: int, *, seed: int = 1) -> bytes:
    return bytes(random.Random(seed).choices(b"ACGT\t\n", k=length))


class TestCompressChunk:
    @pytest.mark.parametrize("length", [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES + 7])
    def test_gives_the_text_back(self, length: int) -> None:
        text = text_of(length)
        chunk = compress_chunk(text)
        assert gzip.decompress(chunk.data) == text if length else chunk.data == b""

    def test_makes_each_block_readable_by_itself(self) -> None:
        text = text_of(2 * BLOCK_BYTES + 5)
        chunk = compress_chunk(text)
        assert chunk.text_starts.tolist() == [0, BLOCK_BYTES, 2 * BLOCK_BYTES, len(text)]
        assert chunk.block_starts[-1] == len(chunk.data)
        starts = chunk.block_starts.tolist()
        parts = [gzip.decompress(chunk.data[start:end]) for start, end in pairwise(starts)]
        assert b"".join(parts) == text
        assert len(parts[0]) == BLOCK_BYTES

    @pytest.mark.parametrize("lowest", [0, 1])
    def test_keeps_what_cannot_be_compressed_within_the_size_of_a_block(self, *, lowest: int) -> None:
        noise = bytes(random.Random(2).choices(range(lowest, 256), k=2 * BLOCK_BYTES))
        chunk = compress_chunk(noise)
        assert gzip.decompress(chunk.data) == noise
        assert np.diff(chunk.block_starts).max() <= 65_536

    def test_gives_the_same_bytes_twice(self) -> None:
        assert compress_chunk(text_of(99_999)).data == compress_chunk(text_of(99_999)).data

    def test_gives_the_same_bytes_wherever_the_stack_lies(self) -> None:
        # Without a dictionary, a few of so many texts come out in another way in a thread, whose stack lies elsewhere.
        filler = text_of(350)
        beginnings = [f"{number:04x}GATTACA".encode() for number in range(30_000)]
        texts = [beginning + filler + beginning for beginning in beginnings]

        def compressed() -> list[bytes]:
            return [compress_chunk(text).data for text in texts]

        with ThreadPoolExecutor(max_workers=1) as elsewhere:
            assert compressed() == elsewhere.submit(compressed).result()

    def test_gives_zeros_back(self) -> None:
        # They are in the dictionary that comes before other texts, and whoever unpacks the file has not got it.
        text = bytes(1_000) + text_of(1_000) + bytes(BLOCK_BYTES)
        chunk = compress_chunk(text)
        assert gzip.decompress(chunk.data) == text
        assert len(chunk.data) < len(text) // 10


class TestVirtualOffsets:
    def test_lead_htslib_to_the_text(self, tmp_path: Path) -> None:
        path = tmp_path / "text.gz"
        texts = [text_of(200_000, seed=1), text_of(70_000, seed=2)]
        with BgzfFile(path, max_bytes=_GENEROUS) as file:
            chunks = [compress_chunk(text) for text in texts]
            begins = [file.append(chunk) for chunk in chunks]
        with pysam.BGZFile(str(path), "rb", None) as stream:
            for text, chunk, begin in zip(texts, chunks, begins, strict=True):
                places = np.array([0, 1, 65_279, 65_280, 65_281, len(text) - 9])
                for place, offset in zip(places.tolist(), chunk.virtual_offsets(places, at=begin), strict=True):
                    stream.seek(int(offset))
                    assert stream.read(9) == text[place : place + 9]

    def test_of_a_blocks_end_is_the_next_ones_begin(self) -> None:
        chunk = compress_chunk(text_of(BLOCK_BYTES + 10))
        first, last = chunk.virtual_offsets(np.array([BLOCK_BYTES, BLOCK_BYTES + 10]), at=1_000)
        assert first == (1_000 + chunk.block_starts[1]) << 16
        assert last == (1_000 + len(chunk.data)) << 16


class TestBgzfFile:
    def test_strings_chunks_together_and_ends_as_bgzip_does(self, tmp_path: Path) -> None:
        path = tmp_path / "text.gz"
        with BgzfFile(path, max_bytes=_GENEROUS) as file:
            assert file.append(compress_chunk(b"one\n")) == 0
            assert file.append(compress_chunk(b"two\n")) > 0
        assert gzip.decompress(path.read_bytes()) == b"one\ntwo\n"
        with pysam.BGZFile(str(path), "rb", None) as stream:
            assert stream.read() == b"one\ntwo\n"

    def test_tells_size_and_checksum_of_what_it_wrote(self, tmp_path: Path) -> None:
        path = tmp_path / "text.gz"
        with BgzfFile(path, max_bytes=_GENEROUS) as file:
            file.append(compress_chunk(text_of(100_000)))
        assert file.size_bytes == path.stat().st_size
        assert file.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()

    def test_refuses_to_grow_too_large(self, tmp_path: Path) -> None:
        with (
            pytest.raises(InvalidVcfError, match="larger than 100 bytes") as caught,
            BgzfFile(tmp_path / "text.gz", max_bytes=100) as file,
        ):
            file.append(compress_chunk(text_of(1_000)))
        assert caught.value.code == "OUTPUT_TOO_LARGE"
