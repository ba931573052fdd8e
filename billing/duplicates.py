"""Nobody pays twice: of two live subscriptions of one customer the later one is given back and ended.

Checkout allows one open visit, so this needs two ways at once, as a subscription made in Stripe's dashboard while
somebody pays. The money goes back first: whoever is cut off between the two finds the subscription still there.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from billing import facts, gateway
from billing.models import Customer
from billing.values import Subscription, SubscriptionStatus

logger = logging.getLogger(__name__)

_FRESH = timedelta(days=1)  # what was paid for longer was meant, or is for a person to judge
_PAID = (SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING)


def settle(customer_id: str, *, now: datetime) -> list[Subscription]:
    """This function will refund and end the surplus subscriptions of a customer, and give them. Raises StripeError.

    It looks at what reconcile has just been told, and asks Stripe only where that is too much.
    """
    told = Customer.objects.filter(pk=customer_id).values_list("subscriptions", flat=True).first()
    if told is not None and not surplus(facts.ours(told)):
        return []
    ended = []
    for one in surplus(facts.ours(gateway.subscription_objects(customer_id))):
        if one.created_at < now - _FRESH:
            logger.error("Customer %s pays for %s beside another subscription.", customer_id, one.id)
            continue
        if one.latest_invoice_id:
            gateway.refund_invoice(one.latest_invoice_id, key=f"refund:{one.id}")
        gateway.cancel_subscription(one.id, key=f"cancel:{one.id}")
        logger.warning("Subscription %s of customer %s was a second one: refunded and ended.", one.id, customer_id)
        ended.append(one)
    return ended


def surplus(subscriptions: Sequence[Subscription]) -> list[Subscription]:
    """This function will give all live subscriptions but the one to keep: a paid one, and of those the oldest."""
    live = (one for one in subscriptions if one.is_live)
    return sorted(live, key=lambda one: (one.status not in _PAID, one.created_at, one.id))[1:]
