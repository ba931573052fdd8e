import time
from pathlib import Path
from typing import Any

import pytest

from genomics.localaws import snapshots
from genomics.localaws.byte_files import ByteFiles
from genomics.localaws.server import LocalAws
from tests.genomics.localaws.fixtures import client
from tests.genomics.localaws.process import Server, running

PART = 5 << 20


def _wait_for_snapshot(data: Path) -> None:
    """This function will wait for a snapshot that began after now."""
    path = data / "state.pickle"
    seen, begin = 0, time.monotonic()
    last = path.stat().st_mtime_ns if path.exists() else 0
    while not seen:
        assert time.monotonic() - begin < 30, "no snapshot was made"
        time.sleep(0.02)
        seen = path.exists() and path.stat().st_mtime_ns != last


class TestKill:
    """kill -9, and a start with the same data."""

    def test_keeps_objects_messages_items_and_open_uploads(self, tmp_path: Path) -> None:
        with running(tmp_path) as server:
            upload, queue = self._fill(server)
            _wait_for_snapshot(tmp_path)
            server.kill_and_start()
            s3, sqs = client("s3", endpoint=server.url), client("sqs", endpoint=server.url)
            assert s3.get_object(Bucket="kept", Key="object")["Body"].read() == b"body"
            assert s3.head_object(Bucket="kept", Key="object")["Metadata"] == {"lab": "7"}
            assert s3.get_bucket_cors(Bucket="kept")["CORSRules"][0]["AllowedMethods"] == ["GET"]
            message = sqs.receive_message(QueueUrl=queue)["Messages"][0]
            assert message["Body"] == "message"
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            self._check_topic(server, queue)
            self._check_upload(s3, upload)
            table = client("dynamodb", endpoint=server.url)
            assert table.get_item(TableName="kept", Key={"id": {"S": "1"}})["Item"]["state"] == {"S": "DONE"}

    def test_keeps_state_machines_and_lets_what_they_waited_for_go(self, tmp_path: Path) -> None:
        with running(tmp_path) as server:
            states = client("stepfunctions", endpoint=server.url)
            definition = '{"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 999, "End": true}}}'
            machine = states.create_state_machine(
                name="kept", roleArn="arn:aws:iam::123456789012:role/r", definition=definition
            )
            arn = machine["stateMachineArn"]
            states.start_execution(stateMachineArn=arn, name="once", input="{}")
            _wait_for_snapshot(tmp_path)
            server.kill_and_start()
            states = client("stepfunctions", endpoint=server.url)
            assert states.describe_state_machine(stateMachineArn=arn)["definition"] == definition
            assert states.list_executions(stateMachineArn=arn)["executions"] == []
            states.start_execution(stateMachineArn=arn, name="once", input="{}")
            assert states.list_executions(stateMachineArn=arn)["executions"][0]["status"] == "RUNNING"

    def _fill(self, server: Server) -> tuple[str, str]:
        s3, sqs = client("s3", endpoint=server.url), client("sqs", endpoint=server.url)
        sns, dynamodb = client("sns", endpoint=server.url), client("dynamodb", endpoint=server.url)
        s3.create_bucket(Bucket="kept")
        rule = {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}
        s3.put_bucket_cors(Bucket="kept", CORSConfiguration={"CORSRules": [rule]})
        s3.put_object(Bucket="kept", Key="object", Body=b"body", Metadata={"lab": "7"})
        upload = s3.create_multipart_upload(Bucket="kept", Key="large")["UploadId"]
        s3.upload_part(Bucket="kept", Key="large", UploadId=upload, PartNumber=1, Body=b"a" * PART)
        queue = sqs.create_queue(QueueName="kept")["QueueUrl"]
        sqs.send_message(QueueUrl=queue, MessageBody="message")
        topic = sns.create_topic(Name="kept")["TopicArn"]
        arn = "arn:aws:sqs:us-east-1:123456789012:kept"
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
        dynamodb.create_table(
            TableName="kept",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        dynamodb.put_item(TableName="kept", Item={"id": {"S": "1"}, "state": {"S": "DONE"}})
        return upload, queue

    def _check_topic(self, server: Server, queue: str) -> None:
        topic = "arn:aws:sns:us-east-1:123456789012:kept"
        client("sns", endpoint=server.url).publish(TopicArn=topic, Message="event")
        (message,) = client("sqs", endpoint=server.url).receive_message(QueueUrl=queue)["Messages"]
        assert message["Body"] == "event"

    def _check_upload(self, s3: Any, upload: str) -> None:
        s3.upload_part(Bucket="kept", Key="large", UploadId=upload, PartNumber=2, Body=b"b")
        parts = s3.list_parts(Bucket="kept", Key="large", UploadId=upload)["Parts"]
        claimed = [{"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in parts]
        s3.complete_multipart_upload(Bucket="kept", Key="large", UploadId=upload, MultipartUpload={"Parts": claimed})
        assert s3.get_object(Bucket="kept", Key="large")["Body"].read() == b"a" * PART + b"b"

    def test_keeps_what_was_answered_after_the_last_snapshot(self, tmp_path: Path) -> None:
        with running(tmp_path) as server:
            s3, upload = client("s3", endpoint=server.url), self._fill(server)[0]
            for key in ("replaced", "removed"):
                s3.put_object(Bucket="kept", Key=key, Body=b"old")
            _wait_for_snapshot(tmp_path)
            for _ in range(2):  # the second kill finds a journal beside a snapshot that holds the first one's
                self._change(server, upload)
                server.kill_and_start()  # before the next snapshot
                self._check_change(server, upload)

    def _change(self, server: Server, upload: str) -> None:
        s3, dynamodb = client("s3", endpoint=server.url), client("dynamodb", endpoint=server.url)
        dynamodb.put_item(TableName="kept", Item={"id": {"S": "1"}, "state": {"S": "NEW"}})
        dynamodb.put_item(TableName="kept", Item={"id": {"S": "2"}})
        dynamodb.delete_item(TableName="kept", Key={"id": {"S": "2"}})
        dynamodb.update_item(
            TableName="kept",
            Key={"id": {"S": "3"}},
            UpdateExpression="SET n = :n",
            ExpressionAttributeValues={":n": {"N": "3"}},
        )
        s3.put_object(Bucket="kept", Key="replaced", Body=b"new", Metadata={"lab": "8"})
        s3.delete_objects(Bucket="kept", Delete={"Objects": [{"Key": "removed"}]})
        s3.copy_object(Bucket="kept", Key="copy", CopySource={"Bucket": "kept", "Key": "replaced"})
        s3.upload_part(Bucket="kept", Key="large", UploadId=upload, PartNumber=2, Body=b"b")
        done = s3.create_multipart_upload(Bucket="kept", Key="done")["UploadId"]
        part = s3.upload_part(Bucket="kept", Key="done", UploadId=done, PartNumber=1, Body=b"c")
        parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
        s3.complete_multipart_upload(Bucket="kept", Key="done", UploadId=done, MultipartUpload=parts)
        dropped = s3.create_multipart_upload(Bucket="kept", Key="dropped")["UploadId"]
        s3.abort_multipart_upload(Bucket="kept", Key="dropped", UploadId=dropped)

    def _check_change(self, server: Server, upload: str) -> None:
        s3, dynamodb = client("s3", endpoint=server.url), client("dynamodb", endpoint=server.url)
        bodies = {
            item["Key"]: s3.get_object(Bucket="kept", Key=item["Key"])["Body"].read()
            for item in s3.list_objects_v2(Bucket="kept")["Contents"]
        }
        assert bodies == {"object": b"body", "replaced": b"new", "copy": b"new", "done": b"c"}
        assert s3.head_object(Bucket="kept", Key="replaced")["Metadata"] == {"lab": "8"}
        assert [one["Key"] for one in s3.list_multipart_uploads(Bucket="kept")["Uploads"]] == ["large"]
        parts = s3.list_parts(Bucket="kept", Key="large", UploadId=upload)["Parts"]
        assert [part["PartNumber"] for part in parts] == [1, 2]
        items = {item["id"]["S"]: item for item in dynamodb.scan(TableName="kept")["Items"]}
        assert items == {"1": {"id": {"S": "1"}, "state": {"S": "NEW"}}, "3": {"id": {"S": "3"}, "n": {"N": "3"}}}

    def test_leaves_no_orphaned_bytes(self, tmp_path: Path) -> None:
        orphan = tmp_path / "objects" / "0123"
        orphan.parent.mkdir()
        orphan.write_bytes(b"of a request that was cut off")
        with running(tmp_path):
            assert not orphan.exists()


class TestStop:
    def test_saves_what_came_last(self, tmp_path: Path) -> None:
        with running(tmp_path) as server:
            client("sqs", endpoint=server.url).create_queue(QueueName="last")
            server.process.terminate()
            assert server.process.wait(timeout=30) == 0
            server.kill_and_start()
            urls = client("sqs", endpoint=server.url).list_queues()["QueueUrls"]
            assert [url.rpartition("/")[2] for url in urls] == ["last"]


class TestLoad:
    def test_finds_nothing_where_nothing_is(self, tmp_path: Path) -> None:
        assert not snapshots.load(tmp_path / "state.pickle", files=ByteFiles(tmp_path / "objects"))

    @pytest.mark.parametrize("damage", ["another version", "cut off"])
    def test_drops_what_it_cannot_read(self, aws: LocalAws, tmp_path: Path, damage: str) -> None:
        path = tmp_path / "state.pickle"
        snapshots.save(path)
        content = path.read_bytes()
        path.write_bytes(
            content.replace(b"moto 5", b"moto 4", 1) if damage == "another version" else content[: len(content) // 2]
        )
        assert not snapshots.load(path, files=ByteFiles(tmp_path / "objects"))
        assert client("s3").list_buckets()["Buckets"]  # the state in memory is as it was


class TestSave:
    def test_works_while_requests_go_on(self, aws: LocalAws, tmp_path: Path) -> None:
        s3 = client("s3")
        s3.create_bucket(Bucket="busy")
        for number in range(20):
            s3.put_object(Bucket="busy", Key=str(number), Body=b"x")
            snapshots.save(tmp_path / "state.pickle")
        aws.empty()
        s3.delete_bucket(Bucket="busy")
        assert not list(tmp_path.glob("*.tmp"))

    def test_does_not_copy_the_bytes_of_objects(self, aws: LocalAws, tmp_path: Path) -> None:
        s3 = client("s3")
        s3.create_bucket(Bucket="heavy")
        s3.put_object(Bucket="heavy", Key="k", Body=b"needle" * 100_000)
        snapshots.save(tmp_path / "state.pickle")
        aws.empty()
        s3.delete_bucket(Bucket="heavy")
        assert b"needleneedle" not in (tmp_path / "state.pickle").read_bytes()
