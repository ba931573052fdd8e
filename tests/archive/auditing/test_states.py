from datetime import timedelta

import pytest
from django.conf import settings

from archive import locking, recall
from archive.auditing import Kind
from archive.models import ArchivedFile, Retrieval, RetrievalState
from genomics.users.limits import Plan
from genomics.users.models import Lab, User
from jobs import deletion, transitions
from jobs.models import Job, Status
from tests.archive.auditing.scenes import LATER, asleep, find
from tests.archive.world import World, hints

pytestmark = pytest.mark.django_db(transaction=True)


def _recalled(world: World, job: Job) -> None:
    with hints():
        assert recall.begin_for([job], actor="admin:1", now=world.clock.now) == 1


class TestLook:
    def test_finds_nothing_where_all_is_well(self, world: World, free_user: User) -> None:
        asleep(world, free_user)
        world.result(free_user, due=False)
        assert find(world) == []

    def test_archives_what_is_overdue(self, world: World, free_user: User) -> None:
        job = world.result(free_user)
        assert find(world, after=timedelta(minutes=2)) == []
        assert find(world) == [(Kind.OVERDUE, job.pk, False)]
        assert find(world, fix=True) == [(Kind.OVERDUE, job.pk, True)]
        assert find(world) == []
        world.check(job)

    def test_goes_on_with_an_archiving(self, world: World, free_user: User) -> None:
        job = world.result(free_user)
        transitions.move(job, Status.ARCHIVING, actor="worker:1", now=world.clock.now)
        assert find(world, fix=True) == [(Kind.ARCHIVING_STANDS, job.pk, True)]
        assert find(world) == []

    def test_leaves_alone_what_a_worker_is_at(
        self, world: World, free_user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = world.result(free_user)
        transitions.move(job, Status.ARCHIVING, actor="worker:1", now=world.clock.now)
        monkeypatch.setattr("genomics.locks.is_held", lambda name: name == f"archive:{job.pk}")
        assert locking.is_busy(job.pk)
        assert find(world, fix=True) == []

    def test_deletes_hot_copies_that_were_left(self, world: World, free_user: User) -> None:
        job = asleep(world, free_user)
        ArchivedFile.objects.update(hot_deleted_at=None)
        assert find(world, fix=True) == [(Kind.HOT_LEFT, job.pk, True)]
        assert find(world) == []

    def test_lets_a_result_rest_of_which_nothing_is_on_its_way(self, world: World, free_user: User) -> None:
        job = asleep(world, free_user)
        transitions.move(job, Status.RESTORING, actor="admin:1", now=world.clock.now)
        assert find(world, fix=True) == [(Kind.RESTORING_STANDS, job.pk, True)]
        job.refresh_from_db()
        assert job.status == Status.ARCHIVED
        world.check(job)

    def test_asks_for_what_was_not_asked_for(self, world: World, free_user: User) -> None:
        job = asleep(world, free_user)
        _recalled(world, job)
        assert find(world, after=timedelta(minutes=30)) == []
        found = find(world, fix=True)
        assert set(found) == {(Kind.RETRIEVAL_STANDS, job.pk, True)}
        assert not Retrieval.objects.filter(state=RetrievalState.INTENDED).exists()

    def test_looks_after_what_takes_too_long_and_fetches_what_is_there(self, world: World, free_user: User) -> None:
        job = asleep(world, free_user)
        _recalled(world, job)
        with hints():
            world.ask(job)
        assert find(world, after=timedelta(hours=10)) == []
        assert find(world, fix=True, after=timedelta(hours=12)) == [(Kind.RETRIEVAL_STANDS, job.pk, True)] * 2
        assert set(Retrieval.objects.values_list("state", flat=True)) == {RetrievalState.READY}
        Retrieval.objects.update(expires_at=None)
        world.clock.forward(timedelta(hours=12))
        # The first brings all of it, so that the second has nothing left to do.
        assert find(world, fix=True)[0] == (Kind.RETRIEVAL_STANDS, job.pk, True)
        job.refresh_from_db()
        assert job.status == Status.COMPLETED
        world.check(job)

    def test_recalls_what_sleeps_although_its_plan_keeps_it(self, world: World, free_user: User) -> None:
        job = asleep(world, free_user)
        Lab.objects.update(plan=Plan.PREMIUM)
        assert find(world, fix=True) == [(Kind.SLEEPS_ON_PLAN, job.pk, True)]
        job.refresh_from_db()
        assert job.status == Status.RESTORING

    def test_removes_the_archives_of_deleted_jobs(self, world: World, free_user: User) -> None:
        job = asleep(world, free_user)
        deletion.delete(job, actor="user:1", now=world.clock.now)
        assert find(world, fix=True) == [(Kind.NOT_RELEASED, job.pk, True)]
        assert not ArchivedFile.objects.exists()
        assert list(world.vault.held()) == []

    def test_looks_at_one_lab(self, world: World, free_user: User, stranger: User) -> None:
        world.result(free_user)
        other = world.result(stranger)
        assert find(world, lab_id=other.lab_id) == [(Kind.OVERDUE, other.pk, False)]

    def test_waits_longer_than_the_sweeps(self) -> None:
        assert settings.ARCHIVE_PAUSE < timedelta(minutes=5) < LATER
