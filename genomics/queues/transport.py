"""The SQS transport of kombu, made to outlive an outage of SQS.

In kombu 5.7.0 a failed ReceiveMessage hands an empty list to code that expects a mapping: a 5xx ends the worker,
a refused connection makes it stop polling for ever while it looks alive, and a 4xx raises a bare exception.
Here every failed receive means "no messages"; the next poll comes after `polling_interval`.
"""

import logging
from typing import Any

from kombu.asynchronous.aws.sqs.connection import AsyncSQSConnection
from kombu.transport import SQS

logger = logging.getLogger(__name__)


class Connection(AsyncSQSConnection):
    """Receives messages; an answer other than 200 is logged and counts as an empty one."""

    def _on_list_ready(self, parent: Any, markers: Any, operation: Any, response: Any) -> Any:
        if response.status == self.STATUS_CODE_OK:
            return super()._on_list_ready(parent, markers, operation, response)  # type: ignore[misc]
        logger.warning("SQS %s failed with HTTP %s; polling goes on.", operation, response.status)
        return {}


class Channel(SQS.Channel):
    """Uses our Connection for each queue."""

    def asynsqs(self, queue: str | None = None) -> Connection:
        connection: Connection = super().asynsqs(queue)
        connection.__class__ = Connection
        return connection


class Transport(SQS.Transport):
    Channel = Channel
