"""Goes on while the database or the storage is away: chaos breaks both on purpose."""

import time
from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from django.db import InterfaceError, OperationalError, connection
from urllib3.exceptions import HTTPError

from genomics.aws.errors import StorageUnavailableError

_PAUSE_SECONDS = 0.2
_PATIENCE_SECONDS = 90.0
_PASSING = (
    InterfaceError,
    OperationalError,
    StorageUnavailableError,
    BotoCoreError,
    ClientError,
    HTTPError,
    OSError,
)

T = TypeVar("T")


def patiently(action: Callable[[], T]) -> T:
    """This function will do an action that may be repeated, again and again until it works, for a minute and a half."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return action()
        except _PASSING:
            connection.close()
            if time.monotonic() > end:
                raise
            time.sleep(_PAUSE_SECONDS)


def until(done: Callable[[], bool], *, seconds: float, pause: float = _PAUSE_SECONDS) -> bool:
    """This function will ask until the answer is yes, and tell whether it was yes in time."""
    end = time.monotonic() + seconds
    while not patiently(done):
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True
