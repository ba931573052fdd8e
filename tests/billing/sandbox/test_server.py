"""The sandbox as a process: real HTTP, foreign hosts, and kill -9."""

import http.client
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import stripe

from billing.sandbox.__main__ import main
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.server import Server
from tests.billing.sandbox.fixtures import KEY

ROOT = Path(__file__).parents[3]


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server(Sandbox(api_key=KEY), port=0)
    made.start()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe, "api_key", KEY)
    monkeypatch.setattr(stripe, "api_version", "2026-05-27.dahlia")
    monkeypatch.setattr(
        stripe, "default_http_client", stripe.UrllibClient() if hasattr(stripe, "UrllibClient") else None
    )


def ask(port: int, path: str, *, method: str = "GET", body: bytes = b"", **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


class TestServer:
    def test_speaks_with_the_library(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(stripe, "api_base", f"http://127.0.0.1:{server.port}")
        customer = stripe.Customer.create(email="a@example.org", idempotency_key="k")
        assert stripe.Customer.retrieve(customer.id).email == "a@example.org"
        with pytest.raises(stripe.InvalidRequestError):
            stripe.Customer.retrieve("cus_x")

    def test_serves_pages(self, server: Server) -> None:
        assert ask(server.port, "/_sandbox/health").status == 200
        assert ask(server.port, "/_sandbox/").status == 200
        assert ask(server.port, "/_sandbox/", Host=f"localhost:{server.port}").status == 200

    @pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost.evil.example:1", ""])
    def test_refuses_foreign_names(self, server: Server, host: str) -> None:
        assert ask(server.port, "/_sandbox/", Host=host).status == 421

    def test_refuses_too_much(self, server: Server) -> None:
        assert ask(server.port, "/v1/customers", method="POST", Content_Length="9999999999").status == 413

    def test_listens_on_loopback_only(self, server: Server) -> None:
        assert server._http.server_address[0] == "127.0.0.1"

    def test_closes_the_connection_when_an_answer_gets_lost(self, server: Server) -> None:
        server._sandbox.set_chaos(lost_share=1)
        with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
            ask(server.port, "/v1/customers", method="POST", Authorization=f"Bearer {KEY}")
        assert len(server._sandbox.objects("customer")) == 1


class TestMain:
    def test_says_why_it_cannot_start(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["--key", "sk_live_x", "--store", ":memory:"]) == 1
        assert "never a live one" in capsys.readouterr().err

    def test_helps(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit):
            main(["--help"])
        assert "--store" in capsys.readouterr().out


class TestKill:
    def test_loses_nothing_that_was_answered(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        port = _free_port()
        monkeypatch.setattr(stripe, "api_base", f"http://127.0.0.1:{port}")
        store = str(tmp_path / "store.sqlite3")
        made: list[str] = []
        for _ in range(2):
            process = _serve(port, store)
            for number in range(12):
                made.append(stripe.Customer.create(idempotency_key=f"{len(made)}-{number}").id)
            process.send_signal(signal.SIGKILL)
            process.wait()
        process = _serve(port, store)
        try:
            kept = [customer.id for customer in stripe.Customer.list(limit=100).auto_paging_iter()]
        finally:
            process.terminate()
        assert process.wait(timeout=10) == 0
        assert kept == made[::-1]


def _serve(port: int, store: str) -> "subprocess.Popen[bytes]":
    """This function will start the sandbox as a process of its own, and wait until it serves."""
    process = subprocess.Popen(
        [sys.executable, "-m", "billing.sandbox", "--port", str(port), "--store", store], cwd=ROOT
    )
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            if ask(port, "/_sandbox/health").status == 200:
                return process
        except OSError:
            time.sleep(0.05)
    process.kill()
    raise AssertionError("The sandbox did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
