from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from moto.s3.models import s3_backends

from genomics.aws import s3, s3_listing
from genomics.aws.errors import ServiceRefusedError
from tests.genomics.localaws.fixtures import client

BUCKET = settings.STACK.buckets["inputs"]


@pytest.mark.usefixtures("aws")
class TestObjects:
    def test_gives_all_objects_by_key_over_many_pages(self) -> None:
        local = s3_backends[settings.AWS_ACCOUNT_ID]["aws"]  # 1,003 requests would take seconds
        for number in range(1003):
            local.put_object(BUCKET, f"{number % 10}/{number}", b"x" * (number % 3))
        found = list(s3_listing.objects(BUCKET))
        assert [one.key for one in found] == sorted(f"{number % 10}/{number}" for number in range(1003))
        assert {one.size_bytes for one in found} == {0, 1, 2}
        assert all(abs(datetime.now(UTC) - one.modified_at) < timedelta(minutes=1) for one in found)

    def test_keeps_to_a_prefix(self) -> None:
        for key in ("a/1", "b/1", "b/2", "c/1"):
            client("s3").put_object(Bucket=BUCKET, Key=key, Body=b"x")
        assert [one.key for one in s3_listing.objects(BUCKET, prefix="b/")] == ["b/1", "b/2"]

    def test_tells_a_bucket_that_is_missing(self) -> None:
        with pytest.raises(ServiceRefusedError):
            list(s3_listing.objects(f"{BUCKET}-not"))


@pytest.mark.usefixtures("aws")
class TestOpenUploads:
    def test_gives_open_uploads_only(self) -> None:
        ids = {key: s3.begin_upload(BUCKET, key=key) for key in ("b/1", "a/1", "c/1")}
        s3.abort_upload(BUCKET, key="c/1", upload_id=ids["c/1"])
        found = list(s3_listing.open_uploads(BUCKET))
        assert [(one.key, one.upload_id) for one in found] == [("a/1", ids["a/1"]), ("b/1", ids["b/1"])]
        assert all(abs(datetime.now(UTC) - one.begun_at) < timedelta(minutes=1) for one in found)

    def test_keeps_to_a_prefix(self) -> None:
        for key in ("a/1", "b/1"):
            s3.begin_upload(BUCKET, key=key)
        assert [one.key for one in s3_listing.open_uploads(BUCKET, prefix="b/")] == ["b/1"]
