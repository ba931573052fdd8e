"""Deliver events to webhook endpoints: signed as Stripe signs, retried, and as unreliably as the switches say.

What waits is in the store: it survives a restart, and each event is delivered at least once.
"""

import hashlib
import hmac
import http.client
import json
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from billing.sandbox.chaos import Chaos
from billing.sandbox.endpoints import is_loopback
from billing.sandbox.store import Json
from billing.sandbox.world import World

# Sends a signed body to a URL and gives the status of the answer; 0 where none came.
Deliver = Callable[[str, bytes, dict[str, str]], int]

_MOST_ATTEMPTS = 8
_FIRST_RETRY_SECONDS = 0.5
_LONGEST_RETRY_SECONDS = 60.0
_TIMEOUT_SECONDS = 20
_AT_ONCE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class _Letter:
    """One attempt, ready to be sent outside the store's lock."""

    delivery: str
    kind: str
    url: str
    body: bytes
    headers: dict[str, str]


def sign(body: bytes, secret: str, moment: int) -> str:
    """This function will sign this body. Source: https://docs.stripe.com/webhooks#verify-manually."""
    digest = hmac.new(secret.encode(), b"%d." % moment + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def deliver_over_http(url: str, body: bytes, headers: dict[str, str]) -> int:
    """This function will post to loopback, without following redirects: the default."""
    if not is_loopback(url):
        return 0
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("POST", parts.path + (f"?{parts.query}" if parts.query else ""), body, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


class Courier:
    """Carries what waits, when asked (`flush`) or in the background (`start`)."""

    def __init__(
        self, world: World, *, chaos: Callable[[], Chaos], deliver: Deliver | None, dice: random.Random
    ) -> None:
        self.deliver = deliver or deliver_over_http
        self._world = world
        self._chaos = chaos
        self._dice = dice
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="sandbox-courier", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread:
            self._thread.join()

    def flush(self) -> list[tuple[str, int]]:
        """Attempt each waiting delivery once, and those that this causes; the types of events and answers' statuses."""
        attempted: set[str] = set()
        answers: list[tuple[str, int]] = []
        while True:
            waiting = [identifier for identifier in self._waiting() if identifier not in attempted]
            if not waiting:
                return answers
            attempted.update(waiting)
            for identifier in self._shuffled(waiting):
                answers += self._attempt(identifier)

    def _run(self) -> None:
        while not self._stop.wait(0.05):
            batch = self._shuffled(self._waiting(now=time.time()))
            if self._chaos().parallel:
                with ThreadPoolExecutor(_AT_ONCE) as pool:
                    list(pool.map(self._attempt, batch))
            else:
                for identifier in batch:
                    self._attempt(identifier)

    def _waiting(self, *, now: float | None = None) -> list[str]:
        """Deliveries that wait, oldest first; now: only those whose moment has come, after the delay."""
        with self._world.store.unit():
            found: list[str] = []
            for delivery in self._world.store.scan("delivery"):
                if delivery["state"] != "waiting":
                    continue
                if now is None or self._is_due(delivery, now):
                    found.append(delivery["id"])
            return found

    def _is_due(self, delivery: Json, now: float) -> bool:
        delay = self._chaos().delay_seconds
        if delay and delivery["due_at"] is None:
            document = self._world.store.get("delivery", delivery["id"])
            document["due_at"] = now + delay
        return delivery["due_at"] is None or delivery["due_at"] <= now

    def _shuffled(self, batch: list[str]) -> list[str]:
        chaos = self._chaos()
        kept = [identifier for identifier in batch if not self._drops(identifier, chaos.drop)]
        if chaos.reorder:
            kept.reverse()
        return [identifier for identifier in kept for _ in range(2 if chaos.duplicate else 1)]

    def _drops(self, identifier: str, share: float) -> bool:
        if not share or self._dice.random() >= share:
            return False
        with self._world.store.unit():
            self._world.store.get("delivery", identifier)["state"] = "dropped"
        return True

    def _attempt(self, identifier: str) -> list[tuple[str, int]]:
        """Send one delivery; nothing, where its endpoint is gone."""
        letter = self._letter(identifier)
        if letter is None:
            return []
        status = self.deliver(letter.url, letter.body, letter.headers)
        self._record(identifier, status)
        return [(letter.kind, status)]

    def _letter(self, identifier: str) -> _Letter | None:
        store = self._world.store
        with store.unit():
            delivery = store.get("delivery", identifier)
            endpoint = store.find("webhook_endpoint", delivery["endpoint"])
            event = store.find("event", delivery["event"])
            if endpoint is None or event is None:
                delivery["state"] = "dropped"
                return None
            body = json.dumps(event, indent=2).encode()
            secret: str = store.private(endpoint["id"])["secret"]
            headers = {
                "Content-Type": "application/json; charset=utf-8",
                "User-Agent": "Stripe/1.0 (+sandbox)",
                "Stripe-Signature": sign(body, secret, int(time.time())),
            }
            if self._chaos().tamper:
                body = body.replace(b'"livemode": false', b'"livemode": true ', 1)
            return _Letter(delivery=identifier, kind=event["type"], url=endpoint["url"], body=body, headers=headers)

    def _record(self, identifier: str, status: int) -> None:
        store = self._world.store
        with store.unit():
            delivery = store.get("delivery", identifier)
            attempt = delivery["attempt"] + 1
            delivery.update(attempt=attempt, status=status, at=time.time())
            if delivery["state"] == "delivered":
                return
            if 200 <= status < 300:
                delivery["state"] = "delivered"
                event = store.find("event", delivery["event"])
                if event:
                    event["pending_webhooks"] = max(0, event["pending_webhooks"] - 1)
            elif attempt >= _MOST_ATTEMPTS:
                delivery["state"] = "failed"
            else:
                wait = min(_FIRST_RETRY_SECONDS * 2 ** (attempt - 1), _LONGEST_RETRY_SECONDS)
                delivery["due_at"] = time.time() + wait
