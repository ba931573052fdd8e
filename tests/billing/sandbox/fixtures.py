"""Fixtures around a sandbox in memory: `pytest_plugins = ["tests.billing.sandbox.fixtures"]` or import them.

Webhooks are delivered when the test says `sandbox.flush()`. A test that has Django delivers them to its own view:
`sandbox.courier.deliver = to_django(client)`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import stripe

from billing.sandbox.sandbox import Sandbox
from billing.sandbox.world import API_VERSION

KEY = "sk_test_GenomicsCloudSandboxKey0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A sandbox with something to sell and somebody who might buy."""

    sandbox: Sandbox
    product: str
    monthly: str  # a price of 99 USD
    yearly: str  # a price of 990 USD
    customer: str  # on a test clock

    def checkout(self, **changes: Any) -> stripe.checkout.Session:
        """A checkout session for a month's price."""
        wanted: dict[str, Any] = {
            "mode": "subscription",
            "customer": self.customer,
            "line_items": [{"price": self.monthly, "quantity": 1}],
            "success_url": "http://localhost:8000/done?session={CHECKOUT_SESSION_ID}",
            "cancel_url": "http://localhost:8000/plans",
        }
        return stripe.checkout.Session.create(**(wanted | changes))

    def subscribe(self, *, card: str = "4242424242424242", **changes: Any) -> stripe.Subscription:
        """A subscription, paid at the hosted checkout."""
        self.sandbox.person.pay(self.checkout(**changes).id, card=card)
        return self.subscription()

    def subscription(self) -> stripe.Subscription:
        """The customer's newest subscription."""
        return stripe.Subscription.list(customer=self.customer, status="all").data[0]

    def types(self) -> list[str]:
        """The types of all events so far."""
        return [event["type"] for event in self.sandbox.events]


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """This function will give a sandbox to which stripe-python speaks; at the end, the contract must have been kept."""
    made = Sandbox(api_key=KEY)
    monkeypatch.setattr(stripe, "api_key", KEY)
    monkeypatch.setattr(stripe, "api_version", API_VERSION)
    monkeypatch.setattr(stripe, "max_network_retries", 0)
    monkeypatch.setattr(stripe, "default_http_client", made.client)
    yield made
    faults = [(call.path, problem) for call in made.calls for problem in call.answer_problems]
    made.close()
    assert not faults


@pytest.fixture
def shop(sandbox: Sandbox) -> Shop:
    """This function will give the sandbox with a product, two prices and a customer."""
    product = stripe.Product.create(id="genomics_premium", name="Genomics Cloud Premium")
    clock = stripe.test_helpers.TestClock.create(frozen_time=sandbox.now())
    return Shop(
        sandbox=sandbox,
        product=product.id,
        monthly=_price("month", 9_900),
        yearly=_price("year", 99_000),
        customer=stripe.Customer.create(email="lab@example.org", name="Lab", test_clock=clock.id).id,
    )


def _price(interval: Any, amount: int) -> str:
    return stripe.Price.create(
        product="genomics_premium",
        unit_amount=amount,
        currency="usd",
        recurring={"interval": interval},
        lookup_key=f"premium_{interval}ly",
    ).id


def to_django(client: Any) -> Callable[[str, bytes, dict[str, str]], int]:
    """This function will deliver through Django's test client: assign it to `sandbox.courier.deliver`."""

    def deliver(url: str, body: bytes, headers: dict[str, str]) -> int:
        path = "/" + url.partition("://")[2].partition("/")[2]
        answer = client.post(path, body, content_type=headers["Content-Type"], headers=headers)
        status: int = answer.status_code
        return status

    return deliver
