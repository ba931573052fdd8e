"""The terminal of the stack: whole lines from many threads, each with the name of the part that says it."""

import threading
from typing import TextIO

_NAME_WIDTH = 11  # as long as `maintenance`


class Output:
    """Writes prefixed lines; when the terminal is gone, the lines are too, and the stack goes on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def write(self, name: str, line: str) -> None:
        with self._lock:
            try:
                self._stream.write(f"{name:<{_NAME_WIDTH}} | {line}\n")
                self._stream.flush()
            except (OSError, ValueError):
                pass
