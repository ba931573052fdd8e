from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError
from django.conf import settings

from genomics.aws import clients, sqs
from genomics.aws.errors import QueueMissingError, QueueUnavailableError
from genomics.aws.sqs import QueueCounts
from tests.genomics.localaws.fixtures import client

URL = settings.STACK.queue_urls["annotation"]
_MISSING_URL = f"{URL}-of-another-time"

pytestmark = pytest.mark.usefixtures("aws")


class TestCount:
    def test_tells_waiting_and_received_messages_apart(self) -> None:
        for number in range(3):
            sqs.send(URL, body=f"work {number}")
        client("sqs").receive_message(QueueUrl=URL)
        assert sqs.count(URL) == QueueCounts(waiting=2, in_flight=1, delayed=0)

    def test_says_when_the_queue_is_missing(self) -> None:
        with pytest.raises(QueueMissingError):
            sqs.count(_MISSING_URL)

    def test_says_when_sqs_does_not_answer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        nobody = client("sqs", endpoint="http://127.0.0.1:9")
        monkeypatch.setattr(clients, "sqs", lambda: nobody)
        with pytest.raises(QueueUnavailableError):
            sqs.count(URL)


class TestReceive:
    def test_gives_back_what_was_sent_in_all_its_parts(self) -> None:
        attributes = {
            "colour": {"type": "String", "value": "blue"},
            "weight": {"type": "Number.kg", "value": "7"},
            "stamp": {"type": "Binary", "value": "AP8="},
        }
        sqs.send(URL, body="work", attributes=attributes)
        (message,) = sqs.receive(URL)
        assert (message.body, message.attributes, message.receive_count) == ("work", attributes, 1)
        assert abs(message.sent_at - datetime.now(tz=UTC)) < timedelta(seconds=30)
        assert message.first_received_at is not None

    def test_gives_nothing_at_once_when_there_is_nothing(self) -> None:
        assert sqs.receive(URL) == []  # the queue's own long polls would take 20 s

    def test_says_when_the_queue_is_missing(self) -> None:
        with pytest.raises(QueueMissingError):
            sqs.receive(_MISSING_URL)


class TestDelete:
    def test_deletes_a_received_message(self) -> None:
        sqs.send(URL, body="work")
        (message,) = sqs.receive(URL)
        sqs.delete(URL, receipt_handle=message.receipt_handle)
        assert sqs.count(URL) == QueueCounts(waiting=0, in_flight=0, delayed=0)

    def test_says_when_sqs_refuses(self) -> None:
        with pytest.raises(QueueUnavailableError) as caught:
            sqs.delete(URL, receipt_handle="nothing")
        assert isinstance(caught.value.__cause__, ClientError)


class TestSend:
    def test_passes_the_group_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sent: list[dict[str, object]] = []

        class Fake:
            def send_message(self, **message: object) -> None:
                sent.append(message)

        monkeypatch.setattr(clients, "sqs", Fake)
        sqs.send(URL, body="work", group="lab-1")
        assert sent == [
            {"QueueUrl": URL, "MessageBody": "work", "MessageAttributes": {}, "MessageGroupId": "lab-1"},
        ]
