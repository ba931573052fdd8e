"""The sandbox as one object: the API, the hosted pages, the webhooks, and what a developer may do to all of them."""

import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from billing.sandbox import (
    cards,
    chaos,
    customers,
    endpoints,
    events,
    forgetting,
    payments,
    subscriptions,
    test_clocks,
    timeline,
)
from billing.sandbox.api import Api, Call
from billing.sandbox.chaos import Chaos
from billing.sandbox.client import InProcessClient
from billing.sandbox.collection import DEAD
from billing.sandbox.courier import Courier, Deliver
from billing.sandbox.errors import ApiError, SandboxError
from billing.sandbox.forms import Params
from billing.sandbox.messages import Answer, Request
from billing.sandbox.person import Person
from billing.sandbox.store import Json, Store
from billing.sandbox.world import Rules, World


class Sandbox:
    """A Stripe of our own.

    store: a path, or `:memory:`. api_key: the only key that opens it; None lets any test key in. deliver: carries
    webhooks; None posts them to loopback. seed: of the dice that the chaos switches throw.
    """

    def __init__(
        self,
        *,
        store: str = ":memory:",
        base_url: str = "http://localhost:12111",
        api_key: str | None = None,
        rules: Rules | None = None,
        deliver: Deliver | None = None,
        wall: Callable[[], float] = time.time,
        seed: int = 0,
        check_answers: bool = True,
    ) -> None:
        if api_key is not None and not api_key.startswith("sk_test_"):
            raise SandboxError("The sandbox takes keys that begin with sk_test_, never a live one.")
        self.world = World(store=Store(store), base_url=base_url.rstrip("/"), rules=rules or Rules(), wall=wall)
        dice = random.Random(seed)  # noqa: S311  (chaos, not secrets)
        self._dice = dice
        self._chaos: Chaos | None = None
        self._api = Api(self.world, key=api_key, check_answers=check_answers)
        self.courier = Courier(self.world, chaos=lambda: self.chaos, deliver=deliver, dice=dice)
        self.person = Person(self)
        self.client = InProcessClient(self)

    def close(self) -> None:
        """Stop what runs and let go of the store."""
        self.courier.stop()
        self.world.store.close()

    def answer(self, request: Request) -> Answer:
        """Answer a request to /v1. Raises ConnectionLostError where the chaos switches take the answer away."""
        switches = self.chaos
        try:
            chaos.before_answer(switches, self._dice)
        except ApiError as error:
            return self._api.refuse(request, error)
        answer = self._api.answer(request)
        chaos.after_answer(switches, self._dice)
        return answer

    def knows_key(self, request: Request) -> bool:
        return self._api.knows_key(request)

    def flush(self) -> list[tuple[str, int]]:
        """Deliver what waits, once, and what that causes: [(type of event, status of the answer)]."""
        return self.courier.flush()

    @property
    def chaos(self) -> Chaos:
        if self._chaos is None:
            with self.world.store.unit():
                kept = dict(self.world.store.setting("chaos"))
            kept.pop("id")
            self._chaos = Chaos(**kept)
        return self._chaos

    def set_chaos(self, **switches: str | float) -> Chaos:
        """Set some switches, as of now and after a restart: `set_chaos(duplicate=True, drop=0.2)`."""
        changed = self.chaos.changed(switches)
        with self.world.store.unit():
            self.world.store.setting("chaos").update({name: getattr(changed, name) for name in Chaos.__slots__})
        self._chaos = changed
        return changed

    @property
    def calls(self) -> list[Call]:
        """The latest requests to the API, oldest first."""
        return list(self._api.calls)

    @property
    def events(self) -> list[Json]:
        """All events, oldest first."""
        return self.world.store.scan("event")

    @property
    def deliveries(self) -> list[Json]:
        """All deliveries, oldest first: type, event, state, attempt, status, at."""
        return self.world.store.scan("delivery")

    def objects(self, kind: str) -> list[Json]:
        """All objects of a kind, such as `customer`, oldest first, to be read only."""
        return self.world.store.scan(kind)

    def now(self, customer: str | None = None) -> int:
        """Seconds since the epoch, on the customer's clock."""
        with self.world.store.unit():
            return self.world.now(customer)

    def advance(
        self, customer: str | None = None, *, to: datetime | int | None = None, by: timedelta | None = None
    ) -> None:
        """Move a customer's test clock, or else the wall clock of all who have none, and do all that is due."""
        with self.world.store.unit():
            start = self.world.now(customer)
            if to is not None:
                until = int(to.timestamp()) if isinstance(to, datetime) else to
            else:
                until = start + int((by or timedelta()).total_seconds())
            if until < start:
                raise SandboxError("Time goes forward only.")
            clock = self.world.clock_of(customer)
            if clock:
                test_clocks.run(self.world, self.world.store.get("test_helpers.test_clock", clock), until)
            else:
                timeline.run(self.world, None, until)
                self.world.move_wall_clock(until - start)

    def renew(self, customer: str) -> None:
        """Move time to the next renewal of a customer, and on until its invoice was charged."""
        with self.world.store.unit():
            ends = [
                subscriptions.period_end(s)
                for s in self.world.store.each("subscription", customer=customer)
                if s["status"] not in DEAD
            ]
        if not ends:
            raise SandboxError("This customer has no living subscription.")
        self.advance(customer, to=min(ends) + int(self.world.rules.finalize_after.total_seconds()))

    def tick(self) -> None:
        """Do what has become due on the wall clock."""
        with self.world.store.unit():
            timeline.run(self.world, None, self.world.now())

    def forget(self) -> None:
        """Drop what Stripe would not keep either."""
        with self.world.store.unit():
            forgetting.forget(self.world, now=self.world.now())

    def fail_card(self, customer: str, *, decline_code: str = "generic_decline") -> None:
        """Let the customer's cards be declined whenever they are charged, until `mend_card`."""
        with self.world.store.unit():
            for method in self.world.store.each("payment_method", customer=customer):
                self.world.store.private(method["id"])["fails"] = decline_code

    def mend_card(self, customer: str) -> None:
        """Let the customer's cards be what their numbers say."""
        with self.world.store.unit():
            for method in self.world.store.each("payment_method", customer=customer):
                self.world.store.private(method["id"]).pop("fails", None)

    def is_card_failing(self, customer: str) -> bool:
        with self.world.store.unit():
            method = cards.default_of(self.world, customer) or next(
                reversed(self.world.store.each("payment_method", customer=customer)), None
            )
            return method is not None and bool(self.world.store.private(method["id"]).get("fails"))

    def refund(self, customer: str, *, amount: int | None = None) -> Json:
        """Give back a customer's latest payment, or a part of it (in the currency's smallest unit)."""
        with self.world.store.unit():
            paid = [c for c in self.world.store.each("charge", customer=customer) if c["paid"] and not c["refunded"]]
            if not paid:
                raise SandboxError("This customer has paid nothing that could be given back.")
            return payments.refund_charge(self.world, paid[-1], amount=amount, reason="requested_by_customer")

    def delete_customer(self, customer: str) -> None:
        with self.world.store.unit():
            customers.delete(self.world, Params({}), customer)

    def cancel(self, subscription: str) -> None:
        """End a subscription at once, as in the dashboard."""
        with self.world.store.unit():
            subscriptions.cancel(self.world, Params({}), subscription)

    def emit(self, kind: str, document: Json) -> Json:
        """Send an event of any type about an object, whatever really happened."""
        with self.world.store.unit():
            return events.emit(self.world, kind, document)

    def resend(self, event: str) -> None:
        """Deliver an event again to every endpoint that wants it."""
        with self.world.store.unit():
            found = self.world.store.get("event", event)
            for endpoint in self.world.store.scan("webhook_endpoint"):
                if events.wants(endpoint, found["type"]):
                    events.schedule(self.world, found, endpoint)

    def add_webhook(self, url: str, *, types: list[str] | None = None) -> str:
        """Add a webhook endpoint for these types of events (None: all); its signing secret."""
        wanted: dict[str, Any] = {"url": url, "enabled_events": types or ["*"]}
        with self.world.store.unit():
            secret: str = endpoints.create(self.world, Params(wanted))["secret"]
            return secret
