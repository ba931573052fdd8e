"""The decision is pure: it depends on nothing but Stripe's facts, the grants and the time."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.decide import Verdict, decide
from billing.models import Basis
from billing.products import PRODUCT_ID
from billing.values import Interval, Money, Price, Subscription, SubscriptionStatus
from genomics.users.limits import Plan

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
GRACE = timedelta(days=14)
DAY = timedelta(days=1)
STRENGTH = [Plan.FREE, Plan.GRACE, Plan.PREMIUM]
_PRICE = Price(
    id="price_1",
    product_id=PRODUCT_ID,
    lookup_key="premium_monthly",
    money=Money(amount=9900, currency="usd"),
    interval=Interval.MONTH,
)
_ACTIVE = Subscription(
    id="sub_1",
    customer_id="cus_1",
    status=SubscriptionStatus.ACTIVE,
    price=_PRICE,
    created_at=NOW - 10 * DAY,
    period_start_at=NOW - 10 * DAY,
    period_end_at=NOW + 20 * DAY,
    cancel_at=None,
    ended_at=None,
    trial_end_at=None,
    was_given_up=False,
    latest_invoice_id=None,
    test_clock_id=None,
)
_CANCELED = replace(_ACTIVE, status=SubscriptionStatus.CANCELED, ended_at=NOW - DAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grant:
    plan: str
    starts_at: datetime
    over_at: datetime | None


def _decide(*subscriptions: Subscription, grants: list[_Grant] | None = None, now: datetime = NOW) -> Verdict:
    return decide(subscriptions, grants or [], now=now, grace=GRACE)


class TestDecide:
    def test_gives_nothing_for_nothing(self) -> None:
        verdict = _decide()
        assert (verdict.plan, verdict.basis, verdict.subscription) == (Plan.FREE, Basis.NOTHING, None)

    @pytest.mark.parametrize(
        ("status", "plan", "basis"),
        [
            (SubscriptionStatus.ACTIVE, Plan.PREMIUM, Basis.SUBSCRIPTION),
            (SubscriptionStatus.TRIALING, Plan.PREMIUM, Basis.TRIAL),
            (SubscriptionStatus.PAST_DUE, Plan.GRACE, Basis.SUBSCRIPTION),
            (SubscriptionStatus.UNPAID, Plan.GRACE, Basis.SUBSCRIPTION),
            (SubscriptionStatus.INCOMPLETE, Plan.FREE, Basis.NOTHING),
            (SubscriptionStatus.INCOMPLETE_EXPIRED, Plan.FREE, Basis.NOTHING),
            (SubscriptionStatus.PAUSED, Plan.FREE, Basis.NOTHING),
        ],
    )
    def test_follows_the_status(self, status: SubscriptionStatus, plan: Plan, basis: Basis) -> None:
        verdict = _decide(replace(_ACTIVE, status=status))
        assert (verdict.plan, verdict.basis) == (plan, basis)

    def test_counts_the_grace_of_a_payment_from_the_period_that_is_not_paid(self) -> None:
        due = replace(_ACTIVE, status=SubscriptionStatus.PAST_DUE)
        assert _decide(due).grace_until == due.period_start_at + GRACE
        assert _decide(due, now=due.period_start_at + GRACE - timedelta(seconds=1)).plan == Plan.GRACE
        assert _decide(due, now=due.period_start_at + GRACE).plan == Plan.FREE

    def test_counts_the_grace_of_an_end_from_the_end(self) -> None:
        assert _decide(_CANCELED).grace_until == NOW - DAY + GRACE
        assert _decide(_CANCELED, now=NOW - DAY + GRACE).plan == Plan.FREE

    def test_gives_no_second_grace_when_stripe_gives_up(self) -> None:
        given_up = replace(_CANCELED, was_given_up=True)
        assert (
            _decide(given_up).grace_until == _decide(replace(given_up, status=SubscriptionStatus.PAST_DUE)).grace_until
        )
        assert _decide(given_up, now=given_up.period_start_at + GRACE).plan == Plan.FREE

    def test_gives_no_grace_after_a_trial(self) -> None:
        assert _decide(replace(_CANCELED, trial_end_at=NOW + DAY)).plan == Plan.FREE
        assert _decide(replace(_CANCELED, trial_end_at=NOW - 2 * DAY)).plan == Plan.GRACE

    def test_says_when_a_subscription_ends_and_keeps_it_until_then(self) -> None:
        verdict = _decide(replace(_ACTIVE, cancel_at=NOW + 20 * DAY))
        assert (verdict.plan, verdict.ends_at) == (Plan.PREMIUM, NOW + 20 * DAY)

    def test_does_not_count_what_else_the_account_sells(self) -> None:
        assert _decide(replace(_ACTIVE, price=replace(_PRICE, product_id="prod_mug"))).plan == Plan.FREE

    def test_takes_a_new_subscription_over_the_grace_of_an_old_one(self) -> None:
        new = replace(_ACTIVE, id="sub_2")
        assert _decide(_CANCELED, new).subscription == new

    def test_takes_a_subscription_over_a_trial_and_a_trial_over_a_grant(self) -> None:
        grant = _Grant(plan=Plan.PREMIUM, starts_at=NOW - DAY, over_at=None)
        trial = replace(_ACTIVE, id="sub_2", status=SubscriptionStatus.TRIALING)
        assert _decide(_ACTIVE, trial, grants=[grant]).basis == Basis.SUBSCRIPTION
        assert _decide(trial, grants=[grant]).basis == Basis.TRIAL
        assert _decide(_CANCELED, grants=[grant]).basis == Basis.GRANT

    def test_lets_a_granted_plan_begin_and_end_with_grace(self) -> None:
        grant = _Grant(plan=Plan.PREMIUM, starts_at=NOW, over_at=NOW + DAY)
        plans = [
            _decide(grants=[grant], now=now).plan
            for now in (NOW - DAY, NOW, NOW + DAY, NOW + DAY + GRACE - timedelta(seconds=1), NOW + DAY + GRACE)
        ]
        assert plans == [Plan.FREE, Plan.PREMIUM, Plan.GRACE, Plan.GRACE, Plan.FREE]

    def test_gives_nothing_for_a_grant_that_was_revoked_before_it_began(self) -> None:
        grant = _Grant(plan=Plan.PREMIUM, starts_at=NOW, over_at=NOW - DAY)
        assert _decide(grants=[grant], now=NOW + DAY).plan == Plan.FREE

    def test_gives_a_granted_grace_no_further_grace(self) -> None:
        grant = _Grant(plan=Plan.GRACE, starts_at=NOW - DAY, over_at=NOW + DAY)
        assert _decide(grants=[grant]).grace_until == NOW + DAY
        assert _decide(grants=[grant], now=NOW + DAY).plan == Plan.FREE


_moments = st.integers(-60, 60).map(lambda days: NOW + days * DAY)
_maybe_moments = st.none() | _moments


@st.composite
def _subscriptions(draw: st.DrawFn) -> Subscription:
    status = draw(st.sampled_from(SubscriptionStatus))
    start = draw(_moments)
    return replace(
        _ACTIVE,
        id=f"sub_{draw(st.integers(0, 10**6))}",
        status=status,
        period_start_at=start,
        period_end_at=start + 30 * DAY,
        cancel_at=draw(_maybe_moments),
        ended_at=draw(_moments) if status == SubscriptionStatus.CANCELED else None,
        trial_end_at=draw(_maybe_moments),
        was_given_up=draw(st.booleans()),
    )


@st.composite
def _grants(draw: st.DrawFn) -> _Grant:
    starts_at = draw(_moments)
    days = draw(st.none() | st.integers(-30, 60))
    plan = draw(st.sampled_from([Plan.PREMIUM, Plan.GRACE]))
    return _Grant(plan=plan, starts_at=starts_at, over_at=None if days is None else starts_at + days * DAY)


_histories = st.lists(_subscriptions(), max_size=5, unique_by=lambda one: one.id)


class TestProperties:
    @given(_histories, st.lists(_grants(), max_size=3), st.randoms(use_true_random=False))
    def test_the_order_never_matters(
        self, subscriptions: list[Subscription], grants: list[_Grant], random: object
    ) -> None:
        before = _decide(*subscriptions, grants=grants)
        random.shuffle(subscriptions)  # type: ignore[attr-defined]
        random.shuffle(grants)  # type: ignore[attr-defined]
        assert _decide(*subscriptions, grants=grants) == before

    @given(_histories, st.lists(_grants(), max_size=3))
    def test_what_is_told_twice_counts_once(self, subscriptions: list[Subscription], grants: list[_Grant]) -> None:
        once = _decide(*subscriptions, grants=grants)
        assert _decide(*subscriptions, *subscriptions, grants=grants + grants) == once

    @given(_histories, _subscriptions(), st.lists(_grants(), max_size=2))
    def test_more_never_entitles_to_less(
        self, subscriptions: list[Subscription], more: Subscription, grants: list[_Grant]
    ) -> None:
        before, after = _decide(*subscriptions, grants=grants), _decide(*subscriptions, more, grants=grants)
        assert STRENGTH.index(after.plan) >= STRENGTH.index(before.plan)

    @given(_histories, st.integers(0, 120))
    def test_time_alone_never_entitles_to_more(self, subscriptions: list[Subscription], days: int) -> None:
        now, later = _decide(*subscriptions), _decide(*subscriptions, now=NOW + days * DAY)
        assert STRENGTH.index(later.plan) <= STRENGTH.index(now.plan)

    @given(_histories, st.lists(_grants(), max_size=3))
    def test_grace_always_has_a_date_ahead_unless_an_admin_gave_none(
        self, subscriptions: list[Subscription], grants: list[_Grant]
    ) -> None:
        verdict = _decide(*subscriptions, grants=grants)
        if verdict.plan == Plan.GRACE and verdict.basis == Basis.SUBSCRIPTION:
            assert verdict.grace_until is not None
            assert verdict.grace_until > NOW

    @given(_histories, st.lists(_grants(), max_size=3))
    def test_nothing_changes_before_the_moment_that_it_names(
        self, subscriptions: list[Subscription], grants: list[_Grant]
    ) -> None:
        begun = [grant for grant in grants if grant.starts_at <= NOW]
        verdict = _decide(*subscriptions, grants=begun)
        next_change = min((moment for moment in (verdict.ends_at, verdict.grace_until) if moment), default=None)
        if next_change and next_change > NOW:
            assert _decide(*subscriptions, grants=begun, now=next_change - timedelta(seconds=1)).plan == verdict.plan
