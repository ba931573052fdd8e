"""Progress for people: a bar that fills on a terminal, one line for each step elsewhere."""

import sys
import time
from typing import TextIO

_WIDTH = 24
_LABEL_WIDTH = 36
_SECONDS_BETWEEN = 0.1


class Bars:
    """Shows one step after the other; call it with what is being done and which fraction of that is."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._is_terminal = self._stream.isatty()
        self._label = ""
        self._part = 0.0
        self._shown_at = 0.0

    def __call__(self, label: str, part: float, /) -> None:
        if label != self._label:
            self.close()
            self._label, self._shown_at = label, 0.0
            if not self._is_terminal:
                print(label, file=self._stream, flush=True)
        self._part = min(part, 1.0)
        now = time.monotonic()
        if self._is_terminal and now - self._shown_at >= _SECONDS_BETWEEN:
            self._shown_at = now
            self._draw()

    def close(self) -> None:
        """Leave the last step's bar full."""
        if self._label and self._is_terminal:
            self._part = 1.0
            self._draw()
            print(file=self._stream, flush=True)
        self._label = ""

    def _draw(self) -> None:
        full = round(self._part * _WIDTH)
        bar = "█" * full + "░" * (_WIDTH - full)
        print(
            f"\r{self._label[:_LABEL_WIDTH]:<{_LABEL_WIDTH}} {bar} {self._part:4.0%}",
            end="",
            file=self._stream,
            flush=True,
        )
