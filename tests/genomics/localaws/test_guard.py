import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
import requests
from botocore.config import Config
from django.conf import settings

from genomics.localaws.guard import CorsRule, Environ, Guard
from genomics.localaws.server import LocalAws
from tests.genomics.localaws.fixtures import client

ORIGIN = "https://web.example"


@pytest.fixture
def s3(aws: LocalAws) -> Any:
    return client("s3")


@pytest.fixture
def bucket(aws: LocalAws, s3: Any) -> Iterator[str]:
    s3.create_bucket(Bucket="test-guard")
    rule = {
        "AllowedOrigins": [ORIGIN],
        "AllowedMethods": ["PUT", "GET"],
        "AllowedHeaders": ["content-type", "x-amz-*"],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": 60,
    }
    s3.put_bucket_cors(Bucket="test-guard", CORSConfiguration={"CORSRules": [rule]})
    s3.put_object(Bucket="test-guard", Key="a b/é+c", Body=b"private")
    yield "test-guard"
    aws.empty()
    s3.delete_bucket(Bucket="test-guard")


def _presign(s3: Any, operation: str, *, expires: int = 60, **parameters: Any) -> str:
    url: str = s3.generate_presigned_url(operation, Params=parameters, ExpiresIn=expires)
    return url


def _code(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.text.partition("<Code>")[2].partition("</Code>")[0]


class TestPresignedUrl:
    def test_reads_a_key_with_odd_letters(self, s3: Any, bucket: str) -> None:
        url = _presign(
            s3,
            "get_object",
            Bucket=bucket,
            Key="a b/é+c",
            ResponseContentDisposition='attachment; filename="r é.vcf"',
        )
        answer = requests.get(url)
        assert answer.content == b"private"
        assert answer.headers["Content-Disposition"].startswith("attachment")

    def test_writes_and_lets_ranges_be_read(self, s3: Any, bucket: str) -> None:
        assert requests.put(_presign(s3, "put_object", Bucket=bucket, Key="k"), data=b"0123").ok
        url = _presign(s3, "get_object", Bucket=bucket, Key="k")
        answer = requests.get(url, headers={"Range": "bytes=1-2"})
        assert (answer.status_code, answer.content) == (206, b"12")

    def test_is_refused_when_tampered_with(self, s3: Any, bucket: str) -> None:
        url = _presign(s3, "get_object", Bucket=bucket, Key="a b/é+c")
        assert _code(requests.get(url[:-1] + ("0" if url[-1] != "0" else "1"))) == (403, "SignatureDoesNotMatch")
        assert _code(requests.get(url.replace("test-guard", "test-other"))) == (403, "SignatureDoesNotMatch")
        longer = url.replace("X-Amz-Expires=60", "X-Amz-Expires=6000")
        assert _code(requests.get(longer)) == (403, "SignatureDoesNotMatch")

    def test_is_refused_for_another_method(self, s3: Any, bucket: str) -> None:
        url = _presign(s3, "get_object", Bucket=bucket, Key="a b/é+c")
        assert _code(requests.put(url, data=b"x")) == (403, "SignatureDoesNotMatch")
        assert _code(requests.delete(url)) == (403, "SignatureDoesNotMatch")

    def test_of_an_unknown_key_is_refused(self, bucket: str) -> None:
        other = boto3.client(
            "s3",
            endpoint_url=settings.AWS_ENDPOINT_URL,
            aws_access_key_id="someone",
            aws_secret_access_key="else",
            region_name="us-east-1",
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
        )
        url = _presign(other, "get_object", Bucket=bucket, Key="k")
        assert _code(requests.get(url)) == (403, "InvalidAccessKeyId")

    def test_of_signature_version_2_is_refused(self, bucket: str) -> None:
        old = boto3.client(
            "s3",
            endpoint_url=settings.AWS_ENDPOINT_URL,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            region_name="us-east-1",
            config=Config(signature_version="s3", s3={"addressing_style": "path"}),
        )
        url = _presign(old, "get_object", Bucket=bucket, Key="a b/é+c")
        assert _code(requests.get(url)) == (403, "AccessDenied")

    def test_refuses_amazon_headers_that_were_not_signed(self, s3: Any, bucket: str) -> None:
        url = _presign(s3, "put_object", Bucket=bucket, Key="k")
        answer = requests.put(url, data=b"x", headers={"x-amz-meta-lab": "7"})
        assert _code(answer) == (403, "AccessDenied")

    def test_refuses_a_part_of_another_size_than_signed(self, s3: Any, bucket: str) -> None:
        upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
        parameters = {"Bucket": bucket, "Key": "k", "UploadId": upload, "PartNumber": 1, "ContentLength": 5}
        url = _presign(s3, "upload_part", **parameters)
        assert "content-length" in url
        assert _code(requests.put(url, data=b"123456")) == (403, "SignatureDoesNotMatch")
        assert _code(requests.put(url, data=b"1234")) == (403, "SignatureDoesNotMatch")
        assert _code(requests.put(url, data=iter([b"12345"]))) == (403, "SignatureDoesNotMatch")
        assert "Parts" not in s3.list_parts(Bucket=bucket, Key="k", UploadId=upload)
        assert requests.put(url, data=b"12345").ok

    def test_verifies_a_signed_checksum(self, s3: Any, bucket: str) -> None:
        wrong = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
        url = _presign(s3, "put_object", Bucket=bucket, Key="k", ChecksumSHA256=wrong)
        answer = requests.put(url, data=b"x", headers={"x-amz-checksum-sha256": wrong})
        assert _code(answer) == (400, "BadDigest")


class TestPresignedUrlInTime:
    """The guard alone, with a clock of its own."""

    def _answer(self, url: str, *, now: float) -> str:
        parts = urlsplit(url)
        environ: Environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": parts.path,
            "REQUEST_URI": f"{parts.path}?{parts.query}",
            "HTTP_HOST": parts.netloc,
        }
        answers: list[str] = []

        def app(_environ: Environ, start_response: Any) -> list[bytes]:
            start_response("200 OK", [])
            return [b""]

        guard = Guard(app, credentials={"test": "test"}, cors_rules=lambda _: [], clock=lambda: now)
        body = b"".join(guard(environ, lambda status, _headers: answers.append(status)))
        return answers[0] + body.decode()

    def test_is_refused_after_it_expired(self) -> None:
        url = _presign(client("s3"), "get_object", Bucket="b", Key="k", expires=60)
        now = time.time()
        assert self._answer(url, now=now + 50) == "200 OK"
        assert "Request has expired" in self._answer(url, now=now + 62)

    def test_is_refused_long_before_it_was_signed(self) -> None:
        url = _presign(client("s3"), "get_object", Bucket="b", Key="k")
        assert "not valid yet" in self._answer(url, now=time.time() - 3600)

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("X-Amz-Expires=60", "X-Amz-Expires=604801"),
            ("X-Amz-Expires=60", "X-Amz-Expires=soon"),
            ("X-Amz-Expires=60", ""),
            ("X-Amz-Credential=test%2F", "X-Amz-Credential="),
        ],
    )
    def test_is_refused_when_malformed(self, old: str, new: str) -> None:
        url = _presign(client("s3"), "get_object", Bucket="b", Key="k")
        assert old in url
        assert self._answer(url.replace(old, new), now=time.time()).startswith("400")


class TestUnsignedRequest:
    @pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "POST"])
    def test_is_refused(self, aws: LocalAws, bucket: str, method: str) -> None:
        assert requests.request(method, f"{aws.url}/{bucket}/k", data=b"x").status_code == 403

    def test_cannot_reach_the_own_interface_of_moto(self, aws: LocalAws, bucket: str, s3: Any) -> None:
        assert requests.post(f"{aws.url}/moto-api/reset").status_code == 403
        assert s3.head_bucket(Bucket=bucket)


class TestPostPolicy:
    def _post(self, s3: Any, bucket: str, *, body: bytes = b"12345", change: dict[str, str] | None = None) -> Any:
        form = s3.generate_presigned_post(
            bucket, "in/${filename}", Conditions=[["content-length-range", 1, 10]], ExpiresIn=60
        )
        fields = {**form["fields"], **(change or {})}
        return requests.post(form["url"], data=fields, files={"file": ("f.vcf", body)})

    def test_lets_a_fitting_file_in(self, s3: Any, bucket: str) -> None:
        assert self._post(s3, bucket).status_code == 204
        assert s3.get_object(Bucket=bucket, Key="in/f.vcf")["Body"].read() == b"12345"

    def test_refuses_other_sizes(self, s3: Any, bucket: str) -> None:
        assert _code(self._post(s3, bucket, body=b"")) == (400, "EntityTooSmall")
        assert _code(self._post(s3, bucket, body=b"x" * 11)) == (400, "EntityTooLarge")

    @pytest.mark.parametrize(
        "change", [{"key": "out/f"}, {"acl": "public-read"}, {"x-amz-signature": "0" * 64}, {"policy": "e30="}]
    )
    def test_refuses_what_the_policy_does_not_say(self, s3: Any, bucket: str, change: dict[str, str]) -> None:
        assert self._post(s3, bucket, change=change).status_code == 403
        assert "Contents" not in s3.list_objects_v2(Bucket=bucket, Prefix="out/")

    def test_refuses_an_expired_policy(self, s3: Any, bucket: str) -> None:
        form = s3.generate_presigned_post(bucket, "k", ExpiresIn=-1)
        assert _code(requests.post(form["url"], data=form["fields"], files={"file": b"x"})) == (403, "AccessDenied")


class TestCors:
    def _preflight(self, aws: LocalAws, bucket: str, *, origin: str, method: str, headers: str = "") -> Any:
        asked = {"Origin": origin, "Access-Control-Request-Method": method}
        if headers:
            asked["Access-Control-Request-Headers"] = headers
        return requests.options(f"{aws.url}/{bucket}/k", headers=asked)

    def test_answers_the_origin_of_the_bucket(self, aws: LocalAws, bucket: str) -> None:
        headers = "content-type, x-amz-checksum-sha256"
        answer = self._preflight(aws, bucket, origin=ORIGIN, method="PUT", headers=headers)
        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert answer.headers["Access-Control-Allow-Headers"] == headers
        assert answer.headers["Access-Control-Max-Age"] == "60"

    @pytest.mark.parametrize(
        ("origin", "method", "headers"),
        [
            ("https://evil.example", "PUT", ""),
            (ORIGIN + ".evil.example", "PUT", ""),
            (ORIGIN, "DELETE", ""),
            (ORIGIN, "PUT", "authorization"),
        ],
    )
    def test_refuses_others(self, aws: LocalAws, bucket: str, origin: str, method: str, headers: str) -> None:
        answer = self._preflight(aws, bucket, origin=origin, method=method, headers=headers)
        assert _code(answer) == (403, "AccessForbidden")
        assert "Access-Control-Allow-Origin" not in answer.headers

    def test_refuses_buckets_without_rules(self, aws: LocalAws) -> None:
        assert self._preflight(aws, "nowhere", origin=ORIGIN, method="GET").status_code == 403

    def test_marks_the_answer_itself_for_the_origin_only(self, s3: Any, bucket: str) -> None:
        url = _presign(s3, "get_object", Bucket=bucket, Key="a b/é+c")
        own = requests.get(url, headers={"Origin": ORIGIN})
        assert own.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert own.headers["Access-Control-Expose-Headers"] == "ETag"
        assert (
            "Access-Control-Allow-Origin" not in requests.get(url, headers={"Origin": "https://evil.example"}).headers
        )

    def test_marks_refusals_too_so_that_a_page_can_read_them(self, aws: LocalAws, bucket: str) -> None:
        answer = requests.get(f"{aws.url}/{bucket}/k", headers={"Origin": ORIGIN})
        assert answer.status_code == 403
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN

    def test_understands_stars_in_origins(self) -> None:
        rule = CorsRule(origins=("https://*.example",), methods=("GET",), headers=(), exposed=(), max_age=None)
        guard = Guard(lambda *_: [b""], credentials={}, cors_rules=lambda _: [rule])
        environ = {
            "REQUEST_METHOD": "OPTIONS",
            "PATH_INFO": "/b/k",
            "HTTP_ORIGIN": "https://a.example",
            "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "GET",
        }
        answers: list[str] = []
        list(guard(environ, lambda status, _headers: answers.append(status)))
        assert answers == ["200 OK"]
