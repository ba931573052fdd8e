"""Results go to sleep in steps, and nothing is deleted before its copy is verified."""

from contextlib import nullcontext
from datetime import datetime, timedelta
from unittest import mock

import pytest
from django.conf import settings

from archive import archiving
from archive.errors import VaultRefusedError, VaultUnavailableError
from archive.models import ArchivedFile
from archive.vaults.memory import MemoryVault
from genomics.users.models import User
from jobs import transitions
from jobs.models import Job, Kind, Status
from tests.archive.world import WORKER, World, hints


def status(job: Job) -> str:
    job.refresh_from_db()
    return job.status


class TestArchive:
    def test_lets_vcf_and_table_rest_and_keeps_the_others_hot(
        self, world: World, free_user: User, now: datetime
    ) -> None:
        job = world.result(free_user)
        assert world.archive(job)
        assert status(job) == Status.ARCHIVED
        assert world.hot(job) == {Kind.VCF: False, Kind.TABLE: False, Kind.LOG: True}
        rows = ArchivedFile.objects.filter(job=job)
        assert {row.file.kind for row in rows} == {Kind.VCF, Kind.TABLE}
        for row in rows:
            assert (row.sha256, row.size_bytes) == (row.file.sha256, row.file.size_bytes)
            assert (row.stored_at, row.hot_deleted_at) == (now, world.clock.now)
        assert job.archive_due_at is None
        steps = list(job.events.order_by("sequence").values_list("status", flat=True))
        assert steps[-3:] == [Status.COMPLETED, Status.ARCHIVING, Status.ARCHIVED]

    def test_leaves_alone_what_is_not_due(self, world: World, free_user: User) -> None:
        job = world.result(free_user)
        Job.objects.update(archive_due_at=world.clock.now + timedelta(seconds=1))
        assert not world.archive(job)
        assert (status(job), ArchivedFile.objects.count()) == (Status.COMPLETED, 0)

    def test_leaves_alone_what_has_no_date(self, world: World, premium_user: User) -> None:
        job = world.result(premium_user, due=False)
        assert not world.archive(job)
        assert status(job) == Status.COMPLETED

    def test_leaves_alone_what_is_deleted(self, world: World, free_user: User) -> None:
        job = world.result(free_user)
        transitions.hide(job, actor="user:1", now=world.clock.now, note="Deleted.")
        assert not world.archive(job)
        assert ArchivedFile.objects.count() == 0

    def test_twice_is_as_once(self, world: World, free_user: User) -> None:
        job = world.result(free_user)
        assert world.archive(job)
        assert world.archive(job)
        assert ArchivedFile.objects.count() == 2

    def test_leaves_it_to_whoever_is_at_it(self, world: World, free_user: User) -> None:
        job = world.result(free_user)
        with mock.patch.object(archiving, "alone_with", return_value=nullcontext(False)):
            assert not world.archive(job)
        assert status(job) == Status.COMPLETED

    def test_goes_back_when_the_lab_has_been_upgraded_meanwhile(self, world: World, free_user: User) -> None:
        job = world.result(free_user)
        store = world.vault.store

        def upgrade(*arguments: object, **options: object) -> object:
            Job.objects.filter(pk=job.pk).update(archive_due_at=None)
            return store(*arguments, **options)  # type: ignore[arg-type]

        with mock.patch.object(world.vault, "store", upgrade):
            assert not world.archive(job)
        assert status(job) == Status.COMPLETED
        assert all(world.hot(job).values())
        world.heal()
        assert not ArchivedFile.objects.at_rest().exists()

    def test_stays_hot_when_the_vault_refuses(self, world: World, free_user: User, now: datetime) -> None:
        job = world.result(free_user)
        with mock.patch.object(world.vault, "store", side_effect=VaultRefusedError("no right")):
            assert not world.archive(job)
        assert status(job) == Status.COMPLETED
        assert job.archive_due_at == now + settings.ARCHIVE_RETRY_PAUSE
        assert job.events.order_by("-sequence")[0].note == "VaultRefusedError; tried again later."
        assert all(world.hot(job).values())

    def test_is_gone_on_with_when_the_vault_was_away(self, world: World, free_user: User) -> None:
        job = world.result(free_user)
        with (
            mock.patch.object(world.vault, "store", side_effect=VaultUnavailableError("away")),
            pytest.raises(VaultUnavailableError),
        ):
            world.archive(job)
        assert status(job) == Status.ARCHIVING
        world.heal()
        assert status(job) == Status.ARCHIVED

    def test_never_archives_bytes_that_are_not_those_that_were_made(self, world: World, free_user: User) -> None:
        job = world.result(free_user)
        job.files.filter(kind=Kind.TABLE).update(sha256="0" * 64)
        assert not world.archive(job)
        assert status(job) == Status.COMPLETED
        assert world.hot(job)[Kind.TABLE]

    def test_keeps_the_hot_copies_as_long_as_links_are_good(self, world: World, free_user: User) -> None:
        job = world.result(free_user)
        assert archiving.archive(job.pk, actor=WORKER, clock=world.clock)
        assert (status(job), world.hot(job)[Kind.VCF]) == (Status.ARCHIVED, True)
        world.heal()
        assert not world.hot(job)[Kind.VCF]


class TestSweep:
    def test_hints_what_is_due_and_nothing_else(self, world: World, free_user: User) -> None:
        due = world.result(free_user)
        world.result(free_user, due=False)
        with hints() as sent:
            assert archiving.sweep(now=world.clock.now) == 1
        assert sent == [(archiving.ARCHIVE, {"job_id": str(due.pk)})]

    def test_hints_what_was_cut_off_after_a_pause(self, world: World, free_user: User) -> None:
        job = world.result(free_user)
        transitions.move(job, Status.ARCHIVING, actor=WORKER, now=world.clock.now)
        with hints() as sent:
            archiving.sweep(now=world.clock.now)
            assert sent == []
            archiving.sweep(now=world.clock.forward(settings.ARCHIVE_PAUSE + timedelta(seconds=1)))
        assert sent == [(archiving.ARCHIVE, {"job_id": str(job.pk)})]

    def test_finds_hot_copies_that_were_not_deleted(self, world: World, free_user: User) -> None:
        job = world.result(free_user)
        with mock.patch.object(archiving, "_delete_hot_copies"):
            world.archive(job)
        assert world.hot(job)[Kind.VCF]
        world.heal()
        assert not world.hot(job)[Kind.VCF]
        assert isinstance(world.vault, MemoryVault)
