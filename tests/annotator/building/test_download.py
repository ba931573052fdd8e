"""Downloads: whatever a connection does, a file is whole and the publisher's, or not there."""

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from annotator.building.checksums import Checksum
from annotator.building.download import MAX_TRIES_WITHOUT_PROGRESS, DownloadError, Remote, fetch, fetch_text, look
from tests.annotator.building.server import Files, serving

DATA = random.Random(1).randbytes(700_000)


@pytest.fixture
def files() -> Iterator[Files]:
    with serving(Files(contents={"/a.gz": DATA})) as files:
        yield files


def md5_of(data: bytes) -> Checksum:
    return Checksum(kind="md5", value=hashlib.md5(data).hexdigest())


def get(files: Files, path: Path, *, checksum: Checksum | None = None, pauses: list[float] | None = None) -> Remote:
    return fetch(
        f"{files.url}/a.gz",
        path,
        checksum=lambda _: checksum,
        pause=(pauses if pauses is not None else []).append,
    )


class TestFetch:
    def test_takes_the_file_and_leaves_nothing_else(self, files: Files, tmp_path: Path) -> None:
        heard: list[int] = []
        fetch(f"{files.url}/a.gz", tmp_path / "x" / "a.gz", checksum=lambda _: md5_of(DATA), progress=heard.append)
        assert (tmp_path / "x" / "a.gz").read_bytes() == DATA
        assert [path.name for path in (tmp_path / "x").iterdir()] == ["a.gz"]
        assert heard == sorted(heard)
        assert heard[-1] == len(DATA)

    def test_goes_on_where_the_connection_broke(self, files: Files, tmp_path: Path) -> None:
        files.breaks_after = [300_000, 100_000]
        pauses: list[float] = []
        get(files, tmp_path / "a.gz", checksum=md5_of(DATA), pauses=pauses)
        assert (tmp_path / "a.gz").read_bytes() == DATA
        assert [asked for _, _, asked in files.requests] == ["", "bytes=300000-", "bytes=400000-"]
        assert pauses == [1.0, 1.0]

    def test_gives_up_when_nothing_arrives_and_keeps_what_has(self, files: Files, tmp_path: Path) -> None:
        files.breaks_after = [5000, *[0] * 20]
        pauses: list[float] = []
        with pytest.raises(DownloadError, match=r"ended after 5,000 of 700,000 bytes.*Run it again"):
            get(files, tmp_path / "a.gz", pauses=pauses)
        assert len(files.requests) == MAX_TRIES_WITHOUT_PROGRESS
        assert pauses == sorted(pauses)
        assert not (tmp_path / "a.gz").exists()
        files.breaks_after = []
        get(files, tmp_path / "a.gz", checksum=md5_of(DATA))
        assert files.requests[-1][2] == "bytes=5000-"
        assert (tmp_path / "a.gz").read_bytes() == DATA

    def test_begins_again_when_the_file_has_changed_meanwhile(self, files: Files, tmp_path: Path) -> None:
        files.breaks_after = [300_000, *[0] * 20]
        with pytest.raises(DownloadError):
            get(files, tmp_path / "a.gz")
        newer = DATA[::-1]
        files.contents["/a.gz"], files.breaks_after = newer, []
        get(files, tmp_path / "a.gz", checksum=md5_of(newer))
        assert (tmp_path / "a.gz").read_bytes() == newer

    def test_begins_again_on_a_server_that_knows_no_ranges(self, files: Files, tmp_path: Path) -> None:
        files.knows_ranges = False
        files.breaks_after = [300_000]
        get(files, tmp_path / "a.gz", checksum=md5_of(DATA))
        assert (tmp_path / "a.gz").read_bytes() == DATA

    def test_does_not_go_on_with_the_part_of_another_address(self, files: Files, tmp_path: Path) -> None:
        files.contents["/b.gz"] = DATA[::-1]
        files.breaks_after = [300_000, *[0] * 20]
        with pytest.raises(DownloadError):
            get(files, tmp_path / "a.gz")
        files.breaks_after = []
        fetch(f"{files.url}/b.gz", tmp_path / "a.gz", checksum=lambda _: None)
        assert (tmp_path / "a.gz").read_bytes() == DATA[::-1]

    def test_names_a_part_that_had_all_arrived(self, files: Files, tmp_path: Path) -> None:
        def interrupted(_: Remote) -> Checksum | None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            fetch(f"{files.url}/a.gz", tmp_path / "a.gz", checksum=interrupted)
        files.requests.clear()
        get(files, tmp_path / "a.gz", checksum=md5_of(DATA))
        assert files.requests == [("GET", "/a.gz", f"bytes={len(DATA)}-"), ("HEAD", "/a.gz", "")]
        assert (tmp_path / "a.gz").read_bytes() == DATA

    def test_throws_away_what_has_the_wrong_checksum(self, files: Files, tmp_path: Path) -> None:
        with pytest.raises(DownloadError, match="checksum is not the publisher's"):
            get(files, tmp_path / "a.gz", checksum=md5_of(b"else"))
        assert list(tmp_path.iterdir()) == []

    def test_does_not_try_again_what_is_not_there(self, files: Files, tmp_path: Path) -> None:
        with pytest.raises(DownloadError, match="answers 404"):
            fetch(f"{files.url}/none", tmp_path / "a.gz", checksum=lambda _: None)
        assert len(files.requests) == 1

    def test_tries_again_what_is_busy(self, files: Files, tmp_path: Path) -> None:
        files.failures = [503, 429]
        get(files, tmp_path / "a.gz", checksum=md5_of(DATA))
        assert (tmp_path / "a.gz").read_bytes() == DATA

    def test_tells_of_a_server_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(DownloadError, match="cannot be reached"):
            fetch("http://127.0.0.1:9/a.gz", tmp_path / "a.gz", checksum=lambda _: None, pause=lambda _: None)

    def test_fetches_nothing_but_http(self, tmp_path: Path) -> None:
        with pytest.raises(DownloadError, match="only http and https"):
            fetch("file:///etc/hostname", tmp_path / "a", checksum=lambda _: None)


class TestLook:
    def test_tells_the_size_without_fetching(self, files: Files) -> None:
        remote = look(f"{files.url}/a.gz")
        assert (remote.size_bytes, remote.etag) == (len(DATA), files.etag("/a.gz"))
        assert [method for method, _, _ in files.requests] == ["HEAD"]

    def test_asks_again_when_the_server_is_busy(self, files: Files) -> None:
        files.head_failures = [503, 503]
        pauses: list[float] = []
        assert look(f"{files.url}/a.gz", pause=pauses.append).size_bytes == len(DATA)
        assert pauses == [1.0, 2.0]

    def test_gives_up_on_a_server_that_stays_busy(self, files: Files) -> None:
        files.head_failures = [503] * 9
        with pytest.raises(DownloadError, match="answers 503"):
            look(f"{files.url}/a.gz", pause=lambda _: None)

    def test_knows_nothing_where_nobody_may_only_look(self, files: Files) -> None:
        files.head_failures = [405]
        assert look(f"{files.url}/a.gz").size_bytes is None

    def test_says_what_the_server_answers(self, files: Files) -> None:
        with pytest.raises(DownloadError, match=r"/none: the server answers 404"):
            look(f"{files.url}/none")


class TestFetchText:
    def test_takes_small_files(self, files: Files) -> None:
        files.contents["/CHECKSUMS"] = b"1 2 a.gz\n"
        assert fetch_text(f"{files.url}/CHECKSUMS") == "1 2 a.gz\n"
