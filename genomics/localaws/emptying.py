"""Empties what the application put into the services and keeps what provisioning made."""

from collections.abc import Iterator
from typing import Any

from moto.backends import get_backend

from genomics.localaws import step_functions


def empty() -> None:
    """This function will remove all objects, uploads, messages, items and executions; what holds them stays."""
    step_functions.stop_all()  # first: they send messages
    for backend in _backends("s3"):
        for bucket in list(backend.buckets.values()):
            for name in list(bucket.keys):
                bucket.keys.pop(name)
            for upload_id in list(bucket.multiparts):
                backend.abort_multipart_upload(bucket.name, upload_id)
    for backend in _backends("sqs"):
        for queue in list(backend.queues.values()):
            backend.purge_queue(queue.name)
    for backend in _backends("dynamodb"):
        for table in list(backend.tables.values()):
            table.items.clear()


def _backends(service: Any) -> Iterator[Any]:
    for regions in list(get_backend(service).values()):
        yield from list(regions.values())
