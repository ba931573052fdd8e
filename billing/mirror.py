"""Stripe's objects as dj-stripe keeps them: what pages show without asking Stripe, and never who may do what.

A row may be older than another that was written before it, or missing. So what is read here is nothing but shown, and
it is read from each row's JSON: dj-stripe's own fields and methods do not know this version of Stripe's API.
Functions named by a noun write what they are given; those that end in `_of` read.
"""

import logging
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform
from djstripe import models

from billing import gateway, values
from billing.values import Card, Invoice, Json, Price, Refund, Subscription

logger = logging.getLogger(__name__)

_SHOWN = 24


def customer(data: Json) -> None:
    _sync(models.Customer, [data])


def subscriptions(objects: Iterable[Json]) -> None:
    _sync(models.Subscription, objects)


def prices(objects: Iterable[Json]) -> None:
    """This function will keep prices. A lookup key moves from one to another: give all prices of the product."""
    _sync(models.Price, objects)


def refresh(customer_id: str) -> None:
    """This function will fetch all that pages show of a customer. What goes wrong is logged: a page is just older."""
    try:
        with transaction.atomic():
            customer(gateway.customer_object(customer_id))
            subscriptions(gateway.subscription_objects(customer_id))
            _sync(models.PaymentMethod, gateway.payment_method_objects(customer_id))
            _sync(models.Invoice, gateway.invoice_objects(customer_id))
    except Exception:  # dj-stripe raises what it likes; nobody's payment may fail for what a page shows
        logger.exception("The mirror of customer %s is as old as it was.", customer_id)


def prices_of(product_id: str) -> dict[str, Price]:
    """This function will give the prices on sale, by lookup key."""
    rows = models.Price.objects.filter(product__id=product_id, active=True, lookup_key__gt="").order_by("created")
    found = [values.parse_price(data) for data in _json(rows)]
    return {price.lookup_key: price for price in found if price.lookup_key}


def subscription_of(subscription_id: str) -> Subscription | None:
    """This function will give a subscription; None: it is not known here."""
    data = _json(models.Subscription.objects.filter(id=subscription_id)).first() if subscription_id else None
    return values.parse_subscription(data) if data else None


def ended_subscriptions_of(customer_id: str) -> set[str]:
    """This function will give the ids of a customer's subscriptions that are over."""
    rows = models.Subscription.objects.filter(customer__id=customer_id)
    return {one.id for one in map(values.parse_subscription, _json(rows)) if one.has_ended}


def invoices_of(customer_id: str) -> list[Invoice]:
    """This function will give the latest invoices of a customer that are more than a draft, newest first."""
    rows = models.Invoice.objects.filter(customer__id=customer_id) if customer_id else models.Invoice.objects.none()
    found = [values.parse_invoice(data) for data in _json(rows.order_by("-created"))[:_SHOWN]]
    return [invoice for invoice in found if invoice.status != "draft"]


def refunds_of(customer_id: str) -> list[Refund]:
    """This function will give what was given back of a customer's latest payments, newest payment first."""
    rows = models.Charge.objects.filter(customer__id=customer_id, stripe_data__amount_refunded__gt=0)
    found = (values.parse_refund(data) for data in _json(rows.order_by("-created"))[:_SHOWN])
    return [refund for refund in found if refund]


def card_of(customer_id: str, subscription_id: str) -> Card | None:
    """This function will give the card that pays a subscription, else that of its customer; None: no card is known."""
    paying = [
        *models.Subscription.objects.filter(id=subscription_id).values_list("stripe_data__default_payment_method"),
        *models.Customer.objects.filter(id=customer_id).values_list(
            "stripe_data__invoice_settings__default_payment_method"
        ),
    ]
    ids = [one if isinstance(one, str) else one["id"] for (one,) in paying if one]
    known = dict(models.PaymentMethod.objects.filter(id__in=ids).values_list("id", "stripe_data"))
    return next((values.parse_card(known[one]) for one in ids if one in known), None)


def email_of(customer_id: OuterRef) -> Subquery:
    """This function will give, inside a query, the address that Stripe has for a customer."""
    row = models.Customer.objects.filter(id=customer_id)
    return Subquery(row.values(known=KeyTextTransform("email", "stripe_data"))[:1])


def _sync(model: Any, objects: Iterable[Json]) -> None:
    """This function will write rows from Stripe's objects. dj-stripe asks Stripe for what it misses beside them."""
    with gateway.translated(), transaction.atomic():
        for data in objects:
            model.sync_from_stripe_data(gateway.as_library_object(data))


def _json(rows: QuerySet[Any]) -> QuerySet[Any, Any]:
    return rows.values_list("stripe_data", flat=True)
