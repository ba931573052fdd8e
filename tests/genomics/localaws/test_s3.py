import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from genomics.localaws.server import LocalAws
from tests.genomics.localaws.fixtures import client

PART = 5 << 20


@pytest.fixture
def s3(aws: LocalAws) -> Any:
    return client("s3")


@pytest.fixture
def bucket(aws: LocalAws, s3: Any) -> Iterator[str]:
    s3.create_bucket(Bucket="test-s3")
    yield "test-s3"
    aws.empty()
    s3.delete_bucket(Bucket="test-s3")


def _code(error: pytest.ExceptionInfo[ClientError]) -> tuple[int, str]:
    answer = error.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def _upload(s3: Any, bucket: str, key: str, parts: list[bytes], **create: str) -> tuple[str, list[dict[str, Any]]]:
    upload = s3.create_multipart_upload(Bucket=bucket, Key=key, **create)["UploadId"]
    done = []
    for number, body in enumerate(parts, start=1):
        answer = s3.upload_part(
            Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=body, ChecksumAlgorithm="SHA256"
        )
        claim = {"PartNumber": number, "ETag": answer["ETag"]}
        done.append({**claim, "ChecksumSHA256": _sha256(body)} if create else claim)
    return upload, done


def _sha256(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


class TestGetObject:
    @pytest.mark.parametrize(
        ("asked", "start", "stop"),
        [("bytes=10-19", 10, 20), ("bytes=990-", 990, 1000), ("bytes=-7", 993, 1000), ("bytes=0-5000", 0, 1000)],
    )
    def test_gives_ranges(self, s3: Any, bucket: str, asked: str, start: int, stop: int) -> None:
        body = bytes(range(250)) * 4
        s3.put_object(Bucket=bucket, Key="k", Body=body)
        answer = s3.get_object(Bucket=bucket, Key="k", Range=asked)
        assert answer["Body"].read() == body[start:stop]
        assert answer["ContentRange"] == f"bytes {start}-{stop - 1}/1000"

    def test_refuses_ranges_beyond_the_end(self, s3: Any, bucket: str) -> None:
        s3.put_object(Bucket=bucket, Key="k", Body=b"abc")
        with pytest.raises(ClientError) as error:
            s3.get_object(Bucket=bucket, Key="k", Range="bytes=3-")
        assert _code(error) == (416, "InvalidRange")

    def test_goes_on_reading_an_object_that_was_replaced(self, s3: Any, bucket: str) -> None:
        s3.put_object(Bucket=bucket, Key="k", Body=b"a" * (8 << 20))
        answer = s3.get_object(Bucket=bucket, Key="k")
        first = answer["Body"].read(1 << 20)
        s3.put_object(Bucket=bucket, Key="k", Body=b"b")
        assert set(first + answer["Body"].read()) == {ord("a")}


class TestPutObject:
    def test_keeps_the_bytes_in_a_file_of_its_own(self, aws: LocalAws, s3: Any, bucket: str) -> None:
        body = b"only these bytes"
        s3.put_object(Bucket=bucket, Key="k", Body=body)
        files = (aws._data / "objects").iterdir()
        assert [path for path in files if path.read_bytes() == body]

    def test_takes_an_empty_object(self, s3: Any, bucket: str) -> None:
        s3.put_object(Bucket=bucket, Key="k", Body=b"")
        assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b""

    def test_if_none_match_refuses_to_overwrite(self, s3: Any, bucket: str) -> None:
        s3.put_object(Bucket=bucket, Key="k", Body=b"first", IfNoneMatch="*")
        with pytest.raises(ClientError) as error:
            s3.put_object(Bucket=bucket, Key="k", Body=b"second", IfNoneMatch="*")
        assert _code(error) == (412, "PreconditionFailed")
        assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"first"

    def test_if_none_match_lets_one_of_many_writers_win(self, s3: Any, bucket: str) -> None:
        start = threading.Barrier(8)

        def write(number: int) -> int:
            start.wait()
            try:
                s3.put_object(Bucket=bucket, Key="k", Body=b"%d" % number * (4 << 20), IfNoneMatch="*")
            except ClientError:
                return 0
            return 1

        with ThreadPoolExecutor(8) as threads:
            assert sum(threads.map(write, range(8))) == 1

    def test_is_gone_when_deleted(self, aws: LocalAws, s3: Any, bucket: str) -> None:
        s3.put_object(Bucket=bucket, Key="k", Body=b"x")
        s3.delete_object(Bucket=bucket, Key="k")
        with pytest.raises(ClientError) as error:
            s3.head_object(Bucket=bucket, Key="k")
        assert _code(error) == (404, "404")


class TestMultipartUpload:
    def test_joins_the_parts_in_order(self, s3: Any, bucket: str) -> None:
        parts = [b"a" * PART, b"b" * PART, b"c"]
        upload, done = _upload(s3, bucket, "k", parts)
        s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": done})
        answer = s3.get_object(Bucket=bucket, Key="k")
        md5s = b"".join(hashlib.md5(part).digest() for part in parts)
        assert answer["Body"].read() == b"".join(parts)
        assert answer["ETag"] == f'"{hashlib.md5(md5s).hexdigest()}-3"'

    def test_if_none_match_refuses_to_overwrite(self, s3: Any, bucket: str) -> None:
        s3.put_object(Bucket=bucket, Key="k", Body=b"first")
        upload, done = _upload(s3, bucket, "k", [b"second"])
        with pytest.raises(ClientError) as error:
            s3.complete_multipart_upload(
                Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": done}, IfNoneMatch="*"
            )
        assert _code(error) == (412, "PreconditionFailed")
        assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"first"

    def test_may_be_completed_twice(self, s3: Any, bucket: str) -> None:
        upload, done = _upload(s3, bucket, "k", [b"body"])
        for _ in range(2):
            s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": done})
        assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"body"

    def test_refuses_small_parts_in_the_middle(self, s3: Any, bucket: str) -> None:
        upload, done = _upload(s3, bucket, "k", [b"small", b"last"])
        with pytest.raises(ClientError) as error:
            s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": done})
        assert _code(error) == (400, "EntityTooSmall")

    def test_refuses_a_part_that_is_not_the_one_uploaded(self, s3: Any, bucket: str) -> None:
        upload, _ = _upload(s3, bucket, "k", [b"body"])
        wrong = {"Parts": [{"PartNumber": 1, "ETag": '"0123"'}]}
        with pytest.raises(ClientError) as error:
            s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload=wrong)
        assert _code(error) == (400, "InvalidPart")

    def test_is_over_when_aborted(self, s3: Any, bucket: str) -> None:
        upload, _ = _upload(s3, bucket, "k", [b"body"])
        s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload)
        with pytest.raises(ClientError) as error:
            s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=2, Body=b"late")
        assert _code(error) == (404, "NoSuchUpload")

    def test_copies_ranges_of_other_objects(self, s3: Any, bucket: str) -> None:
        s3.put_object(Bucket=bucket, Key="source", Body=b"0123456789")
        upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
        part = s3.upload_part_copy(
            Bucket=bucket,
            Key="k",
            UploadId=upload,
            PartNumber=1,
            CopySource=f"{bucket}/source",
            CopySourceRange="bytes=2-5",
        )["CopyPartResult"]
        parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
        s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload=parts)
        assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"2345"


class TestCopyObject:
    def test_outlives_its_source(self, s3: Any, bucket: str) -> None:
        upload, done = _upload(s3, bucket, "source", [b"body"])
        s3.complete_multipart_upload(Bucket=bucket, Key="source", UploadId=upload, MultipartUpload={"Parts": done})
        s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/source")
        s3.delete_object(Bucket=bucket, Key="source")
        assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == b"body"


class TestChecksums:
    def test_are_given_back_by_head(self, s3: Any, bucket: str) -> None:
        s3.put_object(Bucket=bucket, Key="k", Body=b"body", ChecksumSHA256=_sha256(b"body"))
        head = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
        assert head["ChecksumSHA256"] == _sha256(b"body")
        assert "ChecksumSHA256" not in s3.head_object(Bucket=bucket, Key="k")

    @pytest.mark.parametrize(
        "wrong", [{"ChecksumSHA256": _sha256(b"other")}, {"ContentMD5": "AAAAAAAAAAAAAAAAAAAAAA=="}]
    )
    def test_that_are_wrong_refuse_an_object(self, s3: Any, bucket: str, wrong: dict[str, str]) -> None:
        with pytest.raises(ClientError) as error:
            s3.put_object(Bucket=bucket, Key="k", Body=b"body", **wrong)
        assert _code(error) == (400, "BadDigest")
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0

    def test_that_are_wrong_refuse_a_part(self, s3: Any, bucket: str) -> None:
        upload = s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm="SHA256")["UploadId"]
        with pytest.raises(ClientError) as error:
            s3.upload_part(
                Bucket=bucket,
                Key="k",
                UploadId=upload,
                PartNumber=1,
                Body=b"body",
                ChecksumSHA256=_sha256(b"other"),
            )
        assert _code(error) == (400, "BadDigest")
        assert "Parts" not in s3.list_parts(Bucket=bucket, Key="k", UploadId=upload)

    def test_of_another_kind_than_the_upload_refuse_a_part(self, s3: Any, bucket: str) -> None:
        upload = s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm="SHA256")["UploadId"]
        with pytest.raises(ClientError) as error:
            s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"body")  # boto's own CRC32
        assert _code(error) == (400, "InvalidRequest")
        assert "Parts" not in s3.list_parts(Bucket=bucket, Key="k", UploadId=upload)

    def test_of_parts_are_listed(self, s3: Any, bucket: str) -> None:
        upload, _ = _upload(s3, bucket, "k", [b"old"], ChecksumAlgorithm="SHA256")
        s3.upload_part(
            Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"new", ChecksumSHA256=_sha256(b"new")
        )
        parts = s3.list_parts(Bucket=bucket, Key="k", UploadId=upload)["Parts"]
        assert [(part["PartNumber"], part["Size"], part["ChecksumSHA256"]) for part in parts] == [
            (1, 3, _sha256(b"new"))
        ]

    def test_of_parts_are_none_where_the_upload_has_no_kind(self, s3: Any, bucket: str) -> None:
        upload, _ = _upload(s3, bucket, "k", [b"body"])
        assert "ChecksumSHA256" not in s3.list_parts(Bucket=bucket, Key="k", UploadId=upload)["Parts"][0]

    @pytest.mark.parametrize(
        ("claim", "code"), [({}, "InvalidRequest"), ({"ChecksumSHA256": _sha256(b"other")}, "InvalidPart")]
    )
    def test_of_parts_must_be_named_to_complete(self, s3: Any, bucket: str, claim: dict[str, str], code: str) -> None:
        upload, [done] = _upload(s3, bucket, "k", [b"body"], ChecksumAlgorithm="SHA256")
        wrong = {"Parts": [{"PartNumber": 1, "ETag": done["ETag"], **claim}]}
        with pytest.raises(ClientError) as error:
            s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload=wrong)
        assert _code(error) == (400, code)

    def test_of_uploads_are_those_of_the_parts(self, s3: Any, bucket: str) -> None:
        parts = [b"a" * PART, b"b"]
        upload, done = _upload(s3, bucket, "k", parts, ChecksumAlgorithm="SHA256")
        answer = s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": done})
        expected = _sha256(b"".join(hashlib.sha256(part).digest() for part in parts)) + "-2"
        head = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
        assert answer["ChecksumSHA256"] == head["ChecksumSHA256"] == expected
        assert head["ChecksumType"] == "COMPOSITE"

    def test_of_copies_are_those_of_the_whole(self, s3: Any, bucket: str) -> None:
        upload, done = _upload(s3, bucket, "k", [b"a" * PART, b"b"], ChecksumAlgorithm="SHA256")
        s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": done})
        s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/k")
        head = s3.head_object(Bucket=bucket, Key="copy", ChecksumMode="ENABLED")
        assert head["ChecksumSHA256"] == _sha256(b"a" * PART + b"b")
        assert head["ChecksumType"] == "FULL_OBJECT"

    def test_of_copies_may_be_asked_for(self, s3: Any, bucket: str) -> None:
        s3.put_object(Bucket=bucket, Key="k", Body=b"body")
        s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/k", ChecksumAlgorithm="SHA256")
        head = s3.head_object(Bucket=bucket, Key="copy", ChecksumMode="ENABLED")
        assert head["ChecksumSHA256"] == _sha256(b"body")


class TestBucketPolicy:
    def test_with_conditions_refuses_nobody_here(self, s3: Any, bucket: str) -> None:
        statement = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": f"arn:aws:s3:::{bucket}/*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
        s3.put_object(Bucket=bucket, Key="k", Body=b"x")
        assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"

    def test_without_conditions_still_refuses(self, s3: Any, bucket: str) -> None:
        s3.put_object(Bucket=bucket, Key="k", Body=b"x")
        statement = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{bucket}/*",
        }
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
        with pytest.raises(ClientError) as error:
            s3.get_object(Bucket=bucket, Key="k")
        assert _code(error)[0] == 403
