"""The local AWS as a process of its own, for tests that kill it."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.environment import free_port

_ROOT = Path(__file__).resolve().parents[3]
_CODE = (
    "import sys; from pathlib import Path; from genomics.localaws.server import serve; "
    "serve(Path(sys.argv[1]), port=int(sys.argv[2]))"
)
_START_SECONDS = 30


class Server:
    """One running process; `url` stays when it is started again."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._port = free_port()
        self.process = self._start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def kill_and_start(self) -> None:
        """This function will do what a power cut does, and start again with the same data."""
        self.process.kill()
        self.process.wait()
        self.process = self._start()

    def _start(self) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", _CODE, str(self._data), str(self._port)],
            cwd=_ROOT,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        deadline = time.monotonic() + _START_SECONDS
        while not self._is_healthy():
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline, "the local AWS does not start"
            time.sleep(0.02)
        return process

    def _is_healthy(self) -> bool:
        try:
            return requests.get(f"{self.url}/_health", timeout=1).ok
        except requests.RequestException:  # or it is slow to answer
            return False


@contextmanager
def running(data: Path) -> Iterator[Server]:
    """This function will run the local AWS on `data` and end it with the block."""
    server = Server(data)
    try:
        yield server
    finally:
        server.process.kill()
        server.process.communicate()
