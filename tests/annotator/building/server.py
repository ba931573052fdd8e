"""A server of files on 127.0.0.1 that knows ranges, and can misbehave as real ones do."""

import base64
import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Files:
    """What is served, and how."""

    contents: dict[str, bytes] = field(default_factory=dict)
    breaks_after: list[int] = field(default_factory=list)  # bytes after which answers to GET end early, one by one
    failures: list[int] = field(default_factory=list)  # statuses of the next answers to GET
    head_failures: list[int] = field(default_factory=list)  # the same for HEAD
    knows_ranges: bool = True
    google_hashes: bool = False
    requests: list[tuple[str, str, str]] = field(default_factory=list)  # method, path, Range
    url: str = ""

    def etag(self, path: str) -> str:
        return f'"{hashlib.sha256(self.contents[path]).hexdigest()[:16]}"'


class _Handler(BaseHTTPRequestHandler):
    files: Files
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        pass

    def _answer(self, *, with_body: bool) -> None:
        files = self.files
        asked = self.headers.get("Range", "")
        files.requests.append((self.command, self.path, asked))
        failures = files.failures if with_body else files.head_failures
        if failures:
            self._fail(failures.pop(0))
            return
        if self.path not in files.contents:
            self._fail(404)
            return
        data = files.contents[self.path]
        start = 0
        found = re.fullmatch(r"bytes=(\d+)-", asked)
        if found and files.knows_ranges and self.headers.get("If-Range") == files.etag(self.path):
            start = int(found[1])
            if start >= len(data):
                self._fail(416)
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(data) - start))
        self.send_header("ETag", files.etag(self.path))
        self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        if files.google_hashes:
            digest = base64.b64encode(hashlib.md5(data).digest()).decode()
            self.send_header("x-goog-hash", f"crc32c=AAAAAA==,md5={digest}")
        self.end_headers()
        if with_body:
            self._send(data[start:])

    def _send(self, data: bytes) -> None:
        if self.files.breaks_after:
            self.wfile.write(data[: self.files.breaks_after.pop(0)])
            self.close_connection = True
        else:
            self.wfile.write(data)

    def _fail(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


@contextmanager
def serving(files: Files) -> Iterator[Files]:
    """Serve the files, at `files.url`."""
    handler = type("Handler", (_Handler,), {"files": files})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    files.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield files
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
