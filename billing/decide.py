"""Which plan a lab is entitled to: a pure function of Stripe's facts, granted plans and the time.

It never looks at what was decided before, nor at the order in which news came: so a lost, late or doubled webhook
cannot lead it astray.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from billing.models import Basis
from billing.products import plan_of
from billing.values import Subscription, SubscriptionStatus
from genomics.users.limits import Plan


class GrantedPlan(Protocol):
    """A plan that an admin has given to a lab."""

    @property
    def plan(self) -> str: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def over_at(self) -> datetime | None: ...  # None: it does not end


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a lab is entitled to, and until when as far as it is known."""

    plan: Plan
    basis: Basis
    subscription: Subscription | None  # the one that the plan rests on; None: it rests on none
    ends_at: datetime | None  # the plan goes over into GRACE or FREE then; None: it goes on
    grace_until: datetime | None  # plan GRACE: FREE follows then; None: no grace, or one without end


_STRENGTH = {Plan.FREE: 0, Plan.GRACE: 1, Plan.PREMIUM: 2}
_FREE = Verdict(plan=Plan.FREE, basis=Basis.NOTHING, subscription=None, ends_at=None, grace_until=None)


def decide(
    subscriptions: Iterable[Subscription], grants: Iterable[GrantedPlan], *, now: datetime, grace: timedelta
) -> Verdict:
    """This function will give the best of what a lab's subscriptions and grants entitle it to at `now`.

    Of equal plans a subscription counts more than a trial and a trial more than a grant; of equal bases that which
    lasts longer. `grace` is how long results stay hot after the end.
    """
    verdicts = [
        _FREE,
        *(_of_subscription(one, now=now, grace=grace) for one in subscriptions),
        *(_of_grant(one, now=now, grace=grace) for one in grants),
    ]
    return max(verdicts, key=_rank)


def _of_subscription(subscription: Subscription, *, now: datetime, grace: timedelta) -> Verdict:
    plan = plan_of(subscription.price.product_id)
    if plan is None:
        return _FREE
    match subscription.status:
        case SubscriptionStatus.ACTIVE | SubscriptionStatus.TRIALING:
            is_trial = subscription.status == SubscriptionStatus.TRIALING
            return Verdict(
                plan=plan,
                basis=Basis.TRIAL if is_trial else Basis.SUBSCRIPTION,
                subscription=subscription,
                ends_at=subscription.cancel_at,
                grace_until=None,
            )
        case SubscriptionStatus.PAST_DUE | SubscriptionStatus.UNPAID:
            # What is not paid is the period that has begun.
            return _in_grace(subscription, until=subscription.period_start_at + grace, now=now)
        case SubscriptionStatus.CANCELED if subscription.ended_at and not subscription.ended_in_trial:
            # Whom Stripe gives up has had grace while it tried to be paid.
            since = subscription.period_start_at if subscription.was_given_up else subscription.ended_at
            return _in_grace(subscription, until=since + grace, now=now)
        case _:  # never paid, paused, or a trial that ended
            return _FREE


def _in_grace(subscription: Subscription, *, until: datetime, now: datetime) -> Verdict:
    if now >= until:
        return _FREE
    return Verdict(
        plan=Plan.GRACE, basis=Basis.SUBSCRIPTION, subscription=subscription, ends_at=None, grace_until=until
    )


def _of_grant(grant: GrantedPlan, *, now: datetime, grace: timedelta) -> Verdict:
    """This function will give what a grant is worth; a granted PREMIUM ends with a time of grace, as a paid one."""
    plan, over_at = Plan(grant.plan), grant.over_at
    if now < grant.starts_at or (over_at and over_at <= grant.starts_at):  # not yet, or revoked before it began
        return _FREE
    if over_at is None or now < over_at:
        until = over_at if plan == Plan.GRACE else None
        ends_at = over_at if plan == Plan.PREMIUM else None
    elif plan == Plan.PREMIUM and now < over_at + grace:
        plan, until, ends_at = Plan.GRACE, over_at + grace, None
    else:
        return _FREE
    return Verdict(plan=plan, basis=Basis.GRANT, subscription=None, ends_at=ends_at, grace_until=until)


def _rank(verdict: Verdict) -> tuple[int, int, float, str]:
    last = verdict.ends_at or verdict.grace_until
    return (
        _STRENGTH[verdict.plan],
        list(Basis).index(verdict.basis),
        last.timestamp() if last else float("inf"),
        verdict.subscription.id if verdict.subscription else "",
    )
