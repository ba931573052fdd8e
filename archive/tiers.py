"""In which tier each result of a recall is asked back, and what AWS asks for a tier."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.conf import settings

from archive.models import Tier

_CLASS_OF_VAULTS = "GLACIER"  # Glacier's own vaults have the tiers, times and prices of this class


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What one tier costs (US dollars) and how long AWS says that it takes."""

    per_gb: Decimal  # 10⁹ bytes
    per_request: Decimal
    at_least: timedelta
    at_most: timedelta


def choose(*, plan: str, count: int) -> list[Tier]:
    """This function will give the tiers of `count` results of a lab on that plan, that of the newest result first."""
    first, rest = settings.RECALL_TIERS[plan]
    newest = min(count, settings.RECALL_NEWEST)
    return [Tier(first)] * newest + [Tier(rest)] * (count - newest)


def offered(storage_class: str) -> list[Tier]:
    """This function will give the tiers that a storage class (empty: a vault) knows, fastest first."""
    return [tier for tier in Tier if tier in settings.RETRIEVALS[storage_class or _CLASS_OF_VAULTS]]


def nearest(tier: Tier, *, storage_class: str) -> Tier:
    """This function will give the tier itself, or the nearest that the storage class (empty: a vault) knows."""
    known = offered(storage_class)
    if tier in known:
        return tier
    return known[0] if tier is Tier.EXPEDITED else known[-1]


def terms(tier: Tier, *, storage_class: str) -> Terms:
    """This function will give price and time of a tier. Raises KeyError for one that the class does not know."""
    return Terms(**settings.RETRIEVALS[storage_class or _CLASS_OF_VAULTS][tier])
