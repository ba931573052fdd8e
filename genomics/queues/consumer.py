"""The part of a worker that takes messages: with a heartbeat, and without losing what it cannot decode."""

import logging
from typing import Any

from celery.worker.consumer import Consumer as CeleryConsumer
from kombu.message import Message

from genomics.queues import heartbeat

logger = logging.getLogger(__name__)


class Consumer(CeleryConsumer):
    """Refuses what Celery would acknowledge and so delete: SQS makes it a dead letter in the end."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        heartbeat.begin(self.hostname)

    def stop(self) -> None:
        heartbeat.end()  # a job may take hours to finish, without a poll
        super().stop()

    def on_unknown_message(self, body: Any, message: Message) -> None:  # noqa: ARG002
        logger.error("Message %s is no task of ours.", _message_id(message))
        message.reject_log_error(logger, self.connection_errors)  # type: ignore[attr-defined]

    def on_decode_error(self, message: Message, exc: Exception) -> None:
        logger.error("Message %s cannot be decoded: %r", _message_id(message), exc)
        message.reject_log_error(logger, self.connection_errors)  # type: ignore[attr-defined]


def _message_id(message: Message) -> str:
    """This function will give the id under which the message will lie among the dead letters."""
    sqs_message = (message.delivery_info or {}).get("sqs_message") or {}
    return str(sqs_message.get("MessageId", "without an id"))
