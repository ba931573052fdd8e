import base64
import io
import json
import os
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from genomics.localaws import lambdas
from genomics.localaws.server import LocalAws
from tests.genomics.localaws.fixtures import client
from tests.genomics.localaws.process import running

_SECONDS = 30  # what a call may take

_HANDLER = """
import os, time
import boto3

calls = 0

def run(event, context):
    global calls
    calls += 1
    print("called with", sorted(event))
    if "exit" in event:
        os._exit(event["exit"])
    if "error" in event:
        raise ValueError(event["error"])
    time.sleep(event.get("sleep", 0))
    if "queue" in event:
        boto3.client("sqs").send_message(QueueUrl=event["queue"], MessageBody="from inside")
    if "late_error" in event:
        raise ValueError(event["late_error"])
    return {
        "calls": calls, "pid": os.getpid(), "place": os.environ["PLACE"],
        "left": context.get_remaining_time_in_millis(),
    }
"""


def _package(code: str = _HANDLER) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        package.writestr("handler.py", code)
    return content.getvalue()


def _create(url: str, *, code: str = _HANDLER, timeout: int = _SECONDS) -> Any:
    made = client("lambda", endpoint=url)
    trust = {"Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}}
    iam = client("iam", endpoint=url)
    role = iam.create_role(RoleName="test-lambda", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    made.create_function(
        FunctionName="f",
        Runtime="python3.11",
        Role=role,
        Handler="handler.run",
        Code={"ZipFile": _package(code)},
        Timeout=timeout,
        Environment={"Variables": {"PLACE": "here"}},
    )
    return made


def _remove(functions: Any) -> None:
    functions.delete_function(FunctionName="f")
    client("iam").delete_role(RoleName="test-lambda")


@pytest.fixture
def functions(aws: LocalAws) -> Iterator[Any]:
    made = _create(aws.url)
    yield made
    _remove(made)
    lambdas.stop_all()


def _invoke(functions: Any, **event: Any) -> tuple[Any, bool]:
    answer = functions.invoke(FunctionName="f", Payload=json.dumps(event))
    return json.loads(answer["Payload"].read()), "FunctionError" in answer


def _waiting(queue: str) -> int:
    name = "ApproximateNumberOfMessages"
    attributes = client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=[name])["Attributes"]
    return int(attributes[name])


class TestInvoke:
    def test_runs_the_handler_in_a_process_that_is_kept(self, functions: Any) -> None:
        (first, _), (second, failed) = _invoke(functions), _invoke(functions)
        assert not failed
        assert (first["calls"], second["calls"], second["place"]) == (1, 2, "here")
        assert first["pid"] == second["pid"] != os.getpid()
        assert 0 < second["left"] <= _SECONDS * 1000

    def test_gives_the_log(self, functions: Any) -> None:
        answer = functions.invoke(FunctionName="f", Payload='{"word": 1}', LogType="Tail")
        assert "called with ['word']" in base64.b64decode(answer["LogResult"]).decode()

    def test_reaches_the_local_aws(self, functions: Any) -> None:
        sqs = client("sqs")
        queue = sqs.create_queue(QueueName="test-lambda")["QueueUrl"]
        _invoke(functions, queue=queue)
        (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
        assert message["Body"] == "from inside"
        sqs.delete_queue(QueueUrl=queue)

    def test_tells_an_error_and_goes_on(self, functions: Any) -> None:
        said, failed = _invoke(functions, error="no such thing")
        assert failed
        assert (said["errorType"], said["errorMessage"]) == ("ValueError", "no such thing")
        assert _invoke(functions)[0]["calls"] == 2

    def test_begins_anew_after_a_process_that_died(self, functions: Any) -> None:
        said, failed = _invoke(functions, exit=3)
        assert failed
        assert said == {"errorType": "Runtime.ExitError", "errorMessage": "The process ended with 3"}
        assert _invoke(functions)[0]["calls"] == 1

    def test_ends_what_takes_too_long(self, functions: Any) -> None:
        functions.update_function_configuration(FunctionName="f", Timeout=2)
        said, failed = _invoke(functions, sleep=60)
        assert failed
        assert "Task timed out after 2.00 seconds" in said["errorMessage"]
        functions.update_function_configuration(FunctionName="f", Timeout=_SECONDS)
        assert _invoke(functions)[0]["calls"] == 1

    def test_runs_the_code_that_was_put_last(self, functions: Any) -> None:
        _invoke(functions)
        newer = "def run(event, context):\n    return 'newer'\n"
        functions.update_function_code(FunctionName="f", ZipFile=_package(newer))
        assert _invoke(functions) == ("newer", False)

    def test_tells_that_the_code_cannot_be_loaded(self, functions: Any) -> None:
        functions.update_function_code(FunctionName="f", ZipFile=_package("import no_such_module\n"))
        said, failed = _invoke(functions)
        assert failed
        assert "no_such_module" in said["errorMessage"]

    def test_that_nobody_waits_for_is_made_later_by_the_same_process(self, functions: Any) -> None:
        sqs = client("sqs")
        queue = sqs.create_queue(QueueName="test-lambda-later")["QueueUrl"]
        answer = functions.invoke(FunctionName="f", Payload=json.dumps({"queue": queue}), InvocationType="Event")
        assert (answer["StatusCode"], answer["Payload"].read()) == (202, b"")
        assert sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]
        assert _invoke(functions)[0]["calls"] == 2
        sqs.delete_queue(QueueUrl=queue)

    def test_that_nobody_waits_for_is_tried_again(self, functions: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(lambdas, "_RETRY_SECONDS", (0.1, 0.1))
        sqs = client("sqs")
        queue = sqs.create_queue(QueueName="test-lambda-tries")["QueueUrl"]
        functions.invoke(
            FunctionName="f", Payload=json.dumps({"queue": queue, "late_error": "no"}), InvocationType="Event"
        )
        deadline = time.monotonic() + 20
        while _waiting(queue) < 3:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        time.sleep(0.5)
        assert _waiting(queue) == 3
        sqs.delete_queue(QueueUrl=queue)

    def test_is_called_by_a_topic(self, functions: Any) -> None:
        sns, sqs = client("sns"), client("sqs")
        queue = sqs.create_queue(QueueName="test-lambda-sns")["QueueUrl"]
        code = (
            "import boto3\n"
            "def run(event, context):\n"
            "    text = event['Records'][0]['Sns']['Message']\n"
            f"    boto3.client('sqs').send_message(QueueUrl={queue!r}, MessageBody=text)\n"
        )
        functions.update_function_code(FunctionName="f", ZipFile=_package(code))
        topic = sns.create_topic(Name="test-lambda")["TopicArn"]
        arn = functions.get_function(FunctionName="f")["Configuration"]["FunctionArn"]
        sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
        sns.publish(TopicArn=topic, Message="told")
        (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=10)["Messages"]
        assert message["Body"] == "told"
        sqs.delete_queue(QueueUrl=queue)
        sns.delete_topic(TopicArn=topic)


class TestStopAll:
    def test_leaves_no_thread_waiting(self, functions: Any) -> None:
        def waiting() -> int:
            return sum(thread.name.endswith("(process_request_thread)") for thread in threading.enumerate())

        before = waiting()
        _invoke(functions)
        lambdas.stop_all()
        deadline = time.monotonic() + 20
        while waiting() > before:
            assert time.monotonic() < deadline
            time.sleep(0.05)


class TestTopic:
    def test_does_not_mind_a_function_that_is_gone(self, functions: Any, aws: LocalAws) -> None:
        sns, sqs = client("sns"), client("sqs")
        queue = sqs.create_queue(QueueName="test-lambda-gone")["QueueUrl"]
        topic = sns.create_topic(Name="test-lambda-gone")["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint="arn:aws:lambda:us-east-1:123456789012:function:gone")
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
        sns.publish(TopicArn=topic, Message="told")
        (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=10)["Messages"]
        assert message["Body"] == "told"
        sqs.delete_queue(QueueUrl=queue)
        sns.delete_topic(TopicArn=topic)


class TestKill:
    def test_leaves_no_process_behind(self, tmp_path: Path) -> None:
        with running(tmp_path) as server:
            said, _ = _invoke(_create(server.url))
            assert _lives(said["pid"])
            server.process.kill()
            server.process.wait()
            deadline = time.monotonic() + 20
            while _lives(said["pid"]):
                assert time.monotonic() < deadline
                time.sleep(0.1)


def _lives(pid: int) -> bool:
    try:
        return "awslambdaric" in Path(f"/proc/{pid}/cmdline").read_text()
    except FileNotFoundError:
        return False
