"""A worker may be killed between any two statements: the result stays intact, and the sweeps finish what was begun."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest
from django.db import connection

from archive import plans, recall
from archive.models import ArchivedFile, Retrieval
from genomics.users.limits import Plan
from genomics.users.models import User
from jobs.models import Job, Status
from tests.archive.test_archiving import status
from tests.archive.world import World, open_retrievals

VAULT_CALLS = ("store", "begin_retrieval", "fetch", "delete")


class KilledError(BaseException):
    """Stands for kill -9: nothing but the database's own rollback follows."""


@contextmanager
def killed_at(world: World, point: int) -> Iterator[Callable[[], int]]:
    """This function will kill at the statement or the call of the vault with that number, from 0; it counts them."""
    seen = 0

    def count() -> None:
        nonlocal seen
        seen += 1
        if seen - 1 == point:
            raise KilledError

    def on_statement(execute: Callable[..., Any], *arguments: Any) -> Any:
        if "advisory" not in arguments[0]:  # a dead process's locks are given back, not by a statement
            count()
        return execute(*arguments)

    def around(call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any, **options: Any) -> Any:
            found = call(*arguments, **options)
            count()
            return found

        return called

    patches = [mock.patch.object(world.vault, name, around(getattr(world.vault, name))) for name in VAULT_CALLS]
    for patch in patches:
        patch.start()
    try:
        with connection.execute_wrapper(on_statement):
            yield lambda: seen
    finally:
        for patch in patches:
            patch.stop()


def points(world: World, act: Callable[[], object]) -> int:
    """This function will give the number of points at which `act` can be killed."""
    with killed_at(world, -1) as seen:
        act()
        return seen()


def kill(world: World, point: int, act: Callable[[], object]) -> None:
    with killed_at(world, point), pytest.raises(KilledError):
        act()


@pytest.mark.django_db(transaction=True)
class TestKilled:
    def test_while_archiving(self, world: World, free_user: User) -> None:
        whole = world.result(free_user, name="whole.vcf")
        for point in range(points(world, lambda: world.archive(whole))):
            job = world.result(free_user, name=f"{point}.vcf")
            kill(world, point, lambda job=job: world.archive(job))  # type: ignore[misc]
            world.check(job)
            world.heal(rounds=2)
            world.check(job)
            assert status(job) == Status.ARCHIVED, point
            assert ArchivedFile.objects.filter(job=job, hot_deleted_at__isnull=False).count() == 2, point

    def test_while_being_asked_back_and_restored(self, world: World, free_user: User) -> None:
        def come_back(job: Job) -> None:
            job.refresh_from_db()
            recall.begin_for([job], actor="admin:1", now=world.clock.now)
            world.ask(job)
            world.watch()
            world.restore(job)

        whole = world.result(free_user, name="whole.vcf")
        world.archive(whole)
        for point in range(points(world, lambda: come_back(whole))):
            job = world.result(free_user, name=f"{point}.vcf")
            world.archive(job)
            kill(world, point, lambda job=job: come_back(job))  # type: ignore[misc]
            world.check(job)
            Job.objects.filter(pk=job.pk).update(archive_due_at=None)
            world.heal(rounds=2)
            world.check(job)
            assert status(job) in {Status.COMPLETED, Status.ARCHIVED}, point
            assert open_retrievals(job) == [], point

    def test_while_a_whole_lab_is_upgraded(self, world: World, free_user: User) -> None:
        job = world.result(free_user)
        for point in range(12):
            plans.change_plan(job.lab_id, Plan.FREE, actor="billing:1", now=world.clock.now)
            Job.objects.filter(pk=job.pk, status=Status.COMPLETED).update(archive_due_at=world.clock.now)
            world.archive(job)
            assert status(job) == Status.ARCHIVED, point

            def upgrade() -> None:
                plans.change_plan(job.lab_id, Plan.PREMIUM, actor="billing:2", now=world.clock.now)
                world.collect()

            kill(world, point, upgrade)
            plans.change_plan(job.lab_id, Plan.PREMIUM, actor="billing:2", now=world.clock.now)
            world.heal(rounds=3)
            world.check(job)
            assert status(job) == Status.COMPLETED, point
            assert all(world.hot(job).values())
            assert not Retrieval.objects.open().exists()
