"""Whatever was lost between Stripe and us is found in the night, healed, and reported."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import stripe

from billing import comparing, gateway
from billing.models import Comparison, EntitlementChange, News
from billing.reconcile import reconcile
from genomics import locks
from genomics.users.limits import Plan
from genomics.users.models import Lab, User
from tests.billing.world import DAY, World

LATER = timedelta(minutes=20)  # when nothing is on its way any more


@pytest.fixture(autouse=True)
def _no_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing.mirror, "refresh", lambda customer_id: None)  # type: ignore[attr-defined]


def clock(world: World) -> Callable[[], datetime]:
    return lambda: world.now + LATER


def compare(world: World) -> Comparison:
    report = comparing.compare(clock=clock(world))
    assert report is not None
    return report


class TestCompare:
    def test_finds_nothing_where_all_is_right(self, world: World, caplog: pytest.LogCaptureFixture) -> None:
        world.subscribe()
        world.reconcile()
        world.work()
        before = len(world.sandbox.calls)
        report = compare(world)
        assert (report.labs, report.customers, report.drift, report.failed) == (1, 1, [], 0)
        assert report.ended_at is not None
        asked = [call.path for call in world.sandbox.calls[before:] if "test_clock" not in call.path]
        assert asked == ["/v1/subscriptions", "/v1/events"]
        assert not [record for record in caplog.records if record.levelno >= logging.ERROR]

    def test_heals_and_reports_what_was_never_heard(self, world: World, caplog: pytest.LogCaptureFixture) -> None:
        world.subscribe()
        report = compare(world)
        (drift,) = report.drift
        assert drift["lab"] == str(world.lab.pk)
        assert (drift["was"]["entitled_to"], drift["is"]["entitled_to"]) == ("FREE", "PREMIUM")
        assert EntitlementChange.objects.get().actor == "sweep"
        assert "1 of 1 labs were not what Stripe says" in caplog.text
        world.work()
        assert world.plan == Plan.PREMIUM
        assert compare(world).drift == []

    def test_goes_by_the_time_that_was_moved_for_a_customer(self, world: World) -> None:
        world.subscribe()
        world.sandbox.cancel(world.sandbox.objects("subscription")[0]["id"])
        world.reconcile()
        wall = world.now
        world.advance(20 * DAY)  # and nobody hears of it
        report = comparing.compare(clock=lambda: wall + LATER)
        assert report is not None
        assert [(one["was"]["entitled_to"], one["is"]["entitled_to"]) for one in report.drift] == [("GRACE", "FREE")]

    def test_finds_a_lab_whose_plan_was_changed_behind_our_back(self, world: World) -> None:
        world.subscribe()
        world.reconcile()
        world.work()
        Lab.objects.filter(pk=world.lab.pk).update(plan=Plan.FREE)
        (drift,) = compare(world).drift
        assert (drift["was"]["plan"], drift["is"]["version"]) == ("FREE", 2)
        world.work()
        assert world.plan == Plan.PREMIUM

    def test_finds_a_lab_that_has_a_plan_and_nothing_that_entitles_it(self, world: World, stranger: User) -> None:
        Lab.objects.of(stranger).update(plan=Plan.PREMIUM)
        (drift,) = compare(world).drift
        assert drift["is"]["entitled_to"] == "FREE"
        world.work()
        assert Lab.objects.of(stranger)[0].plan == Plan.FREE

    def test_reports_nothing_that_was_right_before_it_came_to_it(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """This function will let a lab subscribe, and be reconciled, after the list was fetched."""
        world.subscribe()
        world.reconcile()
        world.work()
        monkeypatch.setattr(gateway, "all_subscription_objects", lambda: iter(()))
        report = compare(world)
        assert (report.drift, world.entitlement.version) == ([], 1)

    def test_leaves_alone_what_is_about_to_be_changed(self, world: World) -> None:
        world.subscribe()
        News.objects.create(pk=world.customer, heard=1, heard_at=world.now + LATER)
        assert compare(world).drift == []
        assert world.entitlement.plan == Plan.FREE

    def test_does_not_wait_for_ever_for_what_is_about_to_be_changed(self, world: World) -> None:
        world.subscribe()
        News.objects.create(pk=world.customer, heard=1, heard_at=world.now - DAY)
        assert len(compare(world).drift) == 1

    def test_works_where_billing_is_off(self, world: World, settings: Any) -> None:
        settings.BILLING_MODE = "off"
        before = len(world.sandbox.calls)
        report = compare(world)
        assert (report.labs, report.drift) == (1, [])
        assert len(world.sandbox.calls) == before

    def test_is_done_by_one_at_a_time(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        class Held:
            def __enter__(self) -> bool:
                return False

            def __exit__(self, *_error: object) -> None:
                return None

        monkeypatch.setattr(locks, "alone", lambda name: Held())
        assert comparing.compare(clock=clock(world)) is None
        assert not Comparison.objects.exists()


class TestFaults:
    def test_one_lab_that_fails_keeps_no_other_from_being_healed(
        self, world: World, stranger: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.subscribe()
        Lab.objects.of(stranger).update(plan=Plan.PREMIUM)
        bad = Lab.objects.of(stranger)[0].pk

        def fail(lab_id: object, **fields: Any) -> object:
            if lab_id == bad:
                raise RuntimeError
            return reconcile(lab_id, **fields)  # type: ignore[arg-type]

        monkeypatch.setattr(comparing, "reconcile", fail)
        report = compare(world)
        assert (report.failed, len(report.drift), report.labs) == (1, 1, 2)
        assert world.entitlement.plan == Plan.PREMIUM

    def test_stripe_being_away_leaves_the_report_open(self, world: World) -> None:
        world.subscribe()
        world.sandbox.set_chaos(error_share=1)
        assert compare(world).ended_at is None
        world.sandbox.set_chaos(error_share=0)
        assert compare(world).ended_at is not None
        assert Comparison.objects.count() == 1

    def test_a_run_that_was_cut_off_is_gone_on_with(
        self, world: World, stranger: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(comparing, "_BATCH", 1)
        Lab.objects.of(stranger).update(plan=Plan.PREMIUM)
        looked: list[Any] = []
        look = comparing._is_as_it_should_be

        def noting(lab: Lab, *arguments: Any, **fields: Any) -> bool:
            if len(looked) == 1:
                looked.append(None)
                raise KeyboardInterrupt
            looked.append(lab.pk)
            return look(lab, *arguments, **fields)

        monkeypatch.setattr(comparing, "_is_as_it_should_be", noting)
        with pytest.raises(KeyboardInterrupt):
            compare(world)
        report = compare(world)
        assert report.labs == 2
        assert Comparison.objects.count() == 1
        assert len(set(looked) - {None}) == 2

    def test_other_things_that_the_account_sells_do_no_harm(self, world: World) -> None:
        mug = stripe.Product.create(name="Mug club")
        weekly = stripe.Price.create(product=mug.id, unit_amount=100, currency="usd", recurring={"interval": "week"})
        world.subscribe(line_items=[{"price": weekly.id, "quantity": 1}])
        report = compare(world)
        assert (report.drift, report.failed) == ([], 0)


class TestStrangers:
    def _pay(self, world: World, **metadata: str) -> str:
        customer = stripe.Customer.create(metadata=metadata)
        session = world.shop.checkout(customer=customer.id)
        world.sandbox.person.pay(session.id)
        return customer.id

    def test_who_pay_and_are_no_lab_are_reported(self, world: World, caplog: pytest.LogCaptureFixture) -> None:
        customer_id = self._pay(world)
        assert compare(world).drift == [{"customer": customer_id, "lab": None}]
        assert f"Customer {customer_id} pays, and is not known to be a lab" in caplog.text

    def test_who_are_a_lab_get_what_they_pay_for(self, world: World, stranger: User) -> None:
        lab = Lab.objects.of(stranger)[0]
        customer_id = self._pay(world, lab=str(lab.pk))
        assert compare(world).drift == [{"customer": customer_id, "lab": str(lab.pk)}]
        world.work()
        lab.refresh_from_db()
        assert lab.plan == Plan.PREMIUM

    def test_one_who_fails_does_not_end_the_run(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self._pay(world)

        def fail(_customer_id: str) -> None:
            raise RuntimeError

        monkeypatch.setattr(gateway, "identify", fail)
        report = compare(world)
        assert (report.failed, report.ended_at is not None) == (1, True)


class TestMissedEvents:
    def test_are_heard_and_counted(self, world: World, caplog: pytest.LogCaptureFixture) -> None:
        world.listen()
        world.sandbox.set_chaos(drop=1)
        subscription = world.subscribe()
        world.deliver()
        world.sandbox.set_chaos(drop=0)
        world.reconcile()
        report = compare(world)
        assert report.missed_events > 0
        assert "did not reach us" in caplog.text
        assert News.objects.get().event_id.startswith("evt_")
        world.sandbox.cancel(subscription.id)
        world.work()
        assert world.entitlement.plan == Plan.GRACE

    def test_are_none_where_all_came(self, world: World) -> None:
        world.listen()
        world.subscribe()
        world.settle()
        assert compare(world).missed_events == 0
