"""What is told before results are asked back: how many there are, how long it takes, and what AWS charges for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings

from archive import costs, eta, tiers
from archive.models import ArchivedFile, Tier
from genomics.users.models import Lab
from jobs.models import Job, Status
from jobs.spans import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One way to ask results back: how long it takes until the last of them is there, and what it costs."""

    tier: Tier | None  # None: the usual way, the newest in a faster tier than the rest
    label: str
    expected: Span
    dollars: Decimal  # exact

    @property
    def cost(self) -> str:
        """The cost for people, rounded up to whole cents."""
        return costs.shown(self.dollars)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What sleeps, and the ways to ask it back: the usual one, then by tier, fastest first; none if nothing sleeps."""

    results: int
    files: int
    size_bytes: int
    offers: tuple[Offer, ...]
    prices_as_of: str

    @property
    def usual(self) -> Offer | None:
        return self.offers[0] if self.offers else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sleeping:
    """One file at rest, as far as price and time are concerned."""

    vault: str
    storage_class: str
    size_bytes: int


def for_lab(lab: Lab, *, plan: str) -> Promise:
    """This function will tell what a lab is promised that comes back because it enters `plan`."""
    return of(Job.objects.filter(lab=lab), plan=plan)


def of(jobs: Iterable[Job], *, plan: str) -> Promise:
    """This function will tell what is promised of those of the jobs that sleep; `plan` says which tiers are usual."""
    files = list(
        ArchivedFile.objects.at_rest()
        .filter(job__in=jobs, job__status=Status.ARCHIVED, job__deleted_at=None)
        .order_by("-job__finished_at", "job_id", "pk")
        .values_list("job_id", "vault", "storage_class", "size_bytes")
    )
    results: dict[object, list[_Sleeping]] = {}
    for job_id, vault, storage_class, size_bytes in files:
        sleeping = _Sleeping(vault=vault, storage_class=storage_class, size_bytes=size_bytes or 0)
        results.setdefault(job_id, []).append(sleeping)
    return Promise(
        results=len(results),
        files=len(files),
        size_bytes=sum(file.size_bytes for own in results.values() for file in own),
        offers=tuple(_offers(list(results.values()), plan=plan)) if results else (),
        prices_as_of=settings.PRICES_AS_OF,
    )


def _offers(results: list[list[_Sleeping]], *, plan: str) -> Iterable[Offer]:
    """This function will give the offers for results, newest first, each of which has some files."""
    usual = tiers.choose(plan=plan, count=len(results))
    yield _offer(None, _label(usual), [(file, tier) for own, tier in zip(results, usual, strict=True) for file in own])
    files = [file for own in results for file in own]
    known = {tier for file in files for tier in tiers.offered(file.storage_class)}
    for tier in Tier:
        if tier in known:
            yield _offer(tier, tier.label, [(file, tier) for file in files])


def _offer(tier: Tier | None, label: str, wanted: list[tuple[_Sleeping, Tier]]) -> Offer:
    sizes: dict[tuple[str, str, Tier], list[int]] = {}
    for file, asked in wanted:
        kind = (file.vault, file.storage_class, tiers.nearest(asked, storage_class=file.storage_class))
        sizes.setdefault(kind, []).append(file.size_bytes)
    spans = [eta.of_kind(vault=vault, storage_class=name, tier=nearest) for vault, name, nearest in sizes]
    prices = [costs.of(nearest, sizes=own, storage_class=name) for (_, name, nearest), own in sizes.items()]
    return Offer(
        tier=tier,
        label=label,
        expected=Span(low=max(span.low for span in spans), high=max(span.high for span in spans)),
        dollars=sum((price.dollars for price in prices), Decimal(0)),
    )


def _label(usual: list[Tier]) -> str:
    """This function will name the usual tiers: “Expedited”, or “Expedited for the 20 newest, Bulk for the rest”."""
    first, last = usual[0], usual[-1]
    if first is last:
        return first.label
    return f"{first.label} for the {usual.count(first)} newest, {last.label} for the rest"
