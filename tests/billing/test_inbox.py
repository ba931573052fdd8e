"""What was heard is read once more than it was heard too early, and nothing that was heard is lost."""

import uuid
from datetime import datetime, timedelta
from threading import Event, Thread, Timer

import pytest
import stripe
from django.db import connection, transaction

from billing import duplicates, entitlements, gateway, inbox
from billing.errors import StripeMissingError
from billing.models import Customer, Entitlement, EntitlementChange, Grant, News
from genomics.users.limits import Plan
from genomics.users.models import Lab, User
from tests.billing.world import DAY, World


def hear(world: World, event_id: str = "evt_1") -> None:
    with transaction.atomic():
        inbox.hear(world.customer, event_id=event_id, now=world.now)


def unread() -> int:
    return News.objects.unread().count()


class TestHear:
    def test_counts_and_hints_once(self, world: World) -> None:
        hear(world)
        hear(world, "evt_2")
        news = News.objects.get()
        assert (news.heard, news.read, news.event_id) == (2, 0, "evt_2")
        assert world.hints == [(inbox.RECONCILE, {"customer_id": world.customer})]
        world.work()
        hear(world, "evt_3")
        assert len(world.hints) == 1

    def test_hints_again_where_the_last_try_failed(self, world: World) -> None:
        hear(world)
        world.sandbox.set_chaos(error_share=1)
        world.work()
        hear(world, "evt_2")
        assert len(world.hints) == 1

    def test_is_found_by_the_sweep_though_more_and_more_is_heard(self, world: World) -> None:
        """The hint of the first was lost, and those after it rely on it."""
        now = world.now
        for seconds in (0, 20, 40):
            with transaction.atomic():
                inbox.hear(world.customer, event_id="evt_1", now=now + timedelta(seconds=seconds))
        assert inbox.sweep(now=now + timedelta(seconds=41)) == 1

    def test_is_undone_with_the_transaction_that_it_is_part_of(self, world: World) -> None:
        with transaction.atomic():
            inbox.hear(world.customer, event_id="evt_1", now=world.now)
            transaction.set_rollback(True)
        assert not News.objects.exists()


class TestRead:
    def test_gives_back_what_was_paid_twice(self, world: World) -> None:
        world.listen()
        first = world.subscribe()
        world.advance(timedelta(minutes=1))
        world.subscribe()
        assert world.settle() == Plan.PREMIUM
        world.deliver()
        assert [one.id for one in stripe.Subscription.list(customer=world.customer).data] == [first.id]
        assert len(stripe.Refund.list().data) == 1

    def test_reconciles_in_the_name_of_the_event(self, world: World) -> None:
        world.subscribe()
        hear(world)
        assert inbox.read(world.customer, now=world.now)
        assert (world.entitlement.plan, unread()) == (Plan.PREMIUM, 0)
        assert EntitlementChange.objects.get().actor == "billing:evt_1"

    def test_asks_nobody_when_all_is_read(self, world: World) -> None:
        hear(world)
        inbox.read(world.customer, now=world.now)
        before = len(world.sandbox.calls)
        assert not inbox.read(world.customer, now=world.now)
        assert not inbox.read("cus_unheard", now=world.now)
        assert len(world.sandbox.calls) == before

    def test_leaves_unread_what_is_heard_while_stripe_is_asked(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hear(world)
        ask = gateway.subscription_objects

        def asked_too_early(customer_id: str) -> object:
            answer = ask(customer_id)
            world.subscribe()
            hear(world, "evt_2")
            return answer

        monkeypatch.setattr(gateway, "subscription_objects", asked_too_early)
        world.hints.clear()
        inbox.read(world.customer, now=world.now)
        assert (world.entitlement.plan, unread()) == (Plan.FREE, 1)
        assert world.hints == [(inbox.RECONCILE, {"customer_id": world.customer})]
        monkeypatch.setattr(gateway, "subscription_objects", ask)
        world.work()
        assert (world.plan, unread()) == (Plan.PREMIUM, 0)

    def test_tries_again_later_and_later_while_stripe_is_away(self, world: World) -> None:
        world.subscribe()
        hear(world)
        world.sandbox.set_chaos(rate_limit_share=1)
        pauses = []
        now = world.now
        for _ in range(10):
            assert not inbox.read(world.customer, now=now)
            assert not inbox.read(world.customer, now=now)
            next_attempt_at = News.objects.get().next_attempt_at
            assert next_attempt_at is not None
            pauses.append(next_attempt_at - now)
            now = next_attempt_at
        assert pauses == sorted(pauses)
        assert (pauses[0], pauses[-1]) == (timedelta(seconds=30), timedelta(hours=1))
        world.sandbox.set_chaos(rate_limit_share=0)
        assert world.sweep(now=now) == Plan.PREMIUM
        news = News.objects.get()
        assert (news.failures, news.next_attempt_at, unread()) == (0, None, 0)

    def test_is_tried_at_once_when_something_new_is_heard(self, world: World) -> None:
        world.subscribe()
        hear(world)
        world.sandbox.set_chaos(error_share=1)
        inbox.read(world.customer, now=world.now)
        world.sandbox.set_chaos(error_share=0)
        hear(world, "evt_2")
        assert inbox.read(world.customer, now=world.now)

    def test_is_not_put_off_when_something_is_heard_while_it_fails(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hear(world)
        world.hints.clear()

        def heard_and_failed(*_args: object, **_fields: object) -> None:
            hear(world, "evt_2")
            raise KeyError("items")

        monkeypatch.setattr(inbox, "reconcile", heard_and_failed)
        assert not inbox.read(world.customer, now=world.now)
        assert News.objects.get().next_attempt_at is None
        assert len(world.hints) == 1

    def test_puts_off_what_fails_for_another_reason(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        hear(world)

        def fail(*_args: object, **_fields: object) -> None:
            raise KeyError("items")

        monkeypatch.setattr(inbox, "reconcile", fail)
        assert not inbox.read(world.customer, now=world.now)
        assert News.objects.get().failures == 1

    def test_is_not_held_up_by_what_else_the_customer_buys(self, world: World) -> None:
        mug = stripe.Product.create(name="Mug club")
        price = stripe.Price.create(product=mug.id, unit_amount=100, currency="usd", recurring={"interval": "week"})
        world.subscribe(line_items=[{"price": price.id, "quantity": 1}])
        world.subscribe()
        hear(world)
        inbox.read(world.customer, now=world.now)
        assert (world.entitlement.plan, unread()) == (Plan.PREMIUM, 0)

    def test_is_done_with_news_of_a_customer_that_is_gone(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        def missing(_id: str) -> None:
            raise StripeMissingError("No such customer")

        world.sandbox.delete_customer(world.customer)
        monkeypatch.setattr(gateway, "subscription_objects", missing)
        hear(world)
        inbox.read(world.customer, now=world.now)
        assert (world.entitlement.customer_id, unread()) == ("", 0)

    def test_is_done_with_news_of_a_lab_that_is_gone(self, world: World) -> None:
        hear(world)
        Lab.objects.filter(pk=world.lab.pk).delete()
        assert not inbox.read(world.customer, now=world.now)
        assert unread() == 0


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_what_is_heard_while_a_reader_ends_is_hinted_by_the_reader(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Who hears finds something unread and relies on its hint, while its reader has looked just before."""
        hear(world)
        world.hints.clear()
        is_heard, may_commit = Event(), Event()

        def hear_slowly() -> None:
            with transaction.atomic():
                inbox.hear(world.customer, event_id="evt_2", now=world.now)
                is_heard.set()
                may_commit.wait(10)
            connection.close()

        settle = duplicates.settle

        def settled(customer_id: str, *, now: datetime) -> object:
            hearer.start()
            assert is_heard.wait(10)
            Timer(0.3, may_commit.set).start()
            return settle(customer_id, now=now)

        hearer = Thread(target=hear_slowly)
        monkeypatch.setattr(duplicates, "settle", settled)
        assert inbox.read(world.customer, now=world.now)
        hearer.join()
        assert (world.hints, unread()) == ([(inbox.RECONCILE, {"customer_id": world.customer})], 1)


class TestLabOf:
    def _customer(self, **metadata: str) -> str:
        return stripe.Customer.create(metadata=metadata).id

    def test_knows_the_customer_of_a_lab_without_asking(self, world: World) -> None:
        before = len(world.sandbox.calls)
        assert inbox.lab_of(world.customer, now=world.now) == world.lab.pk
        assert len(world.sandbox.calls) == before

    def test_knows_a_customer_that_only_the_entitlement_names(self, world: World, stranger: User) -> None:
        lab = Lab.objects.of(stranger)[0]
        Entitlement.objects.create(lab=lab, customer_id="cus_named")
        assert inbox.lab_of("cus_named", now=world.now) == lab.pk

    def test_finds_a_customer_whose_making_was_cut_off(self, world: World, stranger: User) -> None:
        lab = Lab.objects.of(stranger)[0]
        customer_id = self._customer(lab=str(lab.pk))
        assert inbox.lab_of(customer_id, now=world.now) == lab.pk
        assert Entitlement.objects.get(lab=lab).customer_id == customer_id
        assert Customer.objects.get(pk=customer_id).lab_id == lab.pk

    def test_believes_no_customer_that_names_a_lab_which_is_another_one(self, world: World) -> None:
        assert inbox.lab_of(self._customer(lab=str(world.lab.pk)), now=world.now) is None
        assert world.entitlement.customer_id == world.customer

    @pytest.mark.parametrize("name", ["", "7", "cus_1", str(uuid.UUID(int=7)), "'; DROP TABLE users_lab; --"])
    def test_is_nobody_for_a_name_that_is_no_lab(self, world: World, name: str) -> None:
        assert inbox.lab_of(self._customer(lab=name), now=world.now) is None

    def test_is_nobody_for_strangers_and_the_deleted(self, world: World) -> None:
        assert inbox.lab_of(self._customer(), now=world.now) is None
        assert inbox.lab_of("cus_unknown", now=world.now) is None
        customer_id = self._customer(lab=str(world.lab.pk))
        world.sandbox.delete_customer(customer_id)
        assert inbox.lab_of(customer_id, now=world.now) is None

    def test_still_knows_a_customer_that_the_lab_was(self, world: World) -> None:
        new = self._customer()
        with transaction.atomic():
            entitlements.adopt(entitlements.locked(world.lab.pk), new, now=world.now)
        assert inbox.lab_of(world.customer, now=world.now) == world.lab.pk


class TestSweep:
    def test_finds_what_was_heard_and_not_read(self, world: World) -> None:
        world.subscribe()
        hear(world)
        world.hints.clear()
        assert inbox.sweep(now=world.now) == 0
        assert world.sweep() == Plan.PREMIUM

    def test_ends_grace_by_the_clock_alone(self, world: World) -> None:
        subscription = world.subscribe()
        world.sandbox.cancel(subscription.id)
        until = world.reconcile().grace_until
        assert until is not None
        assert world.sweep(now=until - timedelta(seconds=1)) == Plan.GRACE
        assert world.sweep(now=until) == Plan.FREE

    def test_asks_again_in_a_while_where_stripe_is_later_than_the_clock(self, world: World) -> None:
        subscription = world.subscribe()
        stripe.Subscription.modify(subscription.id, cancel_at_period_end=True)
        ends_at = world.reconcile().ends_at
        assert ends_at is not None
        before = len(world.sandbox.calls)
        for seconds in range(0, 240, 30):
            assert world.sweep(now=ends_at + timedelta(seconds=seconds)) == Plan.PREMIUM
        assert [call.path for call in world.sandbox.calls[before:]][::2] == ["/v1/subscriptions"]
        world.advance(40 * DAY)
        assert world.sweep(now=ends_at + timedelta(minutes=10)) == Plan.GRACE

    def test_lets_grants_begin_end_and_be_revoked_by_the_clock(self, world: World) -> None:
        now = world.now
        grant = Grant.objects.create(
            lab=world.lab,
            plan=Plan.PREMIUM,
            starts_at=now + DAY,
            ends_at=now + 3 * DAY,
            reason="Pilot",
            actor="admin:1",
            created_at=now,
        )
        assert world.sweep(now=now) == Plan.FREE
        assert world.sweep(now=now + DAY) == Plan.PREMIUM
        Grant.objects.filter(pk=grant.pk).update(revoked_at=now + 2 * DAY)
        assert world.sweep(now=now + 2 * DAY) == Plan.GRACE
        assert world.sweep(now=now + 16 * DAY) == Plan.FREE
        before = EntitlementChange.objects.count()
        assert inbox.sweep(now=now + 17 * DAY) == 0
        assert EntitlementChange.objects.count() == before

    def test_needs_no_stripe_for_a_lab_that_is_no_customer(self, world: World, stranger: User) -> None:
        lab = Lab.objects.of(stranger)[0]
        Grant.objects.create(lab=lab, plan=Plan.PREMIUM, starts_at=world.now, reason="Pilot", actor="admin:1")
        world.sandbox.set_chaos(error_share=1)
        inbox.sweep(now=world.now + DAY)
        assert Entitlement.objects.get(lab=lab).plan == Plan.PREMIUM

    def test_goes_on_after_a_lab_that_fails(
        self, world: World, stranger: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lab = Lab.objects.of(stranger)[0]
        Grant.objects.create(lab=lab, plan=Plan.PREMIUM, starts_at=world.now, reason="Pilot", actor="admin:1")

        def fail(*_args: object, **_fields: object) -> None:
            raise RuntimeError

        monkeypatch.setattr(inbox, "reconcile", fail)
        assert inbox.sweep(now=world.now + DAY) == 1
