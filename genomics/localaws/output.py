"""What the stack says: whole lines from many threads, each with the name of the part that says it."""

import threading
from collections.abc import Collection
from typing import TextIO

_NAME_WIDTH = 11  # as long as `maintenance`


class Output:
    """Writes prefixed lines; when the terminal is gone, the lines are too, and the stack goes on.

    With `record` everything goes there, and only what the parts `shown` say goes to the terminal.
    """

    def __init__(self, terminal: TextIO, *, record: TextIO | None = None, shown: Collection[str] = ()) -> None:
        self._terminal = terminal
        self._record = record
        self._shown = shown
        self._lock = threading.Lock()

    def write(self, name: str, line: str) -> None:
        text = f"{name:<{_NAME_WIDTH}} | {line}\n"
        with self._lock:
            if self._record is not None:
                _write(self._record, text)
            if self._record is None or name in self._shown:
                _write(self._terminal, text)


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except (OSError, ValueError):
        return
