from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings

from genomics.localaws.server import LocalAws
from tests.genomics.localaws.fixtures import client

BUCKET = settings.STACK.buckets["inputs"]


@pytest.fixture
def s3(aws: LocalAws) -> Any:
    return client("s3")


def _begin(s3: Any, key: str) -> tuple[str, str]:
    return key, s3.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]


def _listed(s3: Any, *, page: int = 1000, **asked: str) -> list[tuple[str, str]]:
    pages = s3.get_paginator("list_multipart_uploads").paginate(
        Bucket=BUCKET, PaginationConfig={"PageSize": page}, **asked
    )
    return [(upload["Key"], upload["UploadId"]) for answer in pages for upload in answer.get("Uploads", [])]


class TestListMultipartUploads:
    def test_gives_each_upload_once_in_the_order_of_keys_over_many_pages(self, s3: Any) -> None:
        begun = [_begin(s3, key) for key in ("c", "a", "b", "a", "a", "d")]
        assert _listed(s3, page=2) == sorted(begun)

    def test_keeps_to_a_prefix(self, s3: Any) -> None:
        _begin(s3, "a/1")
        wanted = [_begin(s3, "b/1"), _begin(s3, "b/2")]
        assert _listed(s3, page=1, Prefix="b/") == wanted

    def test_leaves_out_what_is_completed_or_aborted(self, s3: Any) -> None:
        key, upload_id = _begin(s3, "a")
        s3.abort_multipart_upload(Bucket=BUCKET, Key=key, UploadId=upload_id)
        assert _listed(s3) == []

    def test_tells_when_an_upload_was_begun(self, s3: Any) -> None:
        _begin(s3, "a")
        (upload,) = s3.list_multipart_uploads(Bucket=BUCKET)["Uploads"]
        assert abs(datetime.now(UTC) - upload["Initiated"]) < timedelta(seconds=10)
