"""The tables: moto's, with each write done as a whole: between its condition and its change nobody else writes."""

import functools
import threading
from collections.abc import Callable
from typing import Any

from moto.dynamodb.models import DynamoDBBackend

from genomics.localaws.patching import Patch

_WRITES = ("put_item", "update_item", "delete_item", "transact_write_items")
_one_at_a_time = threading.RLock()


def _whole(write: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(write)
    def write_alone(*args: Any, **kwargs: Any) -> Any:
        with _one_at_a_time:
            return write(*args, **kwargs)

    return write_alone


PATCHES = tuple(
    Patch(owner=DynamoDBBackend, name=name, replacement=_whole(getattr(DynamoDBBackend, name))) for name in _WRITES
)
