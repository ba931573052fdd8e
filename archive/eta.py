"""How long a retrieval will take: what was measured lately or, with too few of those, what AWS says."""

from collections.abc import Sequence
from datetime import timedelta
from statistics import quantiles

from archive import tiers
from archive.models import Retrieval, Tier
from jobs.spans import Span

_FEWEST = 5  # measurements that say more than AWS's own table
_MOST = 50  # the latest of one kind
_TENTHS = 10


def of_kind(*, vault: str, storage_class: str, tier: Tier) -> Span:
    """This function will tell how long the vault takes now, from the retrievals of the same kind so far."""
    measured = Retrieval.objects.measured(vault=vault, storage_class=storage_class, tier=tier, most=_MOST)
    return expected(tier, storage_class=storage_class, measured=measured)


def expected(tier: Tier, *, storage_class: str, measured: Sequence[timedelta]) -> Span:
    """This function will give the times between which eight of ten measured ones lie, or those that AWS names."""
    if len(measured) < _FEWEST:
        named = tiers.terms(tier, storage_class=storage_class)
        return Span(low=named.at_least.total_seconds(), high=named.at_most.total_seconds())
    tenths = quantiles([time.total_seconds() for time in measured], n=_TENTHS, method="inclusive")
    return Span(low=tenths[0], high=tenths[-1])
