from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import stripe

from billing import duplicates, gateway
from billing.values import Subscription, SubscriptionStatus, parse_subscription
from tests.billing.sandbox.fixtures import Shop
from tests.billing.world import World

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def _now(shop: Shop) -> datetime:
    return datetime.fromtimestamp(shop.sandbox.now(shop.customer), UTC)


def _alive(shop: Shop) -> list[str]:
    return [one.id for one in stripe.Subscription.list(customer=shop.customer).data]


class TestSettle:
    def test_gives_back_and_ends_the_later_one(self, shop: Shop) -> None:
        first = shop.subscribe()
        shop.sandbox.advance(shop.customer, by=timedelta(minutes=1))
        second = shop.subscribe()
        assert [one.id for one in duplicates.settle(shop.customer, now=_now(shop))] == [second.id]
        assert _alive(shop) == [first.id]
        (refund,) = stripe.Refund.list().data
        assert (refund.amount, refund.reason) == (9_900, "duplicate")

    def test_twice_is_as_once(self, shop: Shop) -> None:
        shop.subscribe()
        shop.subscribe()
        for _ in range(2):
            duplicates.settle(shop.customer, now=_now(shop))
        assert len(stripe.Refund.list().data) == 1

    def test_goes_on_where_it_was_killed(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        shop.subscribe()
        shop.subscribe()

        def die(_: str, *, key: str) -> Subscription:
            raise KeyboardInterrupt(key)

        with monkeypatch.context() as deadly:
            deadly.setattr(gateway, "cancel_subscription", die)
            with pytest.raises(KeyboardInterrupt):
                duplicates.settle(shop.customer, now=_now(shop))
        assert len(_alive(shop)) == 2
        duplicates.settle(shop.customer, now=_now(shop))
        assert len(_alive(shop)) == 1
        assert len(stripe.Refund.list().data) == 1

    def test_of_trials_there_is_nothing_to_give_back(self, shop: Shop) -> None:
        for _ in range(2):
            shop.subscribe(subscription_data={"trial_period_days": 14})
        assert len(duplicates.settle(shop.customer, now=_now(shop))) == 1
        assert stripe.Refund.list().data == []

    def test_leaves_one_alone(self, shop: Shop) -> None:
        shop.subscribe()
        assert duplicates.settle(shop.customer, now=_now(shop)) == []

    def test_asks_nobody_when_reconcile_was_told_of_one(self, world: World) -> None:
        world.subscribe()
        world.reconcile()
        before = len(world.sandbox.calls)
        assert duplicates.settle(world.customer, now=world.now) == []
        assert len(world.sandbox.calls) == before

    def test_leaves_what_is_old_to_people(self, shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
        shop.subscribe()
        shop.subscribe()
        assert duplicates.settle(shop.customer, now=_now(shop) + 2 * DAY) == []
        assert len(_alive(shop)) == 2
        assert "beside another subscription" in caplog.text


class TestSurplus:
    def test_keeps_what_is_paid(self, shop: Shop) -> None:
        one = parse_subscription(shop.subscribe().to_dict(for_json=True))
        owing = replace(one, id="sub_old", status=SubscriptionStatus.PAST_DUE, created_at=one.created_at - DAY)
        ended = replace(one, id="sub_ended", status=SubscriptionStatus.CANCELED)
        assert duplicates.surplus([ended, owing, one]) == [owing]
