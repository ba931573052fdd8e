"""Queues as an operator handles them: count, receive, delete and send, without a broker in between."""

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from genomics.aws import clients
from genomics.aws.errors import QueueMissingError, QueueUnavailableError

if TYPE_CHECKING:  # the stubs are not installed in production
    from mypy_boto3_sqs.type_defs import (
        MessageAttributeValueOutputTypeDef,
        MessageAttributeValueTypeDef,
        MessageTypeDef,
    )

_MOST_PER_RECEIVE = 10
_MISSING = {"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}

Attributes = Mapping[str, Mapping[str, str]]  # name -> {"type": "String", "value": "…"}; binary values in base64


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueCounts:
    """How many messages a queue holds, as SQS estimates it."""

    waiting: int
    in_flight: int  # received, neither deleted nor given back
    delayed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedMessage:
    """One message as SQS handed it over."""

    message_id: str
    receipt_handle: str
    body: str
    group: str  # empty: it belongs to none
    attributes: Attributes
    receive_count: int
    sent_at: datetime
    first_received_at: datetime | None  # None: SQS does not say


def count(queue_url: str) -> QueueCounts:
    """This function will count a queue's messages. Raises QueueMissingError or QueueUnavailableError."""
    with _translated():
        answer = clients.sqs().get_queue_attributes(
            QueueUrl=queue_url,
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
                "ApproximateNumberOfMessagesDelayed",
            ],
        )
    found: dict[str, str] = {str(name): value for name, value in answer["Attributes"].items()}
    return QueueCounts(
        waiting=int(found["ApproximateNumberOfMessages"]),
        in_flight=int(found["ApproximateNumberOfMessagesNotVisible"]),
        delayed=int(found["ApproximateNumberOfMessagesDelayed"]),
    )


def receive(queue_url: str) -> list[ReceivedMessage]:
    """This function will receive up to ten messages, without waiting for any.

    They stay hidden for the queue's own time. Raises QueueMissingError or QueueUnavailableError.
    """
    with _translated():
        answer = clients.sqs().receive_message(
            QueueUrl=queue_url,
            MaxNumberOfMessages=_MOST_PER_RECEIVE,
            WaitTimeSeconds=0,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
    return [_received(message) for message in answer.get("Messages", [])]


def delete(queue_url: str, *, receipt_handle: str) -> None:
    """This function will delete a received message. Raises QueueMissingError or QueueUnavailableError."""
    with _translated():
        clients.sqs().delete_message(QueueUrl=queue_url, ReceiptHandle=receipt_handle)


def send(queue_url: str, *, body: str, group: str = "", attributes: Attributes | None = None) -> None:
    """This function will send a message. Raises QueueMissingError or QueueUnavailableError."""
    sent = {name: _sent(attribute) for name, attribute in (attributes or {}).items()}
    with _translated():
        if group:
            clients.sqs().send_message(
                QueueUrl=queue_url, MessageBody=body, MessageAttributes=sent, MessageGroupId=group
            )
        else:
            clients.sqs().send_message(QueueUrl=queue_url, MessageBody=body, MessageAttributes=sent)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            raise QueueMissingError(str(error)) from error
        raise QueueUnavailableError(str(error)) from error
    except BotoCoreError as error:
        raise QueueUnavailableError(str(error)) from error


def _received(message: "MessageTypeDef") -> ReceivedMessage:
    system: dict[str, str] = {str(name): value for name, value in message.get("Attributes", {}).items()}
    first = system.get("ApproximateFirstReceiveTimestamp")
    return ReceivedMessage(
        message_id=message["MessageId"],
        receipt_handle=message["ReceiptHandle"],
        body=message["Body"],
        group=system.get("MessageGroupId", ""),
        attributes={name: _kept(value) for name, value in message.get("MessageAttributes", {}).items()},
        receive_count=int(system["ApproximateReceiveCount"]),
        sent_at=_time(system["SentTimestamp"]),
        first_received_at=_time(first) if first else None,
    )


def _time(milliseconds: str) -> datetime:
    return datetime.fromtimestamp(int(milliseconds) / 1000, tz=UTC)


def _kept(value: "MessageAttributeValueOutputTypeDef") -> Mapping[str, str]:
    if "BinaryValue" in value:
        return {"type": value["DataType"], "value": base64.b64encode(bytes(value["BinaryValue"])).decode()}
    return {"type": value["DataType"], "value": value["StringValue"]}


def _sent(attribute: Mapping[str, str]) -> "MessageAttributeValueTypeDef":
    if attribute["type"].startswith("Binary"):
        return {"DataType": attribute["type"], "BinaryValue": base64.b64decode(attribute["value"])}
    return {"DataType": attribute["type"], "StringValue": attribute["value"]}
