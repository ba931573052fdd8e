"""The whole product as `manage.py up` runs it: real processes, real ports, a state folder of its own."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from tests.environment import free_port

_START_SECONDS = 240  # 10 on a machine that does nothing else


class Stack:
    """One start of `manage.py up`; `lines` grows by what it says."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.lines: deque[str] = deque()
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_ready(self) -> None:
        until(lambda: self._is_ready or not self._runs, seconds=_START_SECONDS, why=lambda: "".join(self.lines))
        assert self._runs, "".join(self.lines)

    def stop(self, number: signal.Signals) -> None:
        """This function will send a signal and wait until the process is gone."""
        self._process.send_signal(number)
        self._process.wait(30)
        self._reader.join()

    @property
    def _runs(self) -> bool:
        return self._process.poll() is None

    @property
    def _is_ready(self) -> bool:
        return any("| ready in " in line for line in list(self.lines))

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            self.lines.extend(lines)


@contextmanager
def own_environment(**more: str) -> Iterator[dict[str, str]]:
    """This function will give an environment of its own for a stack, in a folder that PostgreSQL's user reaches.

    `more` are settings. Whatever still works in the folder afterwards is killed.
    """
    folder = Path(tempfile.mkdtemp(prefix="up"))
    folder.chmod(0o755)
    inherited = {name: value for name, value in os.environ.items() if name not in {"AWS_ENDPOINT_URL", "DATABASE_URL"}}
    own = {
        "VAR_DIR": str(folder / "var"),
        "WEB_PORT": str(free_port()),
        "LOCAL_AWS_PORT": str(free_port()),
        "SANDBOX_PORT": str(free_port()),
    }
    environment = {**inherited, **own, **more}
    try:
        yield environment
    finally:
        for pid in processes(environment):
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(folder)


@contextmanager
def running(environment: Mapping[str, str]) -> Iterator[Stack]:
    """This function will start a stack, wait until it is ready, and stop it in the end."""
    stack = Stack(environment)
    try:
        stack.wait_ready()
        yield stack
    finally:
        stack.stop(signal.SIGTERM)


def processes(environment: Mapping[str, str]) -> list[int]:
    """This function will give the living processes that work in the environment's state folder."""
    mark = os.fsencode(f"VAR_DIR={environment['VAR_DIR']}")
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def until(done: Callable[[], bool], *, seconds: float = 90, why: Callable[[], str] = lambda: "") -> None:
    """This function will wait for something, and fail after a while; `why` then says what is known about it."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"waited in vain\n{why()}"
        time.sleep(0.05)
