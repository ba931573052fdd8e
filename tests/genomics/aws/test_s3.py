import base64
import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    IncompleteReadError,
)
from django.conf import settings

from genomics.aws import clients, s3
from genomics.aws.errors import (
    ObjectExistsError,
    ObjectMissingError,
    ServiceRefusedError,
    StorageUnavailableError,
)

pytestmark = pytest.mark.usefixtures("aws")

BUCKET = settings.STACK.buckets["results"]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "source"
    file.write_bytes(b"some bytes\n" * 1000)
    return file


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """This function will let files of more than 5 MiB, the smallest part that S3 takes, be stored in parts."""
    monkeypatch.setattr(s3, "PART_BYTES", 5 * 1024**2)


def _store(source: Path, key: str = "a/b") -> s3.StoredFile:
    return s3.store(BUCKET, key=key, source=source, content_type="text/plain")


class TestStore:
    def test_gives_size_and_digest_of_what_it_wrote(self, source: Path) -> None:
        stored = _store(source)
        assert stored.size_bytes == s3.describe(BUCKET, key="a/b").size_bytes == source.stat().st_size
        assert stored.sha256 == hashlib.sha256(source.read_bytes()).hexdigest()

    @pytest.mark.usefixtures("small_parts")
    def test_writes_large_files_in_parts_with_the_digest_of_the_whole(self, tmp_path: Path) -> None:
        large = tmp_path / "large"
        large.write_bytes(bytes(range(256)) * 48 * 1024)
        stored = _store(large)
        back = tmp_path / "back"
        s3.fetch(BUCKET, key="a/b", target=back)
        assert stored.size_bytes == 12 * 1024**2
        assert hashlib.sha256(back.read_bytes()).hexdigest() == stored.sha256

    def test_never_overwrites(self, source: Path) -> None:
        _store(source)
        source.write_bytes(b"other bytes")
        with pytest.raises(ObjectExistsError):
            _store(source)
        assert s3.read_head(BUCKET, key="a/b", length=4) == b"some"
        assert s3.read_tail(BUCKET, key="a/b", length=6) == b"bytes\n"

    def test_takes_its_own_bytes_for_a_success_whose_answer_was_lost(self, source: Path) -> None:
        assert _store(source) == _store(source)

    @pytest.mark.usefixtures("small_parts")
    def test_does_so_for_parts_too_and_refuses_other_bytes(self, tmp_path: Path) -> None:
        large = tmp_path / "large"
        large.write_bytes(bytes(6 * 1024**2))
        assert _store(large) == _store(large)
        large.write_bytes(b"1" + bytes(6 * 1024**2 - 1))
        with pytest.raises(ObjectExistsError):
            _store(large)
        uploads = clients.s3().list_multipart_uploads(Bucket=BUCKET)
        assert "Uploads" not in uploads


class TestMissing:
    def test_objects_and_uploads_are_told_as_such(self, tmp_path: Path) -> None:
        with pytest.raises(ObjectMissingError):
            s3.read_tail(BUCKET, key="nothing", length=1)
        with pytest.raises(ObjectMissingError):
            s3.read_head(BUCKET, key="nothing", length=1)
        with pytest.raises(ObjectMissingError):
            s3.fetch(BUCKET, key="nothing", target=tmp_path / "x")
        with pytest.raises(ObjectMissingError):
            s3.stored_parts(BUCKET, key="nothing", upload_id="none")
        assert not s3.exists(BUCKET, key="nothing")

    def test_may_be_deleted_and_aborted(self) -> None:
        s3.delete(BUCKET, keys=["nothing"])
        s3.abort_upload(BUCKET, key="nothing", upload_id="none")


class TestDescribe:
    def test_gives_size_and_checksum(self, source: Path) -> None:
        stored = _store(source)
        digest = base64.b64encode(bytes.fromhex(stored.sha256)).decode()
        assert s3.describe(BUCKET, key="a/b") == s3.StoredObject(size_bytes=stored.size_bytes, checksum=digest)

    def test_has_nothing_to_say_of_what_is_not_there(self) -> None:
        with pytest.raises(ObjectMissingError):
            s3.describe(BUCKET, key="nothing")


class TestPresignPart:
    @pytest.fixture
    def upload_id(self) -> str:
        return s3.begin_upload(BUCKET, key="a")

    def _put(self, upload_id: str, content: bytes, *, promised: bytes = b"body") -> int:
        sha256 = base64.b64encode(hashlib.sha256(promised).digest()).decode()
        url = s3.presign_part(
            BUCKET,
            key="a",
            upload_id=upload_id,
            number=1,
            size_bytes=len(promised),
            sha256=sha256,
            lifetime=timedelta(seconds=60),
        )
        return requests.put(url, data=content, headers={"x-amz-checksum-sha256": sha256}, timeout=10).status_code

    def test_takes_the_promised_bytes_which_join_under_their_checksum(self, upload_id: str) -> None:
        assert self._put(upload_id, b"body") == 200
        parts = s3.stored_parts(BUCKET, key="a", upload_id=upload_id)
        digest = hashlib.sha256(b"body").digest()
        assert [part.sha256 for part in parts] == [base64.b64encode(digest).decode()]
        s3.complete_upload(BUCKET, key="a", upload_id=upload_id, parts=parts)
        composite = base64.b64encode(hashlib.sha256(digest).digest()).decode()
        assert s3.describe(BUCKET, key="a") == s3.StoredObject(size_bytes=4, checksum=f"{composite}-1")

    @pytest.mark.parametrize(("content", "status"), [(b"BODY", 400), (b"body and more", 403), (b"bo", 403)])
    def test_takes_no_others(self, upload_id: str, content: bytes, status: int) -> None:
        assert self._put(upload_id, content) == status
        assert s3.stored_parts(BUCKET, key="a", upload_id=upload_id) == []

    def test_of_which_one_was_replaced_while_joining_is_worth_another_try(self, upload_id: str) -> None:
        self._put(upload_id, b"old!", promised=b"old!")
        parts = s3.stored_parts(BUCKET, key="a", upload_id=upload_id)
        self._put(upload_id, b"new!", promised=b"new!")
        with pytest.raises(StorageUnavailableError):
            s3.complete_upload(BUCKET, key="a", upload_id=upload_id, parts=parts)


class TestKeysUnder:
    def test_lists_one_prefix_and_no_other(self, source: Path) -> None:
        for key in ("job/1/a", "job/1/b", "job/10/a", "job/2/a"):
            _store(source, key)
        assert s3.keys_under(BUCKET, prefix="job/1/") == ["job/1/a", "job/1/b"]


class TestOpenUploads:
    def test_lists_those_of_one_prefix_until_they_are_aborted(self) -> None:
        opened = s3.begin_upload(BUCKET, key="job/1/input")
        s3.begin_upload(BUCKET, key="job/10/input")
        assert s3.open_uploads(BUCKET, prefix="job/1/") == [s3.OpenUpload(key="job/1/input", upload_id=opened)]
        s3.abort_upload(BUCKET, key="job/1/input", upload_id=opened)
        assert s3.open_uploads(BUCKET, prefix="job/1/") == []


def _answer(code: str, status: int) -> ClientError:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "HeadObject")


class TestOutage:
    @pytest.mark.parametrize(
        "fault",
        [
            EndpointConnectionError(endpoint_url="http://s3"),
            ConnectTimeoutError(endpoint_url="http://s3"),
            IncompleteReadError(actual_bytes=1, expected_bytes=2),
            _answer("SlowDown", 503),
            _answer("ConditionalRequestConflict", 409),
        ],
    )
    def test_is_told_as_such(self, monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
        def fail(**_: Any) -> None:
            raise fault

        monkeypatch.setattr(clients.s3(), "head_object", fail)
        with pytest.raises(StorageUnavailableError):
            s3.describe(BUCKET, key="a")

    def test_is_none_when_a_right_is_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(**_: Any) -> None:
            raise _answer("AccessDenied", 403)

        monkeypatch.setattr(clients.s3(), "head_object", refuse)
        with pytest.raises(ServiceRefusedError):
            s3.describe(BUCKET, key="a")

    def test_is_told_when_some_objects_were_not_deleted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """S3 answers 200 to a request of which it has done only a part."""
        answer = {"Errors": [{"Key": "b", "Code": "InternalError", "Message": "We encountered an internal error."}]}
        monkeypatch.setattr(clients.s3(), "delete_objects", lambda **_: answer)
        with pytest.raises(StorageUnavailableError, match="InternalError"):
            s3.delete(BUCKET, keys=["a", "b"])
