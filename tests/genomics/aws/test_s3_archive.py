import base64
import hashlib
from datetime import UTC, datetime

import pytest
from django.conf import settings

from genomics.aws import s3, s3_archive
from genomics.aws.errors import ObjectAsleepError, ObjectExistsError, ObjectMissingError
from genomics.aws.s3_archive import Place
from genomics.localaws.server import LocalAws
from tests.genomics.localaws.fixtures import client

pytestmark = pytest.mark.usefixtures("aws")

HOT = Place(bucket=settings.STACK.buckets["results"], key="a b/ü+.vcf")
COLD = Place(bucket=settings.STACK.buckets["archive"], key="a b/ü+.vcf")
BODY = b"bytes" * 1000


@pytest.fixture(autouse=True)
def _hot(aws: LocalAws) -> None:
    client("s3").put_object(Bucket=HOT.bucket, Key=HOT.key, Body=BODY)


class TestCopy:
    def test_takes_the_digest_of_the_copy(self) -> None:
        s3_archive.copy(HOT, target=COLD, storage_class="GLACIER")
        found = s3_archive.describe(COLD)
        assert found.checksum == base64.b64encode(hashlib.sha256(BODY).digest()).decode()
        assert (found.size_bytes, found.storage_class, found.restored_copy) == (len(BODY), "GLACIER", None)

    def test_never_overwrites(self) -> None:
        s3_archive.copy(HOT, target=COLD, storage_class="GLACIER")
        with pytest.raises(ObjectExistsError):
            s3_archive.copy(HOT, target=COLD, storage_class="GLACIER")

    def test_needs_a_source_that_is_there_and_awake(self) -> None:
        with pytest.raises(ObjectMissingError):
            s3_archive.copy(COLD, target=Place(bucket=COLD.bucket, key="c"), storage_class="GLACIER")
        s3_archive.copy(HOT, target=COLD, storage_class="GLACIER")
        with pytest.raises(ObjectAsleepError):
            s3_archive.copy(COLD, target=Place(bucket=COLD.bucket, key="c"), storage_class="STANDARD")


class TestCopyPart:
    def test_takes_the_digest_of_the_part(self) -> None:
        upload_id = s3.begin_upload(COLD.bucket, key=COLD.key)
        part = s3_archive.copy_part(HOT, target=COLD, upload_id=upload_id, number=1, start=5, stop=15)
        assert part.sha256 == base64.b64encode(hashlib.sha256(BODY[5:15]).digest()).decode()
        assert s3.stored_parts(COLD.bucket, key=COLD.key, upload_id=upload_id) == [part]


class TestDescribe:
    @pytest.mark.parametrize(
        ("header", "expected"),
        [
            ("", None),
            ('ongoing-request="true"', s3_archive.RestoredCopy(expires_at=None)),
            (
                'ongoing-request="false", expiry-date="Fri, 21 Dec 2012 00:00:00 GMT"',
                s3_archive.RestoredCopy(expires_at=datetime(2012, 12, 21, tzinfo=UTC)),
            ),
        ],
    )
    def test_reads_the_header_of_s3(self, header: str, expected: s3_archive.RestoredCopy | None) -> None:
        assert s3_archive._restored_copy(header) == expected

    def test_refuses_what_is_not_there(self) -> None:
        with pytest.raises(ObjectMissingError):
            s3_archive.describe(COLD)
