"""One child process: how it is started, what it says, when it is ready and how it ends."""

import os
import re
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from genomics.localaws import launch
from genomics.localaws.output import Output

_KEPT_LINES = 50
_TERMINAL_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """What to run under which name, and how to see that it works."""

    name: str
    program: tuple[str, ...]
    folder: Path
    ready: "Callable[[Process], bool]"
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 1.0  # after these it is killed
    user: str | None = None  # None: the same user
    before_start: Callable[[], None] = lambda: None  # raises OSError or RuntimeError when it cannot start now
    alive: Callable[[], bool] = lambda: True  # whether its loop still goes round; asked while the process exists


class Process:
    """A running child in a session of its own, with its output going to ours line by line."""

    def __init__(self, child: Child, *, environment: Mapping[str, str], output: Output) -> None:
        self.child = child
        self.lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._output = output
        self._popen = subprocess.Popen(
            launch.wrap(child.program, death_signal=child.stop_signal, user=child.user),
            cwd=child.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, name=f"output of {child.name}", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative after a signal."""
        return self._popen.poll()

    def said(self, text: str) -> bool:
        return any(text in line for line in list(self.lines))

    def ask_to_stop(self) -> None:
        """This function will send the child's stop signal to the leader alone: it knows its own children best."""
        if self.exit_code is None:
            self._popen.send_signal(self.child.stop_signal)

    def kill_rest(self) -> None:
        """This function will kill what is left of the child's group, reap the leader and finish its output."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._popen.wait()
        self._reader.join(timeout=0.5)

    def _read(self) -> None:
        assert self._popen.stdout is not None
        with self._popen.stdout as lines:
            for raw in lines:
                line = _TERMINAL_CODES.sub("", raw.rstrip())
                self.lines.append(line)
                self._output.write(self.child.name, line)
