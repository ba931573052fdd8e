"""Of a lab that was several customers, or is one that was deleted, Stripe's answers are put together."""

from datetime import timedelta
from typing import Any

import pytest
import stripe
from django.db import transaction

from billing import entitlements, gateway
from billing.errors import StripeMissingError, StripeRefusedError
from billing.models import Basis, Customer
from genomics.users.limits import Plan
from tests.billing.world import DAY, World, adopt


def missing(*_ids: str) -> Any:
    raise StripeMissingError("No such object")


class TestDeleted:
    def test_is_forgotten_and_its_subscription_has_its_grace(self, world: World) -> None:
        world.subscribe()
        world.reconcile()
        world.sandbox.delete_customer(world.customer)
        entitlement = world.reconcile()
        assert (entitlement.plan, entitlement.customer_id) == (Plan.GRACE, "")
        until = entitlement.grace_until
        assert until is not None
        assert abs(until - world.now - 14 * DAY) < timedelta(minutes=1)
        assert world.reconcile(now=until).plan == Plan.FREE

    def test_is_not_asked_for_again(self, world: World) -> None:
        world.subscribe()
        world.sandbox.delete_customer(world.customer)
        until = world.reconcile().grace_until
        before = len(world.sandbox.calls)
        assert world.reconcile().grace_until == until
        assert len(world.sandbox.calls) == before

    def test_is_noticed_without_a_subscription_too(self, world: World) -> None:
        world.sandbox.delete_customer(world.customer)
        assert world.reconcile().customer_id == ""

    @pytest.mark.parametrize("by_id", [True, False])
    def test_has_its_grace_where_stripe_no_longer_lists(
        self, world: World, monkeypatch: pytest.MonkeyPatch, by_id: bool
    ) -> None:
        """This function will hold whatever Stripe still tells of the subscription of a customer that is gone."""
        world.subscribe()
        world.reconcile()
        world.sandbox.delete_customer(world.customer)
        monkeypatch.setattr(gateway, "subscription_objects", missing)
        if not by_id:
            monkeypatch.setattr(gateway, "subscription_object", missing)
        until = world.reconcile().grace_until
        assert until is not None
        assert abs(until - world.now - 14 * DAY) < timedelta(minutes=1)
        assert world.reconcile(now=world.now + 3 * DAY).grace_until == until
        assert world.reconcile(now=until).plan == Plan.FREE

    def test_has_no_grace_after_a_trial_even_then(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        world.subscribe(trial_days=14)
        world.reconcile()
        world.sandbox.delete_customer(world.customer)
        monkeypatch.setattr(gateway, "subscription_objects", missing)
        monkeypatch.setattr(gateway, "subscription_object", missing)
        assert world.reconcile().plan == Plan.FREE

    def test_of_test_data_that_were_wiped_is_gone(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("subscription_objects", "subscription_object", "identify"):
            monkeypatch.setattr(gateway, name, missing)
        assert world.reconcile().customer_id == ""


class TestSeveral:
    def _again(self, world: World) -> str:
        customer_id = stripe.Customer.create(metadata={"lab": str(world.lab.pk)}).id
        with transaction.atomic():
            adopt(world.lab, customer_id, now=world.now)
        return customer_id

    def test_the_best_counts(self, world: World) -> None:
        world.subscribe()
        world.reconcile()
        world.sandbox.delete_customer(world.customer)
        assert world.reconcile().plan == Plan.GRACE
        new = self._again(world)
        assert world.reconcile().plan == Plan.GRACE
        world.sandbox.person.pay(world.shop.checkout(customer=new).id)
        entitlement = world.reconcile()
        assert (entitlement.plan, entitlement.customer_id, entitlement.grace_until) == (Plan.PREMIUM, new, None)

    def test_one_that_was_replaced_has_ended_whatever_was_known_of_it(self, world: World) -> None:
        """This function will hold where a new customer is noted before anybody asked what became of the old one."""
        world.subscribe()
        world.reconcile()
        world.sandbox.delete_customer(world.customer)
        self._again(world)
        entitlement = world.reconcile()
        assert (entitlement.plan, entitlement.basis) == (Plan.GRACE, Basis.SUBSCRIPTION)

    def test_a_customer_is_one_lab(self, world: World) -> None:
        other = type(world.lab).objects.create(name="Other", email="other@lab.example")
        with pytest.raises(ValueError, match="was lab"), transaction.atomic():
            adopt(other, world.customer, now=world.now)

    def test_one_that_is_gone_never_comes_back(self, world: World) -> None:
        old = world.customer
        self._again(world)
        with pytest.raises(ValueError, match="was lab"), transaction.atomic():
            adopt(world.lab, old, now=world.now)

    def test_to_note_the_same_again_changes_nothing(self, world: World) -> None:
        before = Customer.objects.values().get()
        with transaction.atomic():
            entitlement = entitlements.locked(world.lab.pk)
            entitlements.adopt(entitlement, world.customer, now=world.now + DAY)
        assert Customer.objects.values().get() == before


class TestWrongKey:
    def test_for_tests_takes_nothing_away_from_who_pays(self, world: World) -> None:
        world.subscribe()
        world.reconcile()
        Customer.objects.update(livemode=True)
        with pytest.raises(StripeRefusedError, match="the key is one for tests"):
            world.reconcile()
        assert world.entitlement.plan == Plan.PREMIUM

    def test_that_is_live_counts_nothing_from_the_days_of_testing(self, world: World, settings: Any) -> None:
        world.subscribe()
        world.reconcile()
        settings.STRIPE_LIVE_MODE = True
        before = len(world.sandbox.calls)
        entitlement = world.reconcile()
        assert (entitlement.plan, entitlement.customer_id) == (Plan.FREE, "")
        assert world.reconcile().plan == Plan.FREE
        assert len(world.sandbox.calls) == before

    def test_of_another_live_account_takes_nothing_away(
        self, world: World, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.subscribe()
        world.reconcile()
        settings.STRIPE_LIVE_MODE = True
        Customer.objects.update(livemode=True)
        monkeypatch.setattr(gateway, "subscription_objects", missing)
        monkeypatch.setattr(gateway, "identify", missing)
        with pytest.raises(StripeRefusedError, match="not one of this Stripe account"):
            world.reconcile()
        assert (world.entitlement.plan, world.entitlement.customer_id) == (Plan.PREMIUM, world.customer)

    def test_a_customer_whose_subscriptions_are_not_told_takes_nothing_away(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.subscribe()
        world.reconcile()
        monkeypatch.setattr(gateway, "subscription_objects", missing)
        with pytest.raises(StripeRefusedError, match="does not tell"):
            world.reconcile()


class TestOthers:
    def test_what_else_the_account_sells_is_not_even_read(self, world: World) -> None:
        mug = stripe.Product.create(name="Mug club")
        price = stripe.Price.create(product=mug.id, unit_amount=100, currency="usd", recurring={"interval": "week"})
        world.subscribe(line_items=[{"price": price.id, "quantity": 1}])
        assert world.reconcile().plan == Plan.FREE
