"""A plan is changed in one place, and what follows from it is done, whatever comes in between."""

import uuid
from datetime import timedelta

import pytest

from archive import plans
from archive.models import Recall
from genomics.users.limits import Plan
from genomics.users.models import Lab, User
from jobs.models import Job, Status
from tests.archive.test_archiving import status
from tests.archive.world import World


class TestChangePlan:
    def test_to_premium_brings_back_what_sleeps_and_keeps_what_is_hot(self, world: World, free_user: User) -> None:
        asleep, hot = world.result(free_user), world.result(free_user, name="hot.vcf")
        assert world.archive(asleep)
        assert plans.change_plan(asleep.lab_id, Plan.PREMIUM, actor="billing:1", now=world.clock.now)
        hot.refresh_from_db()
        assert hot.archive_due_at is None
        world.heal()
        assert (status(asleep), status(hot)) == (Status.COMPLETED, Status.COMPLETED)
        assert all(world.hot(asleep).values())
        assert Recall.objects.get().actor == "billing:1"

    def test_to_free_gives_dates_that_are_not_in_the_past(self, world: World, premium_user: User) -> None:
        job = world.result(premium_user, due=False)
        world.clock.forward(timedelta(days=30))
        assert plans.change_plan(job.lab_id, Plan.FREE, actor="billing:2", now=world.clock.now)
        job.refresh_from_db()
        assert job.archive_due_at == world.clock.now + timedelta(minutes=3)

    def test_to_grace_wakes_nothing_and_archives_nothing(self, world: World, premium_user: User) -> None:
        job = world.result(premium_user, due=False)
        plans.change_plan(job.lab_id, Plan.GRACE, actor="billing:2", now=world.clock.now)
        world.heal()
        assert (status(job), Recall.objects.count()) == (Status.COMPLETED, 0)

    def test_to_the_same_plan_does_nothing(self, world: World, free_user: User) -> None:
        job = world.result(free_user)
        assert not plans.change_plan(job.lab_id, Plan.FREE, actor="admin:1", now=world.clock.now)
        assert not Recall.objects.exists()

    def test_of_an_unknown_lab_is_refused(self, world: World) -> None:
        with pytest.raises(Lab.DoesNotExist):
            plans.change_plan(uuid.uuid4(), Plan.FREE, actor="admin:1", now=world.clock.now)

    def test_there_and_back_while_results_are_on_their_way(self, world: World, free_user: User) -> None:
        job = world.result(free_user)
        assert world.archive(job)
        plans.change_plan(job.lab_id, Plan.PREMIUM, actor="billing:1", now=world.clock.now)
        world.collect()
        world.ask(job)
        plans.change_plan(job.lab_id, Plan.FREE, actor="billing:2", now=world.clock.now)
        world.heal()
        assert status(job) == Status.COMPLETED
        world.clock.forward(timedelta(hours=24))
        world.heal()
        assert status(job) == Status.ARCHIVED
        world.check(job)
        assert Job.objects.get(pk=job.pk).archive_due_at is None
