"""The queues: moto's, made safe for threads, quick when long, and careful with clients that went away.

Stock moto loses and resurrects messages under concurrent calls, counts the whole queue in every call, and lets the
open long poll of a killed client take (and so hide) the next message. Here a queue's own condition is its lock,
receipt handles are indexed, and a poll looks at its client before it takes anything.
"""

import copy
import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from moto.core.utils import camelcase_to_underscores
from moto.sqs import models
from moto.sqs.exceptions import InvalidAttributeName, InvalidParameterValue, ReceiptHandleIsInvalid

from genomics.localaws.patching import Patch

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]

_POLL_SECONDS = 0.25  # how often a long poll looks at its client and at messages whose time has come
_VISIBILITY_LIMIT_SECONDS = 12 * 3600
_RECEIPT_HANDLE_LENGTH = 185
_COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
)
_TIMESTAMPS = ("CreatedTimestamp", "LastModifiedTimestamp")

_client = threading.local()
_stock_receive_message = models.SQSBackend.receive_message


class RememberClient:
    """WSGI layer that remembers the request's socket for the thread, so that a long poll can look at it."""

    def __init__(self, app: Wsgi) -> None:
        self._app = app

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        _client.socket = environ.get("werkzeug.socket")
        return self._app(environ, start_response)


def client_is_gone() -> bool:
    """This function will tell whether the client of this thread's request has closed its connection."""
    connection: socket.socket | None = getattr(_client, "socket", None)
    if connection is None:
        return False
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except (BlockingIOError, InterruptedError):
        return False
    except OSError:
        return True


def receive_message(  # noqa: PLR0917  # moto's signature
    backend: Any,
    queue_name: str,
    count: int,
    wait_seconds_timeout: int,
    visibility_timeout: int,
    message_attribute_names: list[str] | None = None,
) -> list[Any]:
    queue = backend.get_queue(queue_name)
    if queue.fifo_queue:
        stock: list[Any] = _stock_receive_message(
            backend, queue_name, count, wait_seconds_timeout, visibility_timeout, message_attribute_names
        )
        return stock
    deadline = time.monotonic() + (wait_seconds_timeout or 0)
    with queue._messages_lock:
        while True:
            if wait_seconds_timeout and client_is_gone():
                return []
            taken = list(_take(queue, count=count, visibility_timeout=visibility_timeout))
            left = deadline - time.monotonic()
            if taken or left <= 0:
                return [_copy_for_client(message, names=message_attribute_names or []) for message in taken]
            queue._messages_lock.wait(min(left, _POLL_SECONDS))


def _take(queue: Any, *, count: int, visibility_timeout: int) -> Iterator[Any]:
    """This function will mark up to `count` waiting messages as received; the caller holds the queue's lock."""
    now = time.time()
    ready, spent, expired = [], [], []
    for message in queue._messages:  # oldest first; stops early, so the length of the queue does not matter
        if now * 1000 <= message.visible_at or now * 1000 < message.delayed_until:
            continue
        if message.sent_timestamp / 1000 + queue.message_retention_period <= now:
            expired.append(message)
        elif queue.dead_letter_queue and message.approximate_receive_count >= _max_receives(queue):
            spent.append(message)
        else:
            ready.append(message)
            if len(ready) == count:
                break
    for message in spent:
        queue.dead_letter_queue.add_message(message)
        _forget(queue, message)
    for message in expired:
        _forget(queue, message)
    for message in ready:
        message.mark_received(visibility_timeout=visibility_timeout)
        queue.pending_messages.add(message)
        _by_handle(queue)[message.receipt_handle] = message
        yield message


def _max_receives(queue: Any) -> int:
    return int(queue.redrive_policy["maxReceiveCount"])


def _copy_for_client(message: Any, *, names: list[str]) -> Any:
    copied = copy.copy(message)
    models._filter_message_attributes(copied, names)
    return copied


def delete_message(queue: Any, receipt_handle: str) -> None:
    with queue._messages_lock:
        message = _by_handle(queue).get(receipt_handle)
        if message is not None:
            _forget(queue, message)
        elif len(receipt_handle) != _RECEIPT_HANDLE_LENGTH:
            raise ReceiptHandleIsInvalid
        # A well-formed handle without a message belongs to one deleted before: deleting twice is fine on AWS.


def change_message_visibility(backend: Any, queue_name: str, receipt_handle: str, visibility_timeout: int) -> None:
    queue = backend.get_queue(queue_name)
    with queue._messages_lock:
        message = _by_handle(queue).get(receipt_handle)
        if message is None:
            raise ReceiptHandleIsInvalid
        first_received = (message.approximate_first_receive_timestamp or message.sent_timestamp) / 1000
        if time.time() + int(visibility_timeout) - first_received > _VISIBILITY_LIMIT_SECONDS:
            raise InvalidParameterValue(
                f"Value {visibility_timeout} for parameter VisibilityTimeout is invalid. Reason: Total "
                f"VisibilityTimeout for the message is beyond the limit [{_VISIBILITY_LIMIT_SECONDS} seconds]"
            )
        message.change_visibility(visibility_timeout)
        if int(visibility_timeout) == 0:
            message.visible_at = 0.0  # visible now, not after this millisecond
            queue.pending_messages.discard(message)
            queue._messages_lock.notify_all()


def purge_queue(backend: Any, queue_name: str) -> None:
    queue = backend.get_queue(queue_name)
    with queue._messages_lock:
        queue._messages.clear()
        queue.pending_messages.clear()
        _by_handle(queue).clear()


def get_queue_attributes(backend: Any, queue_name: str, attribute_names: list[str]) -> dict[str, Any]:
    queue = backend.get_queue(queue_name)
    known = {"All", *queue.BASE_ATTRIBUTES, *queue.FIFO_ATTRIBUTES, *queue.KMS_ATTRIBUTES}
    for name in attribute_names:
        if name not in known:
            raise InvalidAttributeName(name)
    values = queue.attributes
    with queue._messages_lock:
        values.update({name: getattr(queue, camelcase_to_underscores(name)) for name in _COUNTS})
    values.update({name: int(values[name]) for name in _TIMESTAMPS})
    if "All" in attribute_names:
        return dict(values)
    return {name: values[name] for name in attribute_names if values.get(name) is not None}


def attributes_without_counts(queue: Any) -> dict[str, Any]:
    """This function will give a queue's attributes without walking its messages: moto asks on every send."""
    names = [name for name in queue.BASE_ATTRIBUTES if name not in _COUNTS]
    if queue.fifo_queue:
        names += queue.FIFO_ATTRIBUTES
    if queue.kms_master_key_id:
        names += queue.KMS_ATTRIBUTES
    values = {name: getattr(queue, camelcase_to_underscores(name)) for name in names}
    if queue.redrive_policy:
        values["RedrivePolicy"] = json.dumps(queue.redrive_policy)
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in values.items()}


def _by_handle(queue: Any) -> dict[str, Any]:
    handles: dict[str, Any] = queue.__dict__.setdefault("_messages_by_receipt_handle", {})
    return handles


def _forget(queue: Any, message: Any) -> None:
    queue._messages.remove(message)
    queue.pending_messages.discard(message)
    for handle in message.all_receipt_handles:
        _by_handle(queue).pop(handle, None)


PATCHES = (
    Patch(owner=models.Queue, name="attributes", replacement=property(attributes_without_counts)),
    Patch(owner=models.Queue, name="delete_message", replacement=delete_message),
    Patch(owner=models.SQSBackend, name="change_message_visibility", replacement=change_message_visibility),
    Patch(owner=models.SQSBackend, name="get_queue_attributes", replacement=get_queue_attributes),
    Patch(owner=models.SQSBackend, name="purge_queue", replacement=purge_queue),
    Patch(owner=models.SQSBackend, name="receive_message", replacement=receive_message),
)
