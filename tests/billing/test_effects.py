"""A change of plan reaches jobs and archive once, in order, and only as long as it stands."""

from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import pytest
from django.db import connection

from archive.models import Recall
from billing import effects
from billing.models import Effect, Entitlement
from genomics.queues import backlog
from genomics.users.limits import Plan
from genomics.users.models import Lab, User
from tests.at_once import meanwhile
from tests.billing.world import DAY, World, collected_hints
from tests.conftest import NOW


@pytest.fixture
def lab(free_user: User) -> Lab:
    return Lab.objects.of(free_user)[0]


def change(lab: Lab, *plans: Plan) -> None:
    """This function will write changes down as reconcile does, from the version that the lab has."""
    entitlement, _ = Entitlement.objects.get_or_create(lab=lab)
    for plan in plans:
        entitlement.version += 1
        entitlement.plan = plan
        Effect.objects.create(
            lab=lab, version=entitlement.version, plan=plan, actor=f"billing:evt_{entitlement.version}", created_at=NOW
        )
    entitlement.save(update_fields=["version", "plan"])


def outcomes(lab: Lab) -> list[str]:
    found = Effect.objects.filter(lab=lab).order_by("version")
    return ["applied" if one.applied_at else "dropped" if one.dropped_at else "waiting" for one in found]


def plan(lab: Lab) -> str:
    return Lab.objects.values_list("plan", flat=True).get(pk=lab.pk)


class TestApply:
    def test_gives_the_plan_in_the_name_of_who_changed_it(self, lab: Lab) -> None:
        change(lab, Plan.PREMIUM)
        assert effects.apply(lab.pk, now=NOW)
        assert plan(lab) == Plan.PREMIUM
        assert Recall.objects.get().actor == "billing:evt_1"
        assert outcomes(lab) == ["applied"]

    def test_does_nothing_the_second_time(self, lab: Lab) -> None:
        change(lab, Plan.PREMIUM)
        effects.apply(lab.pk, now=NOW)
        assert not effects.apply(lab.pk, now=NOW)
        assert Recall.objects.count() == 1

    def test_drops_what_a_newer_one_contradicts(self, lab: Lab) -> None:
        change(lab, Plan.PREMIUM, Plan.GRACE, Plan.FREE)
        assert not effects.apply(lab.pk, now=NOW)
        assert outcomes(lab) == ["dropped", "dropped", "applied"]
        assert not Recall.objects.exists()

    def test_recalls_once_for_each_time_that_a_lab_enters_premium(self, lab: Lab) -> None:
        for one in (Plan.PREMIUM, Plan.PREMIUM, Plan.FREE, Plan.PREMIUM):
            change(lab, one)
            effects.apply(lab.pk, now=NOW)
        assert Recall.objects.count() == 2

    def test_applies_nothing_that_is_no_longer_current(self, lab: Lab) -> None:
        change(lab, Plan.PREMIUM)
        Entitlement.objects.update(version=2, plan=Plan.FREE)
        assert not effects.apply(lab.pk, now=NOW)
        assert (plan(lab), outcomes(lab)) == (Plan.FREE, ["dropped"])

    def test_leaves_other_labs_alone(self, lab: Lab, stranger: User) -> None:
        other = Lab.objects.of(stranger)[0]
        change(lab, Plan.PREMIUM)
        change(other, Plan.PREMIUM)
        effects.apply(lab.pk, now=NOW)
        assert (plan(other), outcomes(other)) == (Plan.FREE, ["waiting"])

    def test_of_a_lab_that_is_gone_does_nothing(self, lab: Lab) -> None:
        change(lab, Plan.PREMIUM)
        pk = lab.pk
        Lab.objects.filter(pk=pk).delete()
        assert not effects.apply(pk, now=NOW)


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_many_appliers_begin_one_recall(self, lab: Lab) -> None:
        change(lab, Plan.PREMIUM)

        def apply(_number: int) -> bool:
            try:
                return effects.apply(lab.pk, now=NOW)
            finally:
                connection.close()

        with ThreadPoolExecutor(6) as pool:
            assert sum(pool.map(apply, range(6))) == 1
        assert Recall.objects.count() == 1

    def test_a_change_that_is_being_written_wins_over_the_one_before(self, lab: Lab) -> None:
        change(lab, Plan.PREMIUM)

        def write() -> None:
            Entitlement.objects.select_for_update(no_key=True).get(pk=lab.pk)
            change(lab, Plan.FREE)

        assert not meanwhile(lambda: effects.apply(lab.pk, now=NOW), first=write).result()
        assert outcomes(lab) == ["dropped", "applied"]
        assert not Recall.objects.exists()


class TestSweep:
    def test_finds_what_was_lost_and_gives_hints_some_time(self, world: World) -> None:
        world.subscribe()
        world.reconcile()
        world.hints.clear()
        assert effects.sweep(now=world.now) == 0
        assert effects.sweep(now=world.now + DAY) == 1
        world.work()
        assert world.plan == Plan.PREMIUM
        assert effects.sweep(now=world.now + DAY) == 0

    def test_adds_nothing_to_a_queue_that_is_full(self, lab: Lab) -> None:
        change(lab, Plan.PREMIUM)
        with collected_hints() as hints, mock.patch.object(backlog, "waiting", return_value=5):
            assert effects.sweep(now=NOW + DAY) == 0
            assert hints == []
