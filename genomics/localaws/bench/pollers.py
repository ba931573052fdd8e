"""Open pages that poll: a program of its own, so that its work is not counted as the web server's.

`python -m genomics.localaws.bench.pollers PORT SECONDS` reads one path for each page from its input, asks for each of
them every two seconds on a connection of its own, and writes the latencies as JSON.
"""

import asyncio
import json
import random
import sys
import time
from collections.abc import Sequence

EVERY_SECONDS = 2.0
_TIMEOUT_SECONDS = 10.0


async def poll_all(paths: Sequence[str], *, port: int, seconds: float) -> dict[str, object]:
    """This function will poll all paths and give the latencies (seconds), the answers by status, and the faults."""
    end = time.monotonic() + seconds
    results = await asyncio.gather(*(_Page(path, port=port).poll_until(end) for path in paths))
    statuses: dict[str, int] = {}
    for page in results:
        for status in page.statuses:
            statuses[status] = statuses.get(status, 0) + 1
    return {
        "latencies": [latency for page in results for latency in page.latencies],
        "statuses": statuses,
        "faults": sum(page.faults for page in results),
        "processor_seconds": time.process_time(),
    }


class _Page:
    """One open page, with one kept connection as a browser has it."""

    def __init__(self, path: str, *, port: int) -> None:
        self.latencies: list[float] = []
        self.statuses: list[str] = []
        self.faults = 0
        self._request = f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode()
        self._port = port
        self._connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def poll_until(self, end: float) -> "_Page":
        due = time.monotonic() + random.uniform(0, EVERY_SECONDS)  # noqa: S311  # pages were opened at any time
        while due < end:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            begin = time.monotonic()
            try:
                self.statuses.append(await asyncio.wait_for(self._ask(), _TIMEOUT_SECONDS))
                self.latencies.append(time.monotonic() - begin)
            except (OSError, asyncio.IncompleteReadError, TimeoutError):
                self.faults += 1
                self._drop()
            due += EVERY_SECONDS
        self._drop()
        return self

    async def _ask(self) -> str:
        if self._connection is None:
            self._connection = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._connection
        writer.write(self._request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        headers = dict(line.split(": ", 1) for line in head.splitlines()[1:] if ": " in line)
        if "chunked" in headers.get("transfer-encoding", ""):
            await reader.readuntil(b"0\r\n\r\n")
        else:
            await reader.readexactly(int(headers.get("content-length", "0")))
        return head.split(" ", 2)[1]

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection[1].close()
            self._connection = None


def main(arguments: Sequence[str]) -> None:
    port, seconds = int(arguments[0]), float(arguments[1])
    paths = sys.stdin.read().split()
    json.dump(asyncio.run(poll_all(paths, port=port, seconds=seconds)), sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
