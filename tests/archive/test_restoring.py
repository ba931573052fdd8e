"""Results come back byte for byte, whatever the vault does meanwhile; the archive goes last."""

from datetime import timedelta
from unittest import mock

import pytest

from archive import recall, releasing
from archive.errors import VaultUnavailableError
from archive.models import ArchivedFile, Retrieval, RetrievalState, Tier
from archive.vaults.memory import MemoryVault
from genomics.users.limits import Plan
from genomics.users.models import Lab, User
from jobs import storage, transitions
from jobs.models import Job, Kind, Status
from tests.archive.test_archiving import status
from tests.archive.world import World, ended, hints, open_retrievals
from tests.genomics.localaws.fixtures import client


def memory(world: World) -> MemoryVault:
    assert isinstance(world.vault, MemoryVault)
    return world.vault


@pytest.fixture
def asleep(world: World, free_user: User) -> Job:
    job = world.result(free_user)
    assert world.archive(job)
    job.refresh_from_db()
    return job


def wake(world: World, job: Job, *, tier: Tier | None = None) -> None:
    assert recall.begin_for([job], actor="admin:1", now=world.clock.now, tier=tier) == 1
    assert world.ask(job) == 2
    assert world.watch() == 2


class TestRestore:
    def test_gives_the_bytes_back_and_removes_the_archive(self, world: World, asleep: Job) -> None:
        wake(world, asleep)
        assert world.restore(asleep)
        assert status(asleep) == Status.COMPLETED
        assert all(world.hot(asleep).values())
        for archived in ArchivedFile.objects.filter(job=asleep):
            assert (archived.removed_at, archived.hot_deleted_at) == (world.clock.now, None)
            receipt = archived.retrievals.get()
            assert (receipt.restored_sha256, receipt.restored_bytes) == (archived.sha256, archived.size_bytes)

    def test_lets_a_free_lab_keep_it_for_a_day(self, world: World, asleep: Job) -> None:
        wake(world, asleep)
        world.restore(asleep)
        asleep.refresh_from_db()
        assert asleep.archive_due_at == world.clock.now + timedelta(hours=24)

    def test_waits_until_the_vault_has_the_bytes(self, world: World, asleep: Job) -> None:
        memory(world).duration = timedelta(hours=4)
        recall.begin_for([asleep], actor="admin:1", now=world.clock.now)
        world.ask(asleep)
        assert world.watch() == 0
        assert not world.restore(asleep)
        assert status(asleep) == Status.RESTORING
        world.clock.forward(timedelta(hours=4))
        assert world.watch() == 2
        assert world.restore(asleep)

    def test_asks_again_when_the_bytes_are_gone_again(self, world: World, asleep: Job) -> None:
        wake(world, asleep)
        world.clock.forward(timedelta(days=2))
        assert not world.restore(asleep)
        assert ended(asleep, RetrievalState.EXPIRED) == 2
        assert {one.state for one in open_retrievals(asleep)} == {RetrievalState.INTENDED}
        world.heal()
        assert status(asleep) in {Status.COMPLETED, Status.ARCHIVED}
        world.check(asleep)

    def test_asks_again_when_a_retrieval_fails_and_lets_it_sleep_on_in_the_end(self, world: World, asleep: Job) -> None:
        memory(world).failing = True
        recall.begin_for([asleep], actor="admin:1", now=world.clock.now)
        for _ in range(3):
            world.ask(asleep)
            world.watch()
        assert status(asleep) == Status.ARCHIVED
        assert open_retrievals(asleep) == []
        world.check(asleep)

    def test_asks_in_the_next_tier_when_there_is_no_capacity(self, world: World, asleep: Job) -> None:
        memory(world).capacity = False
        wake(world, asleep, tier=Tier.EXPEDITED)
        assert {(one.wanted_tier, one.tier) for one in Retrieval.objects.all()} == {(Tier.EXPEDITED, Tier.STANDARD)}
        assert world.restore(asleep)

    def test_asks_later_when_the_vault_has_too_much_to_do(self, world: World, asleep: Job) -> None:
        memory(world).throttled = True
        recall.begin_for([asleep], actor="admin:1", now=world.clock.now)
        assert world.ask(asleep) == 0
        memory(world).throttled = False
        assert world.ask(asleep) == 2

    def test_goes_on_when_the_vault_was_away(self, world: World, asleep: Job) -> None:
        wake(world, asleep)
        with (
            mock.patch.object(world.vault, "fetch", side_effect=VaultUnavailableError("away")),
            pytest.raises(VaultUnavailableError),
        ):
            world.restore(asleep)
        assert status(asleep) == Status.RESTORING
        assert world.restore(asleep)

    def test_does_not_believe_an_archive_with_other_bytes(self, world: World, asleep: Job) -> None:
        wake(world, asleep)
        vcf = ArchivedFile.objects.get(job=asleep, file__kind=Kind.VCF)
        memory(world)._archives[vcf.archive_id] = bytes(vcf.size_bytes or 0)  # no real vault does that
        assert not world.restore(asleep)
        assert ended(asleep, RetrievalState.FAILED) == 1
        assert world.hot(asleep) == {Kind.VCF: False, Kind.TABLE: True, Kind.LOG: True}
        assert not ArchivedFile.objects.filter(removed_at__isnull=False).exists()

    def test_leaves_a_deleted_job_alone(self, world: World, asleep: Job) -> None:
        wake(world, asleep)
        asleep.refresh_from_db()
        transitions.hide(asleep, actor="user:1", now=world.clock.now, note="Deleted.")
        assert not world.restore(asleep)
        world.heal()
        assert not ArchivedFile.objects.exists()
        assert not Retrieval.objects.exists()
        assert not memory(world)._archives


class TestRecall:
    def test_of_a_lab_asks_for_the_newest_first(self, world: World, premium_user: User) -> None:
        jobs = [world.result(premium_user, name=f"{number}.vcf") for number in range(25)]
        for number, job in enumerate(jobs):
            Job.objects.filter(pk=job.pk).update(finished_at=world.clock.now + timedelta(seconds=number))
            assert world.archive(job)
        recall.begin(jobs[0].lab, actor="billing:1", now=world.clock.now)
        world.collect()
        tiers = [
            Retrieval.objects.filter(archived_file__job=job).values_list("wanted_tier", flat=True)[0] for job in jobs
        ]
        assert tiers == [Tier.BULK] * 5 + [Tier.EXPEDITED] * 20

    def test_of_a_lab_that_has_left_the_plan_does_nothing(self, world: World, asleep: Job) -> None:
        recall.begin(asleep.lab, actor="billing:1", now=world.clock.now)
        world.collect()
        assert status(asleep) == Status.ARCHIVED

    def test_looks_at_the_row_and_not_at_what_the_caller_knows(self, world: World, free_user: User) -> None:
        stale = world.result(free_user)
        assert world.archive(Job.objects.get(pk=stale.pk))
        assert recall.begin_for([stale], actor="admin:1", now=world.clock.now) == 1

    def test_does_not_go_round_for_a_result_without_archives(self, world: World, asleep: Job) -> None:
        Lab.objects.filter(pk=asleep.lab_id).update(plan=Plan.PREMIUM)
        ArchivedFile.objects.update(removed_at=world.clock.now)
        one = recall.begin(asleep.lab, actor="billing:1", now=world.clock.now)
        with hints() as sent:
            assert recall.collect(one.pk, clock=world.clock) == 0
        assert [task for task, _ in sent] == [recall.ASK]

    def test_of_what_is_awake_does_nothing(self, world: World, free_user: User) -> None:
        job = world.result(free_user)
        assert recall.begin_for([job], actor="admin:1", now=world.clock.now) == 0
        assert not Retrieval.objects.exists()

    def test_is_begun_by_the_sweep_when_it_is_missing(self, world: World, asleep: Job) -> None:
        Lab.objects.filter(pk=asleep.lab_id).update(plan=Plan.PREMIUM)
        world.heal()
        assert status(asleep) == Status.COMPLETED
        assert all(world.hot(asleep).values())
        assert asleep.archive_due_at is None


class TestReleasing:
    def test_keeps_an_archive_whose_hot_copy_is_not_there(self, world: World, asleep: Job) -> None:
        ArchivedFile.objects.update(hot_deleted_at=None)
        Job.objects.filter(pk=asleep.pk).update(status=Status.COMPLETED)
        releasing.sweep(now=world.clock.forward(timedelta(hours=1)))
        assert ArchivedFile.objects.at_rest().count() == 2


class TestReleaseAfterARestore:
    def test_keeps_the_archive_when_the_hot_copy_is_gone_again(self, world: World, asleep: Job) -> None:
        wake(world, asleep)
        away = mock.patch.object(world.vault, "delete", side_effect=VaultUnavailableError("away"))
        with away, pytest.raises(VaultUnavailableError):
            world.restore(asleep)
        Job.objects.filter(pk=asleep.pk).update(archive_due_at=None)
        vcf = asleep.files.get(kind=Kind.VCF)
        client("s3").delete_object(Bucket=storage.bucket(storage.RESULTS), Key=vcf.key)
        releasing.sweep(now=world.clock.forward(timedelta(hours=1)))
        assert ArchivedFile.objects.get(removed_at=None).file == vcf
