"""Stripe's objects as far as we look at them, read from the JSON of API version 2026-05-27.dahlia.

Each `parse_…` takes one object as Stripe sends it, from the API and from a mirror row alike, and raises KeyError when
it lacks what every such object has. Source: https://docs.stripe.com/api, and the types of stripe-python.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An amount in the smallest unit of its currency, as cents; `currency` is an ISO 4217 code in lower case."""

    amount: int
    currency: str


class Interval(StrEnum):
    """How often a price is paid."""

    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    id: str
    product_id: str
    lookup_key: str | None  # None: replaced by a newer price, or not one of ours
    money: Money
    interval: Interval


class SubscriptionStatus(StrEnum):
    """Stripe's own words. Source: https://docs.stripe.com/billing/subscriptions/overview#subscription-statuses."""

    INCOMPLETE = "incomplete"
    INCOMPLETE_EXPIRED = "incomplete_expired"
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    UNPAID = "unpaid"
    CANCELED = "canceled"
    PAUSED = "paused"


LIVE = frozenset(
    {
        SubscriptionStatus.TRIALING,
        SubscriptionStatus.ACTIVE,
        SubscriptionStatus.PAST_DUE,
        SubscriptionStatus.UNPAID,
        SubscriptionStatus.PAUSED,
    }
)  # whoever has one of these manages it in the portal: a second would be paid twice
ENDED = frozenset({SubscriptionStatus.CANCELED, SubscriptionStatus.INCOMPLETE_EXPIRED})  # nothing about it changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    id: str
    customer_id: str
    status: SubscriptionStatus
    price: Price  # of its first item
    created_at: datetime
    period_start_at: datetime
    period_end_at: datetime
    cancel_at: datetime | None  # None: goes on
    ended_at: datetime | None  # None: has not ended
    trial_end_at: datetime | None  # None: never had a trial
    was_given_up: bool  # Stripe ended it because its last period was not paid
    latest_invoice_id: str | None
    test_clock_id: str | None  # None: its time is everybody's

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    @property
    def has_ended(self) -> bool:
        return self.status in ENDED

    @property
    def ended_in_trial(self) -> bool:
        return self.ended_at is not None and self.trial_end_at is not None and self.ended_at <= self.trial_end_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    id: str
    number: str | None  # None: a draft
    status: str  # draft, open, paid, uncollectible, void
    created_at: datetime
    total: Money
    hosted_url: str | None  # Stripe's page on which it can be seen and paid
    pdf_url: str | None
    subscription_id: str | None  # None: it is for something else


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """A customer, as far as invoices are concerned."""

    id: str
    email: str  # empty: Stripe knows none
    is_deleted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """What was given back of one payment, all parts of it together."""

    charge_id: str
    paid_at: datetime
    money: Money
    receipt_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """The invoice of a subscription that waits to be paid."""

    invoice_id: str
    url: str  # Stripe's page on which it can be paid; empty: it has none
    needs_action: bool  # the bank wants the card's owner to confirm; else the card was declined


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a customer is."""

    lab_id: str | None  # as our metadata say, unproven; None: they say nothing
    is_deleted: bool  # then Stripe no longer tells the metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One event, as far as it says whom it is about."""

    id: str
    customer_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    brand: str
    last4: str
    exp_month: int
    exp_year: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutSession:
    id: str
    url: str | None  # None: it is over
    status: str  # open, complete, expired
    customer_id: str | None
    subscription_id: str | None


def parse_price(data: Json) -> Price:
    return Price(
        id=data["id"],
        product_id=_id(data["product"]),
        lookup_key=data.get("lookup_key"),
        money=Money(amount=data["unit_amount"], currency=data["currency"]),
        interval=Interval(data["recurring"]["interval"]),
    )


def parse_subscription(data: Json) -> Subscription:
    """This function will read a subscription; its period is that of the item that is paid first again."""
    items = data["items"]["data"]
    return Subscription(
        id=data["id"],
        customer_id=_id(data["customer"]),
        status=SubscriptionStatus(data["status"]),
        price=parse_price(items[0]["price"]),
        created_at=_moment(data["created"]),
        period_start_at=_moment(min(item["current_period_start"] for item in items)),
        period_end_at=_moment(min(item["current_period_end"] for item in items)),
        cancel_at=_moment_or_none(data.get("cancel_at")),
        ended_at=_moment_or_none(data.get("ended_at")),
        trial_end_at=_moment_or_none(data.get("trial_end")),
        was_given_up=(data.get("cancellation_details") or {}).get("reason") == "payment_failed",
        latest_invoice_id=_id_or_none(data.get("latest_invoice")),
        test_clock_id=_id_or_none(data.get("test_clock")),
    )


def parse_invoice(data: Json) -> Invoice:
    parent = (data.get("parent") or {}).get("subscription_details") or {}
    return Invoice(
        id=data["id"],
        number=data.get("number"),
        status=data.get("status") or "draft",
        created_at=_moment(data["created"]),
        total=Money(amount=data["total"], currency=data["currency"]),
        hosted_url=data.get("hosted_invoice_url"),
        pdf_url=data.get("invoice_pdf"),
        subscription_id=_id_or_none(parent.get("subscription")),
    )


def parse_payer(data: Json) -> Payer:
    """This function will read a customer; of a deleted one Stripe says little more than that it was."""
    return Payer(id=data["id"], email=data.get("email") or "", is_deleted=bool(data.get("deleted")))


def parse_refund(data: Json) -> Refund | None:
    """This function will read from a charge what was given back of it; None: nothing."""
    if not data["amount_refunded"]:
        return None
    return Refund(
        charge_id=data["id"],
        paid_at=_moment(data["created"]),
        money=Money(amount=data["amount_refunded"], currency=data["currency"]),
        receipt_url=data.get("receipt_url"),
    )


def parse_owed(data: Json) -> Owed:
    """This function will read an open invoice whose payments are expanded down to their payment intents."""
    payments = (data.get("payments") or {}).get("data", [])
    intents = [one["payment"].get("payment_intent") for one in payments if one["status"] == "open"]
    return Owed(
        invoice_id=data["id"],
        url=data.get("hosted_invoice_url") or "",
        needs_action=any(intent["status"] == "requires_action" for intent in intents if isinstance(intent, Mapping)),
    )


def customer_of(data: Json) -> str | None:
    """This function will give the id of the customer that an object is or belongs to; None: it belongs to none."""
    return _id_or_none(data.get("id") if data.get("object") == "customer" else data.get("customer"))


def product_of(subscription: Json) -> str | None:
    """This function will give the id of the product that a subscription is for; None: it has no items."""
    items = subscription["items"]["data"]
    return _id(items[0]["price"]["product"]) if items else None


def parse_card(data: Json) -> Card | None:
    """This function will read a payment method; None: it is no card."""
    card = data.get("card")
    if not card:
        return None
    return Card(brand=card["brand"], last4=card["last4"], exp_month=card["exp_month"], exp_year=card["exp_year"])


def parse_checkout_session(data: Json) -> CheckoutSession:
    return CheckoutSession(
        id=data["id"],
        url=data.get("url"),
        status=data["status"],
        customer_id=_id_or_none(data.get("customer")),
        subscription_id=_id_or_none(data.get("subscription")),
    )


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _moment_or_none(seconds: int | None) -> datetime | None:
    return None if seconds is None else _moment(seconds)


def _id(value: str | Json) -> str:
    """This function will give the id of an object that may have been expanded."""
    return value if isinstance(value, str) else str(value["id"])


def _id_or_none(value: str | Json | None) -> str | None:
    return None if value is None else _id(value)
