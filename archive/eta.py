"""How long a retrieval will take: what was measured lately or, with too few of those, what AWS says."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import quantiles

from archive import tiers
from archive.models import Retrieval, RetrievalState, Tier
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Between which two moments something is expected."""

    earliest: datetime
    latest: datetime


def arrival(retrievals: Iterable[Retrieval], *, now: datetime) -> Interval | None:
    """This function will tell when all of these open retrievals will have been answered; None without any.

    One that the vault was not asked for yet counts from now. The retrievals come with their archived files.
    """
    spans: dict[tuple[str, str, str], Span] = {}
    earliest, latest = [], []
    for retrieval in retrievals:
        archived = retrieval.archived_file
        kind = (archived.vault, archived.storage_class, retrieval.tier)
        if kind not in spans:
            spans[kind] = of_kind(vault=kind[0], storage_class=kind[1], tier=Tier(kind[2]))
        asked_at = retrieval.requested_at or now
        is_there = retrieval.state == RetrievalState.READY
        earliest.append(now if is_there else asked_at + timedelta(seconds=spans[kind].low))
        latest.append(now if is_there else asked_at + timedelta(seconds=spans[kind].high))
    return Interval(earliest=max(earliest), latest=max(latest)) if earliest else None
