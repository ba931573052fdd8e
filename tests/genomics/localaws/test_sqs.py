import http.client
import json
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.sqs import models

from genomics.localaws.patching import apply
from genomics.localaws.server import PATCHES, LocalAws
from tests.genomics.localaws.fixtures import client

MESSAGES = 1000


@pytest.fixture
def sqs(aws: LocalAws) -> Any:
    return client("sqs")


@pytest.fixture
def queue(sqs: Any) -> Any:
    url = sqs.create_queue(QueueName="test-sqs")["QueueUrl"]
    yield url
    sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def in_process() -> Any:
    """This function will give a queue of moto itself: threads meet there more often than over HTTP."""
    apply(PATCHES)
    backend = models.SQSBackend("us-east-1", "123456789012")
    backend.create_queue("fast")
    return backend


@pytest.fixture
def busy_threads() -> Iterator[None]:
    """This function will make threads take turns as often as they can, so that they meet in the middle of things."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def _receive(sqs: Any, queue: str, **options: Any) -> list[Any]:
    answer: list[Any] = sqs.receive_message(QueueUrl=queue, **options).get("Messages", [])
    return answer


class TestReceiveMessage:
    @pytest.mark.usefixtures("busy_threads")
    def test_loses_and_doubles_nothing_among_threads(self, in_process: Any) -> None:
        for number in range(400):
            in_process.send_message("fast", f"backlog {number}")
        seen: list[str] = []
        expected = 400 + 4 * MESSAGES // 4

        def produce(worker: int) -> None:
            for number in range(MESSAGES // 4):
                in_process.send_message("fast", f"{worker} {number}")

        def consume(_: int) -> None:
            while len(seen) < expected:
                for message in in_process.receive_message("fast", 3, 0, 60):
                    seen.append(message.body)
                    in_process.delete_message("fast", message.receipt_handle)

        with ThreadPoolExecutor(8) as threads:
            done = [threads.submit(produce, n) for n in range(4)] + [threads.submit(consume, n) for n in range(4)]
            for future in done:
                future.result(timeout=30)
        assert len(seen) == len(set(seen)) == expected
        assert in_process.get_queue("fast")._messages == []

    def test_stays_quick_when_thousands_wait(self, in_process: Any) -> None:
        for number in range(5000):
            in_process.send_message("fast", str(number))
        started = time.thread_time()
        for _ in range(100):
            (message,) = in_process.receive_message("fast", 1, 0, 60)
            in_process.delete_message("fast", message.receipt_handle)
        assert time.thread_time() - started < 1  # stock moto: 17 s

    def test_wakes_a_long_poll_when_a_message_comes(self, sqs: Any, queue: str) -> None:
        with ThreadPoolExecutor(1) as threads:
            poll = threads.submit(_receive, sqs, queue, WaitTimeSeconds=20)
            sqs.send_message(QueueUrl=queue, MessageBody="now")
            assert [message["Body"] for message in poll.result(timeout=15)] == ["now"]

    def test_gives_nothing_to_a_client_that_went_away(self, aws: LocalAws, sqs: Any, queue: str) -> None:
        others = _serving_threads()  # each open connection has one, also between requests
        connection = http.client.HTTPConnection(aws.url.removeprefix("http://"))
        connection.request(
            "POST",
            "/",
            body=json.dumps({"QueueUrl": queue, "WaitTimeSeconds": 20, "VisibilityTimeout": 600}),
            headers={
                "X-Amz-Target": "AmazonSQS.ReceiveMessage",
                "Content-Type": "application/x-amz-json-1.0",
                "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260301/us-east-1/sqs/aws4_request, x",
            },
        )
        _wait_for(lambda: _serving_threads() - others)
        (polling,) = _serving_threads() - others
        connection.close()
        sqs.send_message(QueueUrl=queue, MessageBody="for the living")
        _wait_for(lambda: polling not in _serving_threads())
        assert [message["Body"] for message in _receive(sqs, queue)] == ["for the living"]

    def test_hides_a_message_until_its_time_is_over(self, sqs: Any, queue: str) -> None:
        sqs.send_message(QueueUrl=queue, MessageBody="again")
        assert len(_receive(sqs, queue, VisibilityTimeout=1)) == 1
        assert _receive(sqs, queue) == []
        (message,) = _receive(sqs, queue, WaitTimeSeconds=5, AttributeNames=["ApproximateReceiveCount"])
        assert message["Attributes"]["ApproximateReceiveCount"] == "2"

    def test_drops_what_is_older_than_the_queue_keeps(self, in_process: Any) -> None:
        old = in_process.send_message("fast", "old")
        in_process.send_message("fast", "new")
        old.sent_timestamp -= 5 * 24 * 3600 * 1000
        assert [message.body for message in in_process.receive_message("fast", 10, 0, 60)] == ["new"]
        assert len(in_process.get_queue("fast")._messages) == 1

    def test_moves_what_was_received_too_often_to_the_dead_letter_queue(self, sqs: Any, queue: str) -> None:
        dead = sqs.create_queue(QueueName="test-sqs-dead")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 2})
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"RedrivePolicy": policy})
        sqs.send_message(QueueUrl=queue, MessageBody="poison")
        for _ in range(2):
            assert len(_receive(sqs, queue, VisibilityTimeout=0)) == 1
        assert _receive(sqs, queue) == []
        assert [message["Body"] for message in _receive(sqs, dead)] == ["poison"]

    def test_gives_each_reader_only_the_attributes_it_asked_for(self, sqs: Any, queue: str) -> None:
        attribute = {"StringValue": "7", "DataType": "Number"}
        sqs.send_message(QueueUrl=queue, MessageBody="m", MessageAttributes={"lab": attribute})
        (without,) = _receive(sqs, queue, VisibilityTimeout=0)
        (with_all,) = _receive(sqs, queue, MessageAttributeNames=["All"])
        assert "MessageAttributes" not in without
        assert with_all["MessageAttributes"]["lab"]["StringValue"] == "7"


class TestDeleteMessage:
    def test_may_come_twice(self, sqs: Any, queue: str) -> None:
        sqs.send_message(QueueUrl=queue, MessageBody="m")
        (message,) = _receive(sqs, queue)
        for _ in range(2):
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        assert _receive(sqs, queue) == []

    def test_refuses_a_handle_that_never_was(self, sqs: Any, queue: str) -> None:
        with pytest.raises(ClientError, match="ReceiptHandleIsInvalid"):
            sqs.delete_message(QueueUrl=queue, ReceiptHandle="nonsense")


class TestChangeMessageVisibility:
    def test_of_zero_gives_the_message_back_at_once(self, sqs: Any, queue: str) -> None:
        sqs.send_message(QueueUrl=queue, MessageBody="m")
        (message,) = _receive(sqs, queue, VisibilityTimeout=600)
        sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
        assert len(_receive(sqs, queue)) == 1

    def test_keeps_the_message_hidden_for_longer(self, sqs: Any, queue: str) -> None:
        sqs.send_message(QueueUrl=queue, MessageBody="m")
        (message,) = _receive(sqs, queue, VisibilityTimeout=1)
        sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=600)
        assert _receive(sqs, queue, WaitTimeSeconds=2) == []

    def test_refuses_more_than_twelve_hours_and_gone_messages(self, sqs: Any, queue: str) -> None:
        sqs.send_message(QueueUrl=queue, MessageBody="m")
        (message,) = _receive(sqs, queue)
        handle = message["ReceiptHandle"]
        with pytest.raises(ClientError, match="beyond the limit"):
            sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=43200)
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=handle)
        with pytest.raises(ClientError, match="ReceiptHandleIsInvalid"):
            sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=30)


class TestGetQueueAttributes:
    def test_counts_waiting_hidden_and_delayed_messages(self, sqs: Any, queue: str) -> None:
        for delay in (0, 0, 0, 600):
            sqs.send_message(QueueUrl=queue, MessageBody="m", DelaySeconds=delay)
        _receive(sqs, queue)
        values = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
        assert values["ApproximateNumberOfMessages"] == "2"
        assert values["ApproximateNumberOfMessagesNotVisible"] == "1"
        assert values["ApproximateNumberOfMessagesDelayed"] == "1"

    def test_gives_times_as_whole_seconds(self, sqs: Any, queue: str) -> None:
        names = ["CreatedTimestamp", "LastModifiedTimestamp"]
        values = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        assert set(values) == set(names)
        assert all(value.isdigit() for value in values.values())

    def test_refuses_unknown_names(self, sqs: Any, queue: str) -> None:
        with pytest.raises(ClientError, match="InvalidAttributeName"):
            sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["Nonsense"])


class TestPurgeQueue:
    def test_removes_waiting_and_hidden_messages(self, sqs: Any, queue: str) -> None:
        for _ in range(2):
            sqs.send_message(QueueUrl=queue, MessageBody="m")
        (message,) = _receive(sqs, queue, VisibilityTimeout=0)
        sqs.purge_queue(QueueUrl=queue)
        assert _receive(sqs, queue) == []
        with pytest.raises(ClientError, match="ReceiptHandleIsInvalid"):
            sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=30)


def _serving_threads() -> set[threading.Thread]:
    """This function will give the server's threads that serve a connection now."""
    return {thread for thread in threading.enumerate() if "process_request_thread" in thread.name}


def _wait_for(condition: Any, *, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
