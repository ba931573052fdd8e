from pathlib import Path

import pytest

from genomics.localaws.byte_files import ByteFiles


@pytest.fixture
def files(tmp_path: Path) -> ByteFiles:
    return ByteFiles(tmp_path)


class TestWindow:
    def test_slices_like_bytes(self, files: ByteFiles) -> None:
        file, content = files.create(), bytes(range(100))
        file.write(content)
        window = file.window()
        for part in (slice(None), slice(10, 20), slice(-5, None), slice(90, 500), slice(50, 20)):
            assert b"".join(window[part]) == content[part]
            assert len(window[part]) == len(content[part])
        assert b"".join(window[10:50][5:10]) == content[15:20]


class TestByteFile:
    def test_gives_the_md5_of_what_it_wrote(self, files: ByteFiles) -> None:
        assert files.create().write(b"abc") == "900150983cd24fb0d6963f7d28e17f72"

    def test_copies_windows_and_moves_files(self, files: ByteFiles) -> None:
        first, second, third = files.create(), files.create(), files.create()
        first.write(b"0123456789")
        second.write(first.window()[2:5])
        third.write(second)
        assert third.path.read_bytes() == b"234"
        assert not second.path.exists()


class TestByteFiles:
    def test_keeps_discarded_bytes_for_one_more_snapshot(self, files: ByteFiles) -> None:
        file = files.create()
        file.close()
        files.purge()
        assert file.path.exists()
        files.purge()
        assert not file.path.exists()

    def test_sweeps_only_what_nothing_refers_to(self, files: ByteFiles) -> None:
        kept, orphan = files.create(), files.create()
        assert files.sweep(live={kept.name}) == 1
        assert kept.path.exists()
        assert not orphan.path.exists()
