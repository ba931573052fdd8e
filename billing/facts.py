"""What Stripe says of a lab: the subscriptions of the customer that it is, and of those that it was."""

import logging
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from django.conf import settings

from billing import entitlements, gateway
from billing.errors import StripeMissingError, StripeRefusedError
from billing.models import Customer, Entitlement
from billing.products import plan_of
from billing.values import ENDED, Json, Subscription, SubscriptionStatus, parse_subscription, product_of

logger = logging.getLogger(__name__)


def subscriptions_of(entitlement: Entitlement, *, now: datetime) -> list[Subscription]:
    """This function will ask Stripe for all subscriptions of a lab, in the transaction that has locked its entitlement.

    It notes whether the customer is gone. Where billing is off, nobody is asked. Raises StripeUnavailableError and
    StripeRefusedError.
    """
    if settings.BILLING_MODE == "off":
        return []
    if entitlement.customer_id and not Customer.objects.filter(pk=entitlement.customer_id).exists():
        entitlements.adopt(entitlement, entitlement.customer_id, now=now)
    customers = Customer.objects.filter(lab=entitlement.pk).order_by("since_at")
    return [one for customer in customers for one in ours(_objects(entitlement, customer, now=now))]


def moved_times(subscriptions: Iterable[Subscription], customer_id: str) -> set[datetime]:
    """This function will give the times of the test clocks that a customer lives by; none in live mode."""
    own = (one for one in subscriptions if one.customer_id == customer_id)
    clocks = {one.test_clock_id for one in own if one.test_clock_id}
    return {gateway.time_of_clock(test_clock_id) for test_clock_id in clocks}


def ours(objects: Iterable[Json]) -> list[Subscription]:
    """This function will read the subscriptions to what we sell; the account may sell other things, too."""
    return [parse_subscription(data) for data in objects if plan_of(product_of(data) or "")]


def _objects(entitlement: Entitlement, customer: Customer, *, now: datetime) -> list[Json]:
    """This function will give a customer's subscriptions as Stripe's JSON, and remember them."""
    if settings.STRIPE_LIVE_MODE and not customer.livemode:
        if customer.gone_at is None:
            entitlements.lose(entitlement, customer, now=now)
        return []  # from the days of testing: nobody has paid
    if customer.livemode and not settings.STRIPE_LIVE_MODE:
        # With a key for tests every lab would seem to have stopped paying.
        raise StripeRefusedError(f"Customer {customer.pk} is live, and the key is one for tests")
    if customer.gone_at and not _is_any_going_on(customer.subscriptions):
        return customer.subscriptions  # nothing about it will change any more
    objects = _listed(customer)
    if customer.gone_at is None and not _is_any_going_on(objects or []) and _is_gone(customer):
        logger.warning("Customer %s of lab %s was deleted at Stripe.", customer.pk, customer.lab_id)
        entitlements.lose(entitlement, customer, now=now)
    if customer.gone_at:
        known = customer.subscriptions if objects is None else objects
        objects = [_ended(one, at=customer.gone_at) for one in known]
    elif objects is None:
        raise StripeRefusedError(f"Stripe knows customer {customer.pk}, and does not tell its subscriptions")
    if objects != customer.subscriptions:
        Customer.objects.filter(pk=customer.pk).update(subscriptions=objects)
    return objects


def _listed(customer: Customer) -> list[Json] | None:
    """This function will ask for a customer's subscriptions; None: Stripe does not tell, or not any more."""
    try:
        return gateway.subscription_objects(customer.pk)
    except StripeMissingError:
        return None


def _is_any_going_on(objects: Iterable[Json]) -> bool:
    return any(one["status"] not in ENDED for one in objects)


def _is_gone(customer: Customer) -> bool:
    """This function will tell whether a customer was deleted: Stripe says so, and ends its subscriptions with it.

    A live customer of whom Stripe has never heard is that of another account: nothing follows from it.
    """
    try:
        return gateway.identify(customer.pk).is_deleted
    except StripeMissingError:
        if customer.livemode:
            raise StripeRefusedError(f"Customer {customer.pk} is not one of this Stripe account") from None
        return True  # test data are wiped now and then


def _ended(data: Json, *, at: datetime) -> Json:
    """This function will give a subscription of a customer that is gone: as it ended, or else as ended then."""
    if data["status"] not in ENDED:
        with suppress(StripeMissingError):
            data = gateway.subscription_object(data["id"])
    if data["status"] in ENDED:
        return data
    return {**data, "status": SubscriptionStatus.CANCELED.value, "ended_at": int(at.timestamp())}
