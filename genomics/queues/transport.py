"""The SQS transport of kombu, made to outlive outages of SQS and messages that nobody of ours has sent.

In kombu 5.7.0 a failed ReceiveMessage hands an empty list to code that expects a mapping: a 5xx ends the worker,
a refused connection makes it stop polling for ever while it looks alive, and a 4xx raises a bare exception.
Here every failed receive means "no messages"; the next poll comes after `polling_interval`.
"""

import logging
from typing import Any

from celery.worker import state
from kombu.asynchronous.aws.sqs.connection import AsyncSQSConnection
from kombu.transport import SQS

from genomics.queues import envelope, heartbeat

logger = logging.getLogger(__name__)


class Connection(AsyncSQSConnection):
    """Receives messages; an answer other than 200 is logged and counts as an empty one."""

    def _on_list_ready(self, parent: Any, markers: Any, operation: Any, response: Any) -> Any:
        if response.status == self.STATUS_CODE_OK:
            return super()._on_list_ready(parent, markers, operation, response)  # type: ignore[misc]
        logger.warning("SQS %s failed with HTTP %s; polling goes on.", operation, response.status)
        return {}


class Channel(SQS.Channel):
    """Uses our Connection for each queue, looks at messages before Celery does, and shows that it polls."""

    def asynsqs(self, queue: str | None = None) -> Connection:
        connection: Connection = super().asynsqs(queue)
        connection.__class__ = Connection
        return connection

    def basic_reject(self, delivery_tag: str, requeue: bool = False) -> None:  # noqa: FBT001, FBT002  # kombu's own
        """This function will give a message back, and its place free even when SQS does not answer.

        Else a worker whose only place is taken never polls again; SQS gives the message out by itself in time.
        """
        try:
            super().basic_reject(delivery_tag, requeue=requeue)
        except Exception:
            self.qos.ack(delivery_tag)
            raise

    def _prepare_json_payload(self, text: str) -> dict[str, Any]:
        """This function will give a message of ours as it is, and any other as one without a task."""
        payload: dict[str, Any] = super()._prepare_json_payload(text) if envelope.read(text) else {}  # type: ignore[misc]
        return payload

    def _loop1(self, queue: str, messages_fetched: int | None = None) -> None:
        """This function will go on after a receive, or, without a number, after a look that found no room for one.

        Without room and without a task, too, the worker has lost count: it only looks busy, and shows no life.
        """
        if messages_fetched is not None or state.reserved_requests:
            heartbeat.mark(queue)
        super()._loop1(queue, messages_fetched)  # type: ignore[misc]


class Transport(SQS.Transport):
    Channel = Channel
