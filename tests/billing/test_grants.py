"""A plan that an admin gives holds at once, and ends as a paid one does."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from billing import grants, inbox
from billing.models import EntitlementChange, Grant
from genomics.users.limits import Plan
from tests.billing.world import DAY, World


def give(world: World, *, days: int | None = 10, plan: Plan = Plan.PREMIUM) -> Grant:
    return grants.give(
        world.lab.pk,
        plan=plan,
        starts_at=world.now,
        ends_at=None if days is None else world.now + days * DAY,
        reason="Pilot project",
        actor="admin:1",
        now=world.now,
    )


class TestGive:
    def test_entitles_at_once_in_the_name_of_the_admin(self, world: World) -> None:
        give(world)
        world.work()
        assert world.plan == Plan.PREMIUM
        assert EntitlementChange.objects.get().actor == "admin:1"

    def test_is_not_lost_while_stripe_is_away(self, world: World) -> None:
        world.sandbox.set_chaos(error_share=1)
        give(world)
        assert world.plan == Plan.FREE
        world.sandbox.set_chaos(error_share=0)
        assert world.sweep() == Plan.PREMIUM

    def test_is_refused_when_it_ends_before_it_begins(self, world: World) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            give(world, days=-1)

    def test_of_several_the_best_counts(self, world: World) -> None:
        give(world, days=5)
        give(world, days=20, plan=Plan.GRACE)
        assert world.entitlement.plan == Plan.PREMIUM
        assert world.sweep(now=world.now + 5 * DAY) == Plan.GRACE
        assert world.entitlement.grace_until == max(grant.ends_at for grant in Grant.objects.all() if grant.ends_at)


class TestRevoke:
    def test_ends_it_with_grace(self, world: World) -> None:
        grant, later = give(world, days=None), world.now + DAY
        assert grants.revoke(grant, actor="admin:2", now=later)
        world.work()
        assert (world.plan, world.entitlement.grace_until) == (Plan.GRACE, later + 14 * DAY)
        assert EntitlementChange.objects.latest("version").actor == "admin:2"

    def test_does_nothing_about_what_is_over(self, world: World) -> None:
        grant = give(world, days=1)
        assert not grants.revoke(grant, actor="admin:1", now=world.now + 2 * DAY)
        assert grants.revoke(grant, actor="admin:1", now=world.now)
        assert not grants.revoke(grant, actor="admin:1", now=world.now + timedelta(hours=1))

    def test_before_it_begins_leaves_nothing(self, world: World) -> None:
        grant = grants.give(
            world.lab.pk,
            plan=Plan.PREMIUM,
            starts_at=world.now + 5 * DAY,
            ends_at=None,
            reason="Later",
            actor="admin:1",
            now=world.now,
        )
        grants.revoke(grant, actor="admin:1", now=world.now)
        inbox.sweep(now=world.now + 6 * DAY)
        assert world.sweep(now=world.now + 6 * DAY) == Plan.FREE
