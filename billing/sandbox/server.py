"""The sandbox on a port of loopback: API, pages, webhooks in the background, and a clock that ticks."""

import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from billing.sandbox.errors import ConnectionLostError
from billing.sandbox.messages import Answer, Request
from billing.sandbox.pages import site
from billing.sandbox.sandbox import Sandbox

log = logging.getLogger(__name__)

_HOST = "127.0.0.1"
_LARGEST_BODY_BYTES = 1_000_000
_TICK_SECONDS = 1.0


class Server:
    """Serves one sandbox on 127.0.0.1 until it is closed. Port 0 takes a free one."""

    def __init__(self, sandbox: Sandbox, *, port: int) -> None:
        self._sandbox = sandbox
        self._http = _HttpServer((_HOST, port), _Handler, sandbox=sandbox)
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True),
            threading.Thread(target=self._tick, daemon=True),
        ]

    @property
    def port(self) -> int:
        return int(self._http.server_address[1])

    def start(self) -> None:
        """Serve in the background."""
        self._sandbox.courier.start()
        for thread in self._threads:
            thread.start()

    def wait(self) -> None:
        """Serve until `close` or a signal."""
        self._threads[0].join()

    def close(self) -> None:
        self._stop.set()
        self._http.shutdown()
        self._http.server_close()
        for thread in self._threads:
            thread.join()
        self._sandbox.close()

    def _tick(self) -> None:
        self._sandbox.forget()
        while not self._stop.wait(_TICK_SECONDS):
            try:
                self._sandbox.tick()
            except Exception:  # the clock's outermost edge: one fault must not stop it
                log.exception("The clock stumbled")


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], *, sandbox: Sandbox) -> None:
        super().__init__(address, handler)
        self.sandbox = sandbox
        self.own_names = {f"{name}:{self.server_address[1]}" for name in (_HOST, "localhost")}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "GenomicsSandbox"
    sys_version = ""
    server: _HttpServer

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (its name in http.server)
        log.debug(format, *args)

    def _answer(self) -> None:
        """Answer what comes from this machine and means this machine (a foreign Host is DNS rebinding)."""
        length = self.headers.get("content-length") or "0"
        if not length.isdecimal() or int(length) > _LARGEST_BODY_BYTES or "transfer-encoding" in self.headers:
            self.close_connection = True
            self._send(Answer(status=413, body=b"Too much.\n"))
            return
        body = self.rfile.read(int(length))
        if (self.headers.get("host") or "").lower() not in self.server.own_names:
            self._send(Answer(status=421, body=b"This sandbox serves its own machine only.\n"))
            return
        try:
            self._send(self._ask(body))
        except ConnectionLostError:
            self.close_connection = True
        except Exception:  # the server's outermost edge: a fault of the sandbox is told as one
            log.exception("The sandbox failed at %s %s", self.command, self.path)
            self.close_connection = True
            self._send(
                Answer(status=500, body=b'{"error": {"type": "api_error", "message": "Sandbox bug: see its log"}}')
            )

    def _ask(self, body: bytes) -> Answer:
        parts = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=parts.path,
            query=parts.query,
            body=body,
            headers={name.lower(): value for name, value in self.headers.items()},
        )
        is_api = parts.path.startswith("/v1/")
        return self.server.sandbox.answer(request) if is_api else site.answer(self.server.sandbox, request)

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)
