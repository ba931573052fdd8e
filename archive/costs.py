"""What it costs to ask results back, by tier: from the dated price table in the settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from archive import tiers
from archive.models import Tier

_GB = 10**9  # bytes, as AWS charges them
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What AWS asks for some retrievals in one tier, in US dollars."""

    tier: Tier
    requests: int
    size_bytes: int
    dollars: Decimal  # exact

    @property
    def shown(self) -> str:
        """The cost for people, rounded up to whole cents."""
        return shown(self.dollars)


def shown(dollars: Decimal) -> str:
    """This function will write an amount for people, rounded up to whole cents."""
    return f"${dollars.quantize(_CENT, rounding=ROUND_CEILING)}"


def of(tier: Tier, *, sizes: Sequence[int], storage_class: str) -> Cost:
    """This function will give the cost of retrieving files of these sizes (bytes), one request each.

    Raises KeyError for a tier that the storage class (empty: a vault) does not know.
    """
    price, size_bytes = tiers.terms(tier, storage_class=storage_class), sum(sizes)
    dollars = price.per_gb * size_bytes / _GB + price.per_request * len(sizes)
    return Cost(tier=tier, requests=len(sizes), size_bytes=size_bytes, dollars=dollars)


def by_tier(*, sizes: Sequence[int], storage_class: str) -> list[Cost]:
    """This function will give the cost in each tier that the storage class (empty: a vault) knows, fastest first."""
    return [of(tier, sizes=sizes, storage_class=storage_class) for tier in tiers.offered(storage_class)]
