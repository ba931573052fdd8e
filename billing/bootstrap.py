"""What billing needs at Stripe, made or brought into line: product, prices, portal, and the endpoint of webhooks.

It may run any number of times, and says what it found. Amounts are Stripe's: what stands there is never changed here.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.urls import reverse
from djstripe.models import WebhookEndpoint

from billing import gateway, mirror, portal
from billing.errors import StripeMissingError
from billing.events import EVENTS
from billing.products import OFFERS, PRODUCT_ID, PRODUCT_NAME, Offer
from billing.values import Interval, Json, Money, Price, parse_price

_UUID_KEY = "djstripe_uuid"  # where dj-stripe looks for the name of an endpoint


class Outcome(StrEnum):
    """What was done about one thing."""

    FOUND = "as it should be"
    MADE = "made"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing at Stripe, and what was done about it."""

    what: str
    outcome: Outcome
    note: str = ""


def run(*, dry: bool, rotate_secret: bool) -> Iterator[Step]:
    """This function will go through what billing needs, step by step; `dry`: it changes nothing. Raises StripeError."""
    yield _product(dry=dry)
    yield from _prices(dry=dry)
    yield _portal(dry=dry)
    yield from _webhooks(dry=dry, rotate_secret=rotate_secret)


def _product(*, dry: bool) -> Step:
    what = f"Product {PRODUCT_ID}"
    try:
        product = gateway.product_object(PRODUCT_ID)
    except StripeMissingError:
        if not dry:
            gateway.create_product(PRODUCT_ID, name=PRODUCT_NAME, key=_key())
        return Step(what=what, outcome=Outcome.MADE, note=PRODUCT_NAME)
    if product["name"] == PRODUCT_NAME and product["active"]:
        return Step(what=what, outcome=Outcome.FOUND)
    if not dry:
        gateway.change_product(PRODUCT_ID, name=PRODUCT_NAME, key=_key())
    return Step(what=what, outcome=Outcome.CHANGED, note=f"{PRODUCT_NAME}, on sale")


def _prices(*, dry: bool) -> Iterator[Step]:
    for offer in OFFERS:
        yield _price(offer, dry=dry)
    if not dry:
        mirror.prices(gateway.price_objects(PRODUCT_ID))


def _price(offer: Offer, *, dry: bool) -> Step:
    what = f"Price {offer.lookup_key}"
    price = _on_sale().get(offer.lookup_key)
    if price is None:
        if not dry:
            gateway.create_price(
                product_id=PRODUCT_ID,
                lookup_key=offer.lookup_key,
                interval=offer.interval,
                money=offer.first,
                key=_key(),
            )
        return Step(what=what, outcome=Outcome.MADE, note=_amount(offer.first, offer.interval))
    note = _amount(price.money, price.interval)
    if price.interval != offer.interval:
        note += f": WRONG, it should be paid by the {offer.interval}; move the lookup key to a price that is"
    return Step(what=what, outcome=Outcome.FOUND, note=note)


def _on_sale() -> dict[str, Price]:
    try:
        objects = gateway.price_objects(PRODUCT_ID)
    except StripeMissingError:  # a dry run before the product was made
        return {}
    prices = [parse_price(one) for one in objects if one["active"] and one.get("recurring")]
    return {price.lookup_key: price for price in prices if price.lookup_key}


def _portal(*, dry: bool) -> Step:
    what = "Portal"
    ids = [price.id for key, price in sorted(_on_sale().items()) if key in {offer.lookup_key for offer in OFFERS}]
    wanted = _configuration(ids)
    current = portal.ours(gateway.portal_configurations())
    if current is None:
        if not dry:
            gateway.create_portal_configuration(wanted, key=_key())
        return Step(what=what, outcome=Outcome.MADE, note="card, invoices, cancelling, monthly and yearly")
    if _holds(current, wanted):
        return Step(what=what, outcome=Outcome.FOUND)
    if not dry:
        gateway.change_portal_configuration(current["id"], wanted, key=_key())
    return Step(what=what, outcome=Outcome.CHANGED)


def _configuration(price_ids: list[str]) -> dict[str, Any]:
    """This function will say what people may do in the portal; the address is the lab's, and is changed at the lab."""
    return {
        "business_profile": {"headline": "Genomics Cloud: your lab's subscription"},
        "features": {
            "customer_update": {"enabled": True, "allowed_updates": ["name", "address", "tax_id"]},
            "invoice_history": {"enabled": True},
            "payment_method_update": {"enabled": True},
            "subscription_cancel": {"enabled": True, "mode": "at_period_end", "proration_behavior": "none"},
            "subscription_update": {
                "enabled": True,
                "default_allowed_updates": ["price"],
                "proration_behavior": "create_prorations",
                "products": [{"product": PRODUCT_ID, "prices": price_ids}],
            },
        },
        "metadata": {portal.CONFIGURATION_KEY: PRODUCT_ID},
    }


def _holds(current: Any, wanted: Any) -> bool:
    """This function will tell whether all that is wanted is so, whatever else Stripe says beside it."""
    if isinstance(wanted, dict):
        return isinstance(current, dict) and all(_holds(current.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return (
            isinstance(current, list)
            and len(current) == len(wanted)
            and all(any(_holds(one, value) for one in current) for value in wanted)
        )
    return bool(current == wanted)


def _webhooks(*, dry: bool, rotate_secret: bool) -> Iterator[Step]:
    """This function will see that exactly one endpoint of ours is there whose secret is known here.

    A secret is told once, when its endpoint is made. So another secret is another endpoint, and the old one goes last:
    nothing that Stripe wants to tell is lost in between.
    """
    there = [one for one in gateway.webhook_endpoints() if one["url"].startswith(_address(""))]
    good = None if rotate_secret else next((one for one in there if _is_known(one)), None)
    if good is None:
        url = _make_endpoint() if not dry else _address("…")
        yield Step(what="Webhook endpoint", outcome=Outcome.MADE, note=url)
    elif set(good["enabled_events"]) == set(EVENTS) and good["status"] == "enabled":
        yield Step(what="Webhook endpoint", outcome=Outcome.FOUND, note=good["url"])
    else:
        if not dry:
            gateway.change_webhook_endpoint(good["id"], events=EVENTS, key=_key())
            WebhookEndpoint.objects.filter(id=good["id"]).update(enabled_events=list(EVENTS), status="enabled")
        yield Step(what="Webhook endpoint", outcome=Outcome.CHANGED, note=f"hears {len(EVENTS)} kinds of events")
    for old in there:
        if good is None or old["id"] != good["id"]:
            if not dry:
                gateway.delete_webhook_endpoint(old["id"])
                WebhookEndpoint.objects.filter(id=old["id"]).delete()
            yield Step(what="Webhook endpoint", outcome=Outcome.REMOVED, note=old["url"])


def _is_known(endpoint: Json) -> bool:
    """This function will tell whether we can check what an endpoint sends, in the version that we read."""
    row = WebhookEndpoint.objects.filter(id=endpoint["id"]).first()
    return (
        row is not None
        and bool(row.secret)
        and endpoint["url"] == _address(row.djstripe_uuid)
        and endpoint.get("api_version") == settings.STRIPE_API_VERSION
    )


def _make_endpoint() -> str:
    name = uuid.uuid4()
    url = _address(name)
    made = gateway.create_webhook_endpoint(url=url, events=EVENTS, metadata={_UUID_KEY: str(name)}, key=_key())
    WebhookEndpoint.objects.create(
        id=made["id"],
        djstripe_uuid=name,
        secret=made["secret"],
        url=url,
        enabled_events=list(EVENTS),
        api_version=settings.STRIPE_API_VERSION,
        status="enabled",
        livemode=settings.STRIPE_LIVE_MODE,
        metadata={_UUID_KEY: str(name)},
        stripe_data={key: value for key, value in made.items() if key != "secret"},
    )
    return url


def _address(name: object) -> str:
    """This function will give where an endpoint lies; of an empty name, what all of ours begin with."""
    anyone = uuid.UUID(int=0)
    path = reverse("billing:webhook", args=[anyone])
    return settings.WEB_ORIGIN + path.removesuffix(f"{anyone}/") + (f"{name}/" if name else "")


def _amount(money: Money, interval: Interval) -> str:
    return f"{money.amount} {money.currency.upper()} (in its smallest unit) each {interval}"


def _key() -> str:
    return str(uuid.uuid4())  # what is made is looked for first, so that a run after a lost answer finds it
