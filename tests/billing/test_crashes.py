"""A worker may be killed between any two statements: entitlement and plan are right in the end, with one recall."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction

from archive.models import Recall
from billing import effects, gateway, inbox
from billing.models import Customer, Effect, Entitlement, EntitlementChange, News
from billing.reconcile import reconcile
from billing.values import Json
from genomics.users.limits import Plan
from genomics.users.models import Lab
from tests.billing.world import World

pytestmark = pytest.mark.django_db(transaction=True)


class KilledError(BaseException):
    """Stands for kill -9: nothing but the database's own rollback follows."""


@contextmanager
def killed_at(point: int) -> Iterator[Callable[[], int]]:
    """This function will kill at the statement with that number, from 0; it counts them."""
    seen = 0

    def on_statement(execute: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen - 1 == point:
            raise KilledError
        return execute(*arguments)

    with connection.execute_wrapper(on_statement):
        yield lambda: seen


def begin_anew(world: World) -> None:
    """This function will forget all that we know, though not what Stripe knows."""
    for model in (News, EntitlementChange, Effect, Recall):
        model._default_manager.all().delete()
    Entitlement.objects.update(plan=Plan.FREE, basis="NOTHING", version=0, reconciled_at=None, subscription_id="")
    Lab.objects.filter(pk=world.lab.pk).update(plan=Plan.FREE)
    world.hints.clear()


def hear(world: World) -> None:
    with transaction.atomic():
        inbox.hear(world.customer, event_id="evt_1", now=world.now)


def check(world: World) -> None:
    """This function will see that what belongs together is there together."""
    entitlement = Entitlement.objects.get(pk=world.lab.pk)
    versions = list(range(1, entitlement.version + 1))
    assert list(EntitlementChange.objects.order_by("version").values_list("version", flat=True)) == versions
    assert list(Effect.objects.order_by("version").values_list("version", flat=True)) == versions
    latest = EntitlementChange.objects.order_by("version").last()
    assert entitlement.plan == (latest.plan if latest else Plan.FREE)
    is_premium = Lab.objects.get(pk=world.lab.pk).plan == Plan.PREMIUM
    assert Recall.objects.count() == Effect.objects.filter(applied_at__isnull=False).count() == int(is_premium)


class TestKilled:
    def _everything(self, world: World) -> None:
        hear(world)
        inbox.read(world.customer, now=world.now)
        effects.apply(world.lab.pk, now=world.now)

    def test_anywhere_between_the_news_and_the_recall(self, world: World) -> None:
        world.subscribe()
        self._everything(world)
        check(world)
        begin_anew(world)
        with killed_at(-1) as seen:
            self._everything(world)
        points = seen()
        assert points > 15
        for point in range(points):
            begin_anew(world)
            with killed_at(point), pytest.raises(KilledError):
                self._everything(world)
            check(world)
            if not News.objects.exists():
                hear(world)  # Stripe was not answered, and tells it again
            world.hints.clear()
            world.sweep()
            check(world)
            assert (world.plan, Recall.objects.count(), EntitlementChange.objects.count()) == (Plan.PREMIUM, 1, 1), (
                point
            )
            assert not News.objects.unread().exists(), point

    def test_while_a_customer_is_noted_as_gone(self, world: World) -> None:
        world.subscribe()
        world.reconcile()
        world.work()
        kept = Customer.objects.values().get()
        world.sandbox.delete_customer(world.customer)
        for point in itertools.count():
            try:
                with killed_at(point):
                    entitlement = world.reconcile()
            except KilledError:
                assert Customer.objects.values().get() == kept, point
            else:
                break
        assert point > 10
        assert (entitlement.plan, entitlement.customer_id) == (Plan.GRACE, "")


class TestAtOnce:
    def test_many_readers_write_one_change(self, world: World) -> None:
        world.subscribe()
        hear(world)

        def read(_number: int) -> bool:
            try:
                inbox.read(world.customer, now=world.now)
                return effects.apply(world.lab.pk, now=world.now)
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(read, range(4))) == 1
        check(world)
        assert (EntitlementChange.objects.count(), Recall.objects.count()) == (1, 1)

    def test_an_answer_that_comes_late_is_not_written_over_a_newer_one(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """This function will let one worker hear of a subscription, which then ends, before another one asks."""
        subscription = world.subscribe()
        ask, has_asked, calls = gateway.subscription_objects, threading.Event(), itertools.count()

        def slow(customer_id: str) -> list[Json]:
            answer = ask(customer_id)
            if next(calls) == 0:
                has_asked.set()
                time.sleep(1)
            return answer

        def late() -> str:
            try:
                return world.reconcile(actor="billing:evt_1").plan
            finally:
                connection.close()

        monkeypatch.setattr(gateway, "subscription_objects", slow)
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(late)
            assert has_asked.wait(20)
            world.sandbox.cancel(subscription.id)
            assert world.reconcile(actor="billing:evt_2").plan == Plan.GRACE
            assert first.result() == Plan.PREMIUM
        assert world.entitlement.plan == Plan.GRACE
        actors = EntitlementChange.objects.order_by("version").values_list("actor", flat=True)
        assert list(actors) == ["billing:evt_1", "billing:evt_2"]

    def test_labs_do_not_wait_for_each_other(self, world: World) -> None:
        other = Lab.objects.create(name="Other", email="other@lab.example")
        with transaction.atomic():
            world.reconcile()
            with ThreadPoolExecutor(1) as pool:

                def work() -> str:
                    try:
                        return reconcile(other.pk, actor="sweep", now=world.now).plan
                    finally:
                        connection.close()

                assert pool.submit(work).result(timeout=20) == Plan.FREE
