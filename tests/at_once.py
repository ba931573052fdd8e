"""Two things at the same time, one of them held up by what the other has not yet committed."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from django.db import connection, transaction

T = TypeVar("T")
_PATIENCE_SECONDS = 30


def meanwhile(late: Callable[[], T], *, first: Callable[[], None]) -> Future[T]:
    """This function will do `first`, commit it once `late`, in another thread, waits for a lock, and give its end."""
    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            first()
            end = other.submit(_and_hang_up, late)
            _wait_until(lambda: end.done() or _somebody_waits_for_a_lock())
        return end


def _and_hang_up(work: Callable[[], T]) -> T:
    try:
        return work()
    finally:
        connection.close()


def _somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
        return cursor.fetchone() is not None


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
