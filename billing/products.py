"""What we sell: one product, paid by the month or by the year. Amounts stand at Stripe, under these keys.

A subscription is known by its product: a lookup key moves on to the newer price when a price changes, while those who
subscribed before keep theirs.
"""

from dataclasses import dataclass

from billing.values import Interval, Money
from genomics.users.limits import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One way to pay for the product. `first` is the amount that a new Stripe account begins with."""

    lookup_key: str
    interval: Interval
    first: Money


PRODUCT_ID = "genomics_premium"
PRODUCT_NAME = "Genomics Cloud Premium"
PLANS = {PRODUCT_ID: Plan.PREMIUM}
OFFERS = (
    Offer(lookup_key="premium_monthly", interval=Interval.MONTH, first=Money(amount=9_900, currency="usd")),
    Offer(lookup_key="premium_yearly", interval=Interval.YEAR, first=Money(amount=99_000, currency="usd")),
)


def plan_of(product_id: str) -> Plan | None:
    """This function will give the plan that a product stands for; None: it is not one of ours."""
    return PLANS.get(product_id)


def offer(lookup_key: str) -> Offer | None:
    """This function will find an offer by its key, which may be any text; None: there is none."""
    return next((one for one in OFFERS if one.lookup_key == lookup_key), None)
