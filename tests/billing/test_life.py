"""A lab's whole way through Stripe, told by webhooks: right at each step, and brought back once each time."""

from datetime import timedelta

import pytest
import stripe

from archive.models import Recall
from billing.models import EntitlementChange, Payment
from genomics.users.limits import Plan
from tests.billing.world import ASKS_ALWAYS, DAY, World


@pytest.fixture
def lab(world: World) -> World:
    world.listen()
    return world


def recalls() -> int:
    return Recall.objects.count()


class TestLife:
    def test_subscribes_stops_paying_and_pays_again(self, lab: World) -> None:
        lab.subscribe()
        assert (lab.settle(), recalls()) == (Plan.PREMIUM, 1)
        lab.sandbox.fail_card(lab.customer)
        lab.sandbox.renew(lab.customer)
        assert (lab.settle(), lab.entitlement.payment) == (Plan.GRACE, Payment.FAILED)
        until = lab.entitlement.grace_until
        assert until is not None
        assert lab.sweep(now=until) == Plan.FREE
        lab.sandbox.mend_card(lab.customer)
        lab.sandbox.person.pay_invoice(lab.entitlement.invoice_id)
        lab.deliver()
        assert lab.sweep(now=until + timedelta(minutes=10)) == Plan.PREMIUM
        assert (lab.entitlement.payment, recalls()) == (Payment.NOTHING, 2)

    def test_is_given_up_by_stripe_after_all_tries(self, lab: World) -> None:
        lab.subscribe()
        lab.settle()
        lab.sandbox.fail_card(lab.customer)
        lab.sandbox.renew(lab.customer)
        lab.advance(40 * DAY)
        assert lab.settle() == Plan.FREE
        assert lab.entitlement.payment == Payment.NOTHING

    def test_has_one_grace_whether_stripe_tries_or_has_given_up(self, lab: World) -> None:
        lab.subscribe()
        lab.settle()
        lab.sandbox.fail_card(lab.customer)
        lab.sandbox.renew(lab.customer)
        lab.settle()
        until = lab.entitlement.grace_until
        assert until is not None
        lab.advance(until - lab.now - timedelta(minutes=1))
        assert (lab.settle(), lab.entitlement.grace_until) == (Plan.GRACE, until)
        lab.advance(8 * DAY)
        assert lab.settle() == Plan.FREE
        assert lab.shop.subscription().status == "canceled"
        plans = EntitlementChange.objects.order_by("version").values_list("plan", flat=True)
        assert list(plans) == [Plan.PREMIUM, Plan.GRACE, Plan.FREE]

    def test_has_to_ask_the_bank(self, lab: World) -> None:
        lab.subscribe(card=ASKS_ALWAYS)
        assert lab.settle() == Plan.PREMIUM
        lab.sandbox.renew(lab.customer)
        assert (lab.settle(), lab.entitlement.payment) == (Plan.GRACE, Payment.ACTION_REQUIRED)
        lab.sandbox.person.pay_invoice(lab.entitlement.payment_url, authenticate=True)
        assert lab.settle() == Plan.PREMIUM

    def test_cancels_thinks_better_of_it_and_cancels_again(self, lab: World) -> None:
        subscription = lab.subscribe()
        lab.settle()
        for ends in (True, False, True):
            stripe.Subscription.modify(subscription.id, cancel_at_period_end=ends)
            assert lab.settle() == Plan.PREMIUM
            assert (lab.entitlement.ends_at is not None) is ends
        lab.advance(31 * DAY)
        assert lab.settle() == Plan.GRACE
        assert lab.sweep(now=lab.now + 15 * DAY) == Plan.FREE
        assert (recalls(), EntitlementChange.objects.count()) == (1, 3)

    def test_subscribes_again_within_its_grace(self, lab: World) -> None:
        lab.sandbox.cancel(lab.subscribe().id)
        assert lab.settle() == Plan.GRACE
        lab.subscribe()
        assert lab.settle() == Plan.PREMIUM
        lab.advance(20 * DAY)
        assert lab.sweep() == Plan.PREMIUM

    def test_tries_and_leaves(self, lab: World) -> None:
        lab.sandbox.cancel(lab.subscribe(trial_days=14).id)
        assert lab.settle() == Plan.FREE
        assert lab.entitlement.trial_used_at is not None

    def test_goes_from_month_to_year(self, lab: World) -> None:
        subscription = lab.subscribe()
        lab.settle()
        item = subscription["items"].data[0].id
        stripe.Subscription.modify(subscription.id, items=[{"id": item, "price": lab.shop.yearly}])
        assert lab.settle() == Plan.PREMIUM
        assert (lab.entitlement.lookup_key, lab.entitlement.version, recalls()) == ("premium_yearly", 1, 1)

    def test_is_refunded_and_deleted(self, lab: World) -> None:
        lab.subscribe()
        lab.settle()
        lab.sandbox.refund(lab.customer)
        assert lab.settle() == Plan.PREMIUM
        lab.sandbox.delete_customer(lab.customer)
        assert lab.settle() == Plan.GRACE
        assert lab.entitlement.customer_id == ""


class TestChaos:
    @pytest.mark.parametrize("switches", [{"duplicate": True}, {"reorder": True}, {"duplicate": True, "reorder": True}])
    def test_of_deliveries_changes_nothing(self, lab: World, switches: dict[str, bool]) -> None:
        lab.sandbox.set_chaos(**switches)
        subscription = lab.subscribe()
        assert lab.settle() == Plan.PREMIUM
        stripe.Subscription.modify(subscription.id, cancel_at_period_end=True)
        lab.advance(31 * DAY)
        assert lab.settle() == Plan.GRACE
        assert (recalls(), EntitlementChange.objects.count()) == (1, 2)

    def test_an_event_that_comes_after_its_time_brings_nothing_back(self, lab: World) -> None:
        """This function will tell of the beginning once more when all is over."""
        subscription = lab.subscribe()
        lab.settle()
        lab.sandbox.cancel(subscription.id)
        lab.settle()
        old = next(one for one in lab.sandbox.events if one["type"] == "customer.subscription.created")
        lab.sandbox.emit("customer.subscription.updated", old["data"]["object"])
        assert lab.settle() == Plan.GRACE
        assert EntitlementChange.objects.count() == 2

    def test_what_is_never_delivered_is_found_by_any_later_event(self, lab: World) -> None:
        lab.sandbox.set_chaos(drop=1)
        subscription = lab.subscribe()
        assert lab.settle() == Plan.FREE
        lab.sandbox.set_chaos(drop=0)
        stripe.Subscription.modify(subscription.id, cancel_at_period_end=True)
        assert lab.settle() == Plan.PREMIUM
