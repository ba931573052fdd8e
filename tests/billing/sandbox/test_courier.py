import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import stripe

from billing.sandbox import courier
from billing.sandbox.sandbox import Sandbox


class Ear:
    """Hears deliveries, verifies them as our product does, and answers as told."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.status = 200
        self.heard: list[str] = []
        self.forged = 0
        self.secret = sandbox.add_webhook("http://testserver/hook")
        sandbox.courier.deliver = self.deliver

    def deliver(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        assert url == "http://testserver/hook"
        try:
            event = stripe.Webhook.construct_event(body, headers["Stripe-Signature"], self.secret)
        except stripe.SignatureVerificationError:
            self.forged += 1
            return 400
        self.heard.append(event.data.object.get("email"))
        return self.status


@pytest.fixture
def ear(sandbox: Sandbox) -> Ear:
    return Ear(sandbox)


def happen(*names: str) -> None:
    for name in names:
        stripe.Customer.create(email=name)


class TestFlush:
    def test_delivers_signed_events_in_order(self, sandbox: Sandbox, ear: Ear) -> None:
        happen("a", "b")
        assert sandbox.flush() == [("customer.created", 200), ("customer.created", 200)]
        assert (ear.heard, ear.forged) == (["a", "b"], 0)
        assert sandbox.flush() == []

    def test_delivers_what_a_delivery_causes(self, sandbox: Sandbox, ear: Ear) -> None:
        happen("a")
        deliver = sandbox.courier.deliver

        def deliver_and_change(url: str, body: bytes, headers: dict[str, str]) -> int:
            event = json.loads(body)
            if event["type"] == "customer.created":
                stripe.Customer.modify(event["data"]["object"]["id"], email="b")
            return deliver(url, body, headers)

        sandbox.courier.deliver = deliver_and_change
        assert [kind for kind, _ in sandbox.flush()] == ["customer.created", "customer.updated"]

    def test_tries_again_next_time_until_it_gives_up(self, sandbox: Sandbox, ear: Ear) -> None:
        happen("a")
        ear.status = 500
        for _ in range(8):
            assert sandbox.flush() == [("customer.created", 500)]
        assert sandbox.flush() == []
        delivery = sandbox.deliveries[0]
        assert (delivery["state"], delivery["attempt"], delivery["status"]) == ("failed", 8, 500)

    def test_can_send_an_event_again(self, sandbox: Sandbox, ear: Ear) -> None:
        happen("a")
        sandbox.flush()
        sandbox.resend(sandbox.events[0]["id"])
        assert sandbox.flush() == [("customer.created", 200)]


class TestChaos:
    def test_duplicates(self, sandbox: Sandbox, ear: Ear) -> None:
        sandbox.set_chaos(duplicate=True)
        happen("a", "b")
        sandbox.flush()
        assert ear.heard == ["a", "a", "b", "b"]

    def test_reorders(self, sandbox: Sandbox, ear: Ear) -> None:
        sandbox.set_chaos(reorder=True)
        happen("a", "b", "c")
        sandbox.flush()
        assert ear.heard == ["c", "b", "a"]

    def test_drops_but_keeps_the_event(self, sandbox: Sandbox, ear: Ear) -> None:
        sandbox.set_chaos(drop=1)
        happen("a")
        assert (sandbox.flush(), ear.heard) == ([], [])
        missed = stripe.Event.list(delivery_success=False).data
        assert [event.type for event in missed] == ["customer.created"]

    def test_tampers_so_that_the_signature_shows_it(self, sandbox: Sandbox, ear: Ear) -> None:
        sandbox.set_chaos(tamper=True)
        happen("a")
        assert sandbox.flush() == [("customer.created", 400)]
        sandbox.set_chaos(tamper=False)
        sandbox.flush()
        assert (ear.heard, ear.forged) == (["a"], 1)


class TestRestart:
    def test_delivers_what_waited(self, tmp_path: Path) -> None:
        path = str(tmp_path / "store.sqlite3")
        first = Sandbox(store=path)
        secret = first.add_webhook("http://testserver/hook")
        first.set_chaos(duplicate=True)
        with first.world.store.unit():
            customer = {"id": "cus_1", "object": "customer"}
        first.emit("customer.created", customer)
        first.close()
        second = Sandbox(store=path)
        ear = Ear(second)
        ear.secret = secret
        second.flush()
        assert (len(ear.heard), second.chaos.duplicate) == (2, True)
        second.close()


@pytest.fixture
def hook() -> Iterator[HTTPServer]:
    """This function will give a web server that counts, and answers 500 to its first request."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.server.requests += 1  # type: ignore[attr-defined]
            self.send_response(500 if self.server.requests == 1 else 200)  # type: ignore[attr-defined]
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.requests = 0  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


class TestBackground:
    @pytest.mark.parametrize("parallel", [False, True])
    def test_retries_over_http_by_itself(
        self, sandbox: Sandbox, hook: HTTPServer, monkeypatch: pytest.MonkeyPatch, parallel: bool
    ) -> None:
        monkeypatch.setattr(courier, "_FIRST_RETRY_SECONDS", 0.05)
        sandbox.set_chaos(parallel=parallel, delay_seconds=0.1)
        sandbox.add_webhook(f"http://127.0.0.1:{hook.server_port}/hook")
        happen("a", "b")
        start = time.monotonic()
        sandbox.courier.start()
        while any(d["state"] != "delivered" for d in sandbox.deliveries) and time.monotonic() < start + 5:
            time.sleep(0.01)
        assert sorted(d["attempt"] for d in sandbox.deliveries) == [1, 2]
        assert time.monotonic() - start > 0.1


class TestDeliverOverHttp:
    def test_gives_0_where_nobody_answers(self) -> None:
        assert courier.deliver_over_http("http://127.0.0.1:1/hook", b"", {}) == 0

    def test_never_leaves_this_machine(self) -> None:
        assert courier.deliver_over_http("http://testserver/hook", b"", {}) == 0
        assert courier.deliver_over_http("http://192.0.2.1/hook", b"", {}) == 0
