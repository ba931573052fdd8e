import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from genomics.localaws import cold
from genomics.localaws.server import LocalAws
from tests.genomics.localaws.fixtures import client
from tests.genomics.localaws.process import running

LONG = timedelta(hours=1)


@pytest.fixture
def conditions(aws: LocalAws) -> Iterator[cold.Conditions]:
    with cold.changed() as conditions:
        _take(conditions, timedelta(0))
        yield conditions


@pytest.fixture
def s3(conditions: cold.Conditions) -> Any:
    return client("s3")


@pytest.fixture
def bucket(aws: LocalAws, s3: Any) -> Iterator[str]:
    s3.create_bucket(Bucket="test-cold")
    yield "test-cold"
    aws.empty()
    s3.delete_bucket(Bucket="test-cold")


def _take(conditions: cold.Conditions, duration: timedelta) -> None:
    conditions.times = dict.fromkeys(cold.TIMES, duration)


def _put(s3: Any, bucket: str, *, storage_class: str = "GLACIER", body: bytes = b"x" * 1000) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=body, StorageClass=storage_class)


def _restore(s3: Any, bucket: str, *, tier: str = "Standard", days: int = 1) -> int:
    request = {"Days": days, "GlacierJobParameters": {"Tier": tier}}
    answer = s3.restore_object(Bucket=bucket, Key="k", RestoreRequest=request)
    return int(answer["ResponseMetadata"]["HTTPStatusCode"])


def _wait(s3: Any, bucket: str, *, header: str | None) -> None:
    deadline = time.monotonic() + 20
    while (found := s3.head_object(Bucket=bucket, Key="k").get("Restore")) != header:
        if header and found and found.startswith(header):
            return
        assert time.monotonic() < deadline, found
        time.sleep(0.02)


def _refused(call: Any, *arguments: Any, **options: Any) -> tuple[int, str]:
    with pytest.raises(ClientError) as error:
        call(*arguments, **options)
    answer = error.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


class TestSleepingObject:
    @pytest.mark.parametrize("storage_class", ["GLACIER", "DEEP_ARCHIVE"])
    def test_is_neither_read_nor_copied(self, s3: Any, bucket: str, storage_class: str) -> None:
        _put(s3, bucket, storage_class=storage_class)
        source = {"Bucket": bucket, "Key": "k"}
        upload_id = s3.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
        part = {"Bucket": bucket, "Key": "parts", "UploadId": upload_id, "PartNumber": 1, "CopySource": source}
        assert _refused(s3.get_object, Bucket=bucket, Key="k") == (403, "InvalidObjectState")
        assert _refused(s3.copy_object, Bucket=bucket, Key="c", CopySource=source)[1] == "ObjectNotInActiveTierError"
        assert _refused(s3.upload_part_copy, **part)[1] == "ObjectNotInActiveTierError"
        assert s3.head_object(Bucket=bucket, Key="k")["StorageClass"] == storage_class

    def test_is_read_at_once_in_the_instant_class(self, s3: Any, bucket: str) -> None:
        _put(s3, bucket, storage_class="GLACIER_IR", body=b"here")
        assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"here"


class TestRestore:
    def test_goes_its_way(self, s3: Any, bucket: str, conditions: cold.Conditions) -> None:
        _take(conditions, timedelta(seconds=0.3))
        _put(s3, bucket, body=b"back")
        assert _restore(s3, bucket) == 202
        assert s3.head_object(Bucket=bucket, Key="k")["Restore"] == 'ongoing-request="true"'
        assert _refused(s3.get_object, Bucket=bucket, Key="k") == (403, "InvalidObjectState")
        _wait(s3, bucket, header='ongoing-request="false", expiry-date="')
        assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"back"
        s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "k"}, StorageClass="STANDARD")
        assert "Restore" not in s3.head_object(Bucket=bucket, Key="copy")

    def test_ends_after_the_days_that_were_asked_for(self, s3: Any, bucket: str, conditions: cold.Conditions) -> None:
        conditions.day = timedelta(seconds=0.3)
        _put(s3, bucket)
        _restore(s3, bucket, days=2)
        begin = time.monotonic()
        _wait(s3, bucket, header=None)
        assert time.monotonic() - begin > 0.4
        assert _refused(s3.get_object, Bucket=bucket, Key="k") == (403, "InvalidObjectState")
        assert _restore(s3, bucket) == 202

    def test_lasts_longer_when_asked_again(self, s3: Any, bucket: str, conditions: cold.Conditions) -> None:
        _put(s3, bucket)
        _restore(s3, bucket)
        _wait(s3, bucket, header='ongoing-request="false"')
        first = s3.head_object(Bucket=bucket, Key="k")["Restore"]
        assert _restore(s3, bucket, days=5) == 200
        assert s3.head_object(Bucket=bucket, Key="k")["Restore"] != first

    def test_is_not_asked_twice_but_in_a_faster_tier(self, s3: Any, bucket: str, conditions: cold.Conditions) -> None:
        _take(conditions, LONG)
        _put(s3, bucket)
        _restore(s3, bucket, tier="Standard")
        assert _refused(_restore, s3, bucket, tier="Standard") == (409, "RestoreAlreadyInProgress")
        assert _refused(_restore, s3, bucket, tier="Bulk") == (409, "RestoreAlreadyInProgress")
        _take(conditions, timedelta(0))
        assert _restore(s3, bucket, tier="Expedited") == 202
        _wait(s3, bucket, header='ongoing-request="false"')

    @pytest.mark.parametrize("storage_class", ["STANDARD", "GLACIER_IR"])
    def test_is_only_for_what_sleeps(self, s3: Any, bucket: str, storage_class: str) -> None:
        _put(s3, bucket, storage_class=storage_class)
        assert _refused(_restore, s3, bucket) == (403, "ObjectAlreadyInActiveTierError")

    def test_refuses_what_is_not_there(self, s3: Any, bucket: str) -> None:
        assert _refused(_restore, s3, bucket) == (404, "NoSuchKey")

    def test_has_no_expedited_tier_for_deep_archive(self, s3: Any, bucket: str) -> None:
        _put(s3, bucket, storage_class="DEEP_ARCHIVE")
        assert _refused(_restore, s3, bucket, tier="Expedited") == (400, "InvalidArgument")

    def test_refuses_as_aws_does_when_much_is_asked(self, s3: Any, bucket: str, conditions: cold.Conditions) -> None:
        _put(s3, bucket)
        conditions.expedited_capacity = False
        refusal = _refused(_restore, s3, bucket, tier="Expedited")
        assert refusal == (503, "GlacierExpeditedRetrievalNotAvailable")
        conditions.throttled = True
        assert _refused(_restore, s3, bucket) == (503, "SlowDown")

    def test_is_announced_without_anybody_looking(self, s3: Any, bucket: str) -> None:
        sqs = client("sqs")
        queue = sqs.create_queue(QueueName="test-cold")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        rule = {"QueueArn": arn, "Events": ["s3:ObjectRestore:*"]}
        s3.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [rule]}
        )
        _put(s3, bucket)
        _restore(s3, bucket)
        seen: dict[str, Any] = {}
        deadline = time.monotonic() + 20
        while "ObjectRestore:Completed" not in seen and time.monotonic() < deadline:
            for message in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", []):
                for record in json.loads(message["Body"]).get("Records", []):
                    seen[record["eventName"]] = record
        assert set(seen) == {"ObjectRestore:Post", "ObjectRestore:Completed"}
        restored = seen["ObjectRestore:Completed"]["glacierEventData"]["restoreEventData"]
        assert restored["lifecycleRestoreStorageClass"] == "GLACIER"
        assert restored["lifecycleRestorationExpiryTime"].endswith("Z")
        sqs.delete_queue(QueueUrl=queue)

    def test_outlives_a_kill(self, tmp_path: Path) -> None:
        with running(tmp_path) as server:
            s3 = client("s3", endpoint=server.url)
            s3.create_bucket(Bucket="kept")
            time.sleep(0.6)  # buckets have no journal, only snapshots
            _put(s3, "kept")
            _restore(s3, "kept", tier="Bulk")
            server.kill_and_start()
            assert s3.head_object(Bucket="kept", Key="k")["Restore"] == 'ongoing-request="true"'
            assert _refused(_restore, s3, "kept", tier="Bulk") == (409, "RestoreAlreadyInProgress")


class TestCopy:
    def test_if_none_match_refuses_to_overwrite(self, s3: Any, bucket: str) -> None:
        _put(s3, bucket, storage_class="STANDARD")
        source = {"Bucket": bucket, "Key": "k"}
        s3.copy_object(Bucket=bucket, Key="c", CopySource=source, IfNoneMatch="*")
        refusal = _refused(s3.copy_object, Bucket=bucket, Key="c", CopySource=source, IfNoneMatch="*")
        assert refusal == (412, "PreconditionFailed")
