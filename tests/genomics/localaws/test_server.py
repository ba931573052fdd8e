import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from django.conf import settings

from genomics.localaws.server import LocalAws, PortInUseError
from tests.genomics.localaws.fixtures import client


class TestStart:
    def test_refuses_a_busy_port_with_advice(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            with pytest.raises(PortInUseError, match=f"port {port} .* LOCAL_AWS_PORT"):
                LocalAws(tmp_path, port=port).start()

    def test_listens_on_loopback_only(self, aws: LocalAws) -> None:
        with socket.socket() as elsewhere:
            elsewhere.bind(("127.0.0.2", settings.LOCAL_AWS_PORT))  # fails when the server took all addresses


class TestHealth:
    def test_answers_without_a_signature(self, aws: LocalAws) -> None:
        answer = requests.get(f"{aws.url}/_health")
        assert answer.json()["status"] == "ok"


class TestStepFunctions:
    def test_really_execute(self, aws: LocalAws) -> None:
        sqs, states = client("sqs"), client("stepfunctions")
        queue = sqs.create_queue(QueueName="test-states")["QueueUrl"]
        definition = {
            "StartAt": "Wait",
            "States": {
                "Wait": {"Type": "Wait", "Seconds": 0, "Next": "Send"},
                "Send": {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::sqs:sendMessage",
                    "Parameters": {"QueueUrl": queue, "MessageBody.$": "$.job_id"},
                    "End": True,
                },
            },
        }
        machine = states.create_state_machine(
            name="test", roleArn="arn:aws:iam::123456789012:role/test", definition=json.dumps(definition)
        )["stateMachineArn"]
        states.start_execution(stateMachineArn=machine, name="once", input='{"job_id": "7"}')
        (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=10)["Messages"]
        assert message["Body"] == "7"
        sqs.delete_queue(QueueUrl=queue)


class TestEmpty:
    def test_removes_content_and_keeps_resources(self, aws: LocalAws) -> None:
        s3, sqs, dynamodb = client("s3"), client("sqs"), client("dynamodb")
        bucket, table = settings.STACK.buckets["inputs"], settings.STACK.tables["jobs"]
        queue = settings.STACK.queue_urls["annotation"]
        s3.put_object(Bucket=bucket, Key="k", Body=b"x")
        s3.create_multipart_upload(Bucket=bucket, Key="open")
        sqs.send_message(QueueUrl=queue, MessageBody="m")
        glacier, vault = client("glacier"), settings.STACK.vaults["archive"]
        archive = glacier.upload_archive(vaultName=vault, body=b"x")["archiveId"]
        dynamodb.put_item(TableName=table, Item={"job_id": {"S": "1"}})
        aws.empty()
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
        assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
        assert "Messages" not in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=0)
        assert dynamodb.scan(TableName=table)["Count"] == 0
        job = {"Type": "archive-retrieval", "ArchiveId": archive}
        with pytest.raises(glacier.exceptions.ResourceNotFoundException, match="archive"):
            glacier.initiate_job(vaultName=vault, jobParameters=job)


class TestReset:
    def test_forgets_everything_even_after_a_restart(self, tmp_path: Path) -> None:
        code = """
import sys
from pathlib import Path
from genomics.localaws.server import LocalAws
from tests.genomics.localaws.fixtures import client

server = LocalAws(Path(sys.argv[1]))
server.start()
s3 = client("s3", endpoint=server.url)
s3.create_bucket(Bucket="gone")
s3.put_object(Bucket="gone", Key="k", Body=b"x")
server.reset()
server.stop()
server.start()
print(len(client("s3", endpoint=server.url).list_buckets()["Buckets"]))
server.stop()
"""
        # A process of its own: the one here has a server already.
        run = subprocess.run(
            [sys.executable, "-c", code, tmp_path],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "genomics.settings"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.stdout == "0\n", run.stderr
        assert list((tmp_path / "objects").iterdir()) == []
