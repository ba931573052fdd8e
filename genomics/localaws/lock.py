"""A lock file with the holder's process id: two stacks never share one state folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class LockHeldError(Exception):
    """Somebody else holds the lock; `pid` is the holder's, 0 when it has not written it yet."""

    def __init__(self, pid: int) -> None:
        super().__init__(f"held by process {pid}")
        self.pid = pid


@contextmanager
def hold(file: Path) -> Iterator[None]:
    """This function will hold the lock for the length of a with block, or raise LockHeldError.

    The kernel releases it however the process ends, so a lock file that is left over blocks nobody.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LockHeldError(_holder(file)) from None
        handle.truncate(0)
        handle.write(f"{os.getpid()}\n")
        handle.flush()
        yield


def _holder(file: Path) -> int:
    words = file.read_text().split()
    return int(words[0]) if words and words[0].isdigit() else 0
