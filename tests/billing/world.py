"""A lab that subscribes at the sandbox: what Stripe, its customers and our workers do, done one after the other."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import stripe
from django.test import Client
from djstripe.models import WebhookEndpoint

from archive import recall
from billing import effects, entitlements, inbox, reconcile
from billing.events import EVENTS
from billing.models import Entitlement
from billing.sandbox.sandbox import Sandbox
from genomics.users.models import Lab
from tests.billing.sandbox.fixtures import Shop, to_django

DAY = timedelta(days=1)
VISA = "4242424242424242"
DECLINED_LATER = "4000000000000341"  # attached without a word, and declined when it is charged
ASKS_ALWAYS = "4000002760003184"  # the bank wants to be asked at each payment
ORIGIN = "http://localhost:8000"

Hint = tuple[str, dict[str, str]]


@dataclass
class World:
    """One lab with a customer, whose time is that of the customer's test clock."""

    sandbox: Sandbox
    shop: Shop
    lab: Lab
    hints: list[Hint]
    endpoint: uuid.UUID = field(default_factory=uuid.uuid4)
    secret: str = ""

    @property
    def customer(self) -> str:
        return self.shop.customer

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.sandbox.now(self.customer), UTC)

    @property
    def entitlement(self) -> Entitlement:
        return Entitlement.objects.get(pk=self.lab.pk)

    @property
    def plan(self) -> str:
        """What the lab has, as the domain sees it."""
        return Lab.objects.values_list("plan", flat=True).get(pk=self.lab.pk)

    def listen(self) -> None:
        """This function will let Stripe tell our own view of events."""
        url = f"{ORIGIN}/billing/webhooks/{self.endpoint}/"
        self.secret = self.sandbox.add_webhook(url, types=list(EVENTS))
        WebhookEndpoint.objects.create(
            id="we_1",
            djstripe_uuid=self.endpoint,
            secret=self.secret,
            url=url,
            enabled_events=list(EVENTS),
            status="enabled",
            livemode=False,
        )
        self.sandbox.courier.deliver = to_django(Client(raise_request_exception=False))

    def subscribe(self, *, card: str = VISA, trial_days: int = 0, **changes: Any) -> stripe.Subscription:
        """This function will subscribe the lab, as a person does at the checkout."""
        if trial_days:
            changes["subscription_data"] = {"trial_period_days": trial_days}
        return self.shop.subscribe(card=card, **changes)

    def reconcile(self, *, actor: str = "sweep", now: datetime | None = None) -> Entitlement:
        return reconcile.reconcile(self.lab.pk, actor=actor, now=now or self.now)

    def advance(self, by: timedelta) -> None:
        self.sandbox.advance(self.customer, by=by)

    def deliver(self) -> list[tuple[str, int]]:
        """This function will let Stripe tell what it has not told yet."""
        return self.sandbox.flush()

    def work(self) -> None:
        """This function will do what was hinted, and what that hints."""
        while self.hints:
            task, ids = self.hints.pop(0)
            match task:
                case inbox.RECONCILE:
                    inbox.read(ids["customer_id"], now=self.now)
                case reconcile.APPLY:
                    effects.apply(uuid.UUID(ids["lab_id"]), now=self.now)
                case _:
                    raise AssertionError(task)

    def settle(self) -> str:
        """This function will deliver and work, and give the plan that the lab has then."""
        self.deliver()
        self.work()
        return self.plan

    def sweep(self, *, now: datetime | None = None) -> str:
        """This function will sweep, late enough for every hint to count as lost, work, and give the lab's plan."""
        now = now or self.now + timedelta(minutes=10)
        inbox.sweep(now=now)
        effects.sweep(now=now)
        while self.hints:
            task, ids = self.hints.pop(0)
            if task == inbox.RECONCILE:
                inbox.read(ids["customer_id"], now=now)
            else:
                effects.apply(uuid.UUID(ids["lab_id"]), now=now)
        return self.plan


@contextmanager
def collected_hints() -> Iterator[list[Hint]]:
    """This function will collect the hints of billing instead of sending them, and find no queue full."""
    sent: list[Hint] = []

    def send(task: str, *, lab: uuid.UUID | None = None, **ids: str) -> None:
        del lab
        sent.append((task, ids))

    with ExitStack() as patches:
        for module in (inbox, reconcile, effects):
            patches.enter_context(mock.patch.object(module, "send", send))
        patches.enter_context(mock.patch.object(recall, "send"))
        for module in (inbox, effects):
            patches.enter_context(mock.patch.object(module.backlog, "waiting", return_value=0))
        yield sent


def adopt(lab: Lab, customer_id: str, *, now: datetime) -> None:
    """This function will note whom Stripe knows a lab as."""
    entitlements.adopt(entitlements.locked(lab.pk), customer_id, now=now)


Subscribe = Callable[..., stripe.Subscription]
