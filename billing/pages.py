"""What the pages of billing show, put together from our rows and the mirror: Stripe is not asked here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from archive import progress
from archive.progress import Progress
from archive.promises import Promise
from billing import mirror
from billing.models import Effect, EntitlementChange
from billing.products import OFFERS, PRODUCT_ID
from billing.values import Interval, Invoice, Money, Price, Refund
from genomics.users.limits import Limits, Plan, limits_of
from genomics.users.models import Lab, User
from jobs.models import ARCHIVABLE, RESTING, WITH_RESULT, Job, ResultFile, Status
from jobs.spans import Span

_MONTHS = 12
_CHANGES = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One way to pay, as it is offered."""

    lookup_key: str
    interval: Interval
    money: Money | None  # None: the mirror knows no price
    monthly: Money | None  # what a year comes to by the month; None: it is paid by the month, or not known
    saving: int  # percent, compared with paying by the month; 0: none, or not known


def choices() -> list[Choice]:
    """This function will give the ways to pay, in the order of the products. It costs one query."""
    prices = mirror.prices_of(PRODUCT_ID)
    by_month = next((prices.get(one.lookup_key) for one in OFFERS if one.interval == Interval.MONTH), None)
    return [_choice(one.lookup_key, one.interval, prices.get(one.lookup_key), by_month) for one in OFFERS]


def _choice(lookup_key: str, interval: Interval, price: Price | None, by_month: Price | None) -> Choice:
    monthly, saving = None, 0
    if price and interval == Interval.YEAR:
        monthly = Money(amount=round(price.money.amount / _MONTHS), currency=price.money.currency)
        if by_month and by_month.money.amount and by_month.money.currency == price.money.currency:
            saving = max(0, int(100 - 100 * price.money.amount / (_MONTHS * by_month.money.amount)))
    money = price.money if price else None
    return Choice(lookup_key=lookup_key, interval=interval, money=money, monthly=monthly, saving=saving)


def nothing(offered: Sequence[Choice]) -> Money:
    """This function will give no money at all, in the currency of what is offered."""
    return Money(amount=0, currency=next((one.money.currency for one in offered if one.money), "usd"))


def plans() -> dict[str, Limits]:
    """This function will give what the plans allow that people choose between, by name in lower case."""
    return {plan.lower(): limits_of(plan) for plan in (Plan.FREE, Plan.PREMIUM)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a lab uses of its plan now."""

    running: int
    waiting: int
    hot: int  # results
    hot_bytes: int
    archived: int  # results, on their way back included
    archived_bytes: int


def usage(lab: Lab) -> Usage:
    """This function will count a lab's jobs, results and bytes. It costs two queries."""
    own = Job.objects.filter(lab=lab, deleted_at=None)
    jobs = own.aggregate(
        running=Count("pk", filter=Q(status=Status.RUNNING)),
        waiting=Count("pk", filter=Q(status=Status.PENDING)),
        archived=Count("pk", filter=Q(status__in=RESTING)),
        results=Count("pk", filter=Q(status__in=WITH_RESULT)),
    )
    rests = Q(kind__in=ARCHIVABLE, job__status__in=RESTING)
    files = ResultFile.objects.filter(job__lab=lab, job__deleted_at=None, job__status__in=WITH_RESULT).aggregate(
        hot_bytes=Coalesce(Sum("size_bytes", filter=~rests), 0),
        archived_bytes=Coalesce(Sum("size_bytes", filter=rests), 0),
    )
    return Usage(hot=jobs.pop("results") - jobs["archived"], **jobs, **files)


Paper = Invoice | Refund


def papers(customer_id: str) -> list[Paper]:
    """This function will give invoices and refunds of a customer, newest first."""
    if not customer_id:
        return []
    found: list[Paper] = [*_invoices(customer_id), *mirror.refunds_of(customer_id)]
    return sorted(found, key=_date, reverse=True)


def _invoices(customer_id: str) -> list[Invoice]:
    """This function will give a customer's invoices; nobody is asked to pay for a subscription that is over.

    Stripe leaves such an invoice open and collects it no more. Paying it would bring nothing back.
    """
    found = mirror.invoices_of(customer_id)
    if not any(one.status == "open" for one in found):
        return found
    ended = mirror.ended_subscriptions_of(customer_id)
    return [
        replace(one, status="uncollectible") if one.status == "open" and one.subscription_id in ended else one
        for one in found
    ]


def _date(paper: Paper) -> datetime:
    return paper.created_at if isinstance(paper, Invoice) else paper.paid_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One change of what a lab is entitled to, as an owner reads it."""

    plan_before: str
    plan: str
    by: str
    reason: str
    at: datetime


def history(lab: Lab, *, reader: User) -> list[Line]:
    """This function will give the latest changes, the latest first."""
    changes = list(EntitlementChange.objects.filter(lab=lab).order_by("-version")[:_CHANGES])
    names = _names(changes, reader=reader)
    return [
        Line(
            plan_before=change.get_plan_before_display(),
            plan=change.get_plan_display(),
            by=names.get(change.actor, _ACTORS.get(change.actor.partition(":")[0], "the system")),
            reason=change.reason,
            at=change.created_at,
        )
        for change in changes
    ]


_ACTORS = {"billing": "Stripe", "sweep": "the clock", "admin": "an administrator", "user": "somebody who has gone"}


def _names(changes: Iterable[EntitlementChange], *, reader: User) -> dict[str, str]:
    """This function will name the users who acted."""
    ids = {change.actor.removeprefix("user:") for change in changes if change.actor.startswith("user:")}
    users = User.objects.filter(pk__in={int(one) for one in ids if one.isdecimal()}).values_list("pk", "email")
    return {f"user:{pk}": "you" if pk == reader.pk else email for pk, email in users}


def returning(lab: Lab, *, now: datetime) -> Progress | None:
    """This function will tell how far the results of a PREMIUM lab have come back; None: of any other lab."""
    if lab.plan != Plan.PREMIUM:
        return None
    entered = EntitlementChange.objects.filter(lab=lab, plan=Plan.PREMIUM).exclude(plan_before=Plan.PREMIUM)
    latest = entered.order_by("-version").values("version")[:1]
    # The recall began when the plan took effect, by the same clock. The change may have been written by a later one:
    # of another process, or one that was moved at Stripe.
    effects = Effect.objects.filter(lab=lab, version__gte=Subquery(latest), applied_at__isnull=False)
    since = effects.order_by("version").values_list("applied_at", flat=True).first() or lab.created_at
    return progress.of(lab, since=since, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way in which what rests can come back, with the times between which the last of it is there."""

    label: str
    earliest: datetime
    latest: datetime
    expected: Span
    cost: str  # in US dollars, paid by whoever runs the site

    @property
    def is_within_a_day(self) -> bool:
        """Whether both moments have the same date, where the reader is."""
        return timezone.localdate(self.earliest) == timezone.localdate(self.latest)


def ways(promise: Promise, *, now: datetime) -> list[Way]:
    """This function will put dates on a promise: the usual way first, and of the others those that differ from it."""
    return [
        Way(
            label=offer.label,
            earliest=now + timedelta(seconds=offer.expected.low),
            latest=now + timedelta(seconds=offer.expected.high),
            expected=offer.expected,
            cost=offer.cost,
        )
        for offer in promise.offers
        if offer is promise.usual or offer.label != promise.offers[0].label
    ]


def trial_days() -> int:
    return int(settings.BILLING_TRIAL_DAYS)
