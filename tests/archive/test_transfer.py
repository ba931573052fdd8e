import dataclasses
import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from django.conf import settings

from archive import transfer
from archive.errors import ChecksumMismatchError, HotCopyMissingError
from archive.transfer import Errand, HotFile, Report
from genomics.aws import s3
from genomics.aws.errors import StorageUnavailableError
from tests.archive.files import LARGE, SMALL, content_of, hot_file, is_there, open_uploads, put

PART = 8 * 1024**2


class TestErrand:
    def test_comes_back_as_it_was_written(self) -> None:
        errand = Errand(retrieval_id="r", job_id="j", target=hot_file(SMALL, is_there=False))
        assert Errand.read(errand.write()) == errand

    def test_is_ascii_whatever_the_names(self) -> None:
        target = dataclasses.replace(hot_file(SMALL, is_there=False), key="Müller 基因")
        text = Errand(retrieval_id="r", job_id="j", target=target).write()
        assert text.isascii()
        assert Errand.read(text) == Errand(retrieval_id="r", job_id="j", target=target)

    def test_refuses_what_glacier_could_not_carry(self) -> None:
        target = dataclasses.replace(hot_file(SMALL, is_there=False), key="k" * 1024)
        with pytest.raises(ValueError, match="longer than 1024"):
            Errand(retrieval_id="r", job_id="j", target=target).write()

    @pytest.mark.parametrize("text", ["", "note", "[]", "7", "null", '{"retrieval": "r"}', '{"retrieval":"r","x":1}'])
    def test_is_none_in_other_texts(self, text: str) -> None:
        assert Errand.read(text) is None


class TestReport:
    REPORT = Report(
        retrieval_id="r", ready_at=datetime(2026, 3, 1, tzinfo=UTC), size_bytes=7, sha256="ab" * 32, failure=""
    )

    def test_comes_back_as_it_was_written(self) -> None:
        assert Report.read(self.REPORT.write()) == self.REPORT

    @pytest.mark.parametrize(
        "changes",
        [
            {"retrieval_id": 7}, {"ready_at": "soon"}, {"ready_at": "2026-03-01T00:00:00"}, {"ready_at": None},
            {"size_bytes": "7"}, {"size_bytes": True}, {"sha256": None}, {"failure": []}, {"more": 1},
        ],
    )  # fmt: skip
    def test_is_none_when_a_part_is_not_what_it_should_be(self, changes: dict[str, object]) -> None:
        ((name, told),) = json.loads(self.REPORT.write()).items()
        assert Report.read(json.dumps({name: {**told, **changes}})) is None

    @pytest.mark.parametrize("text", ["", "[]", "7", "null", "{}", "[" * 100_000, '{"genomics-restore": 5}'])
    def test_is_none_in_other_texts(self, text: str) -> None:
        assert Report.read(text) is None


class TestRanges:
    @pytest.mark.parametrize(
        ("size", "expected"),
        [(0, []), (1, [(0, 1)]), (4, [(0, 4)]), (5, [(0, 4), (4, 5)]), (8, [(0, 4), (4, 8)])],
    )
    def test_cover_each_byte_once(self, size: int, expected: list[tuple[int, int]]) -> None:
        assert list(transfer.ranges(size, part_bytes=4)) == expected


@pytest.mark.usefixtures("aws")
class TestVerify:
    @pytest.mark.parametrize("content", [SMALL, LARGE, b""], ids=["small", "large", "empty"])
    def test_accepts_the_very_bytes(self, content: bytes) -> None:
        transfer.verify(hot_file(content))

    def test_finds_one_other_byte(self) -> None:
        file = hot_file(LARGE)
        put(LARGE[:-1] + b"?", key=file.key)
        with pytest.raises(ChecksumMismatchError, match=file.key):
            transfer.verify(file)

    def test_finds_nothing(self) -> None:
        with pytest.raises(HotCopyMissingError):
            transfer.verify(hot_file(SMALL, is_there=False))


class _Source:
    """Bytes that remember which ranges were read, and stop at one of them when told so."""

    def __init__(self, content: bytes, *, stop_at: int | None = None) -> None:
        self.content = content
        self.stop_at = stop_at
        self.read_from: list[int] = []

    def __call__(self, start: int, stop: int) -> bytes:
        if start == self.stop_at:
            raise ConnectionError("the line is cut")
        self.read_from.append(start)
        return self.content[start:stop]


@pytest.mark.usefixtures("aws")
class TestCarry:
    @pytest.fixture
    def target(self, aws: object) -> HotFile:
        return hot_file(LARGE, is_there=False)

    def test_reads_each_byte_once(self, target: HotFile) -> None:
        source = _Source(LARGE)
        transfer.carry(source, target=target, part_bytes=PART)
        assert source.read_from == [0, PART, 2 * PART]
        assert content_of(target) == LARGE

    @pytest.mark.parametrize("cut", [0, PART, 2 * PART])
    def test_goes_on_after_a_cut_with_what_is_missing(self, target: HotFile, cut: int) -> None:
        with pytest.raises(ConnectionError):
            transfer.carry(_Source(LARGE, stop_at=cut), target=target, part_bytes=PART)
        assert not is_there(target)
        source = _Source(LARGE)
        transfer.carry(source, target=target, part_bytes=PART)
        assert source.read_from == list(range(cut, len(LARGE), PART))
        assert content_of(target) == LARGE
        assert open_uploads() == []

    def test_keeps_another_upload_under_a_longer_key_apart(self, target: HotFile) -> None:
        other = s3.begin_upload(target.bucket, key=f"{target.key}.tbi")
        s3.upload_part(target.bucket, key=f"{target.key}.tbi", upload_id=other, number=1, data=b"\0" * PART)
        transfer.carry(_Source(LARGE), target=target, part_bytes=PART)
        assert open_uploads() == [f"{target.key}.tbi"]

    def test_is_done_when_somebody_else_was_quicker(self, target: HotFile) -> None:
        def read(start: int, stop: int) -> bytes:
            put(LARGE, key=target.key)
            return LARGE[start:stop]

        transfer.carry(read, target=target, part_bytes=PART)
        assert content_of(target) == LARGE
        assert open_uploads() == []

    def test_may_be_tried_again_when_its_upload_was_ended(self, target: HotFile) -> None:
        def read(start: int, stop: int) -> bytes:
            for upload in s3.open_uploads(target.bucket, prefix=target.key):
                s3.abort_upload(target.bucket, key=upload.key, upload_id=upload.upload_id)
            return LARGE[start:stop]

        with pytest.raises(StorageUnavailableError, match="ended meanwhile"):
            transfer.carry(read, target=target, part_bytes=PART)
        transfer.carry(_Source(LARGE), target=target, part_bytes=PART)

    def test_removes_what_is_not_right(self, target: HotFile) -> None:
        with pytest.raises(ChecksumMismatchError):
            transfer.carry(_Source(LARGE[::-1]), target=target, part_bytes=PART)
        assert not is_there(target)

    def test_has_one_part_in_memory_at_a_time(self, aws: object) -> None:
        # In a process of its own: the local AWS runs in this one, and holds what it is sent.
        run = subprocess.run(
            [sys.executable, "-c", _CARRY, settings.STACK.buckets["results"], str(PART)],
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            check=True,
        )
        assert int(run.stdout) < 3 * PART  # the part, what boto3 makes of it, and little else


_CARRY = """
import hashlib, sys, tracemalloc
from archive.transfer import HotFile, carry

bucket, part_bytes = sys.argv[1], int(sys.argv[2])
chunk, whole = bytes(range(256)) * 4096, hashlib.sha256()
for _ in range(64):
    whole.update(chunk)
target = HotFile(
    bucket=bucket, key="k", size_bytes=64 * len(chunk), sha256=whole.hexdigest(), content_type="application/gzip"
)
tracemalloc.start()
carry(lambda start, stop: chunk * ((stop - start) // len(chunk)), target=target, part_bytes=part_bytes)
print(tracemalloc.get_traced_memory()[1])
"""


class TestImport:
    def test_needs_no_django(self) -> None:
        code = (
            "import sys; import archive.transfer;"
            "assert not {'django', 'celery', 'kombu'} & {name.partition('.')[0] for name in sys.modules}"
        )
        subprocess.run([sys.executable, "-c", code], cwd=settings.BASE_DIR, check=True)
