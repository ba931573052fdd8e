import uuid
from datetime import timedelta

import pytest
from django.conf import settings

from archive import files, releasing
from archive.auditing import Kind
from archive.errors import InventoryPendingError
from archive.models import ArchivedFile
from genomics.users.models import User
from tests.archive.auditing.scenes import archived, asleep, file_of, find, put_hot
from tests.archive.world import World
from tests.genomics.localaws.fixtures import client

pytestmark = pytest.mark.django_db(transaction=True)


class TestRows:
    def test_reports_an_archive_that_is_gone_and_mends_nothing(self, world: World, free_user: User) -> None:
        job = asleep(world, free_user)
        world.vault.delete(archived(job).archive_id)
        assert find(world, fix=True) == [(Kind.ARCHIVE_MISSING, job.pk, False)]

    @pytest.mark.parametrize("change", [{"checksum": "other"}, {"size_bytes": 1}])
    def test_reports_an_archive_that_is_something_else(
        self, world: World, free_user: User, change: dict[str, object]
    ) -> None:
        job = asleep(world, free_user)
        ArchivedFile.objects.filter(pk=archived(job).pk).update(**change)
        assert find(world, fix=True) == [(Kind.ARCHIVE_DIFFERS, job.pk, False)]

    def test_says_once_that_a_vault_tells_later(
        self, world: World, free_user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asleep(world, free_user)

        def later(*_args: object, **_fields: object) -> None:
            raise InventoryPendingError

        monkeypatch.setattr(world.vault, "look", later)
        monkeypatch.setattr(world.vault, "held", later)
        assert find(world) == [(Kind.NOT_TOLD_YET, None, False)]

    def test_does_not_miss_what_is_younger_than_the_inventory(
        self, world: World, free_user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = asleep(world, free_user)
        world.vault.delete(archived(job).archive_id)
        monkeypatch.setattr(type(world.vault), "lag", timedelta(hours=48))
        assert find(world) == []
        assert find(world, after=timedelta(hours=49)) == [(Kind.ARCHIVE_MISSING, job.pk, False)]


class TestVaults:
    def _removed(self, world: World, user: User) -> ArchivedFile:
        """This function will give the row of an archive that was removed, and is there."""
        job = asleep(world, user)
        put_hot(job, world=world)
        row = archived(job)
        world.vault.store(files.hot(file_of(job)), name=row.name)
        ArchivedFile.objects.filter(pk=row.pk).update(removed_at=world.clock.now, hot_deleted_at=None)
        return row

    def test_deletes_an_archive_that_was_removed_when_another_copy_is_proved(
        self, world: World, free_user: User
    ) -> None:
        row = self._removed(world, free_user)
        assert find(world, fix=True) == [(Kind.ARCHIVE_LEFT, row.job_id, True)]
        assert find(world) == []

    def test_keeps_an_archive_that_may_be_the_last_copy(self, world: World, free_user: User) -> None:
        row = self._removed(world, free_user)
        put_hot(row.job, content=b"something else", world=world)
        assert find(world, fix=True) == [(Kind.ARCHIVE_LEFT, row.job_id, False)]
        assert row.archive_id in [held.archive_id for held in world.vault.held()]

    def test_keeps_an_archive_that_no_row_names(self, world: World, free_user: User) -> None:
        job = asleep(world, free_user)
        put_hot(job, world=world)
        name = f"{job.lab_id}/{job.pk}/{uuid.uuid4()}"
        world.vault.store(files.hot(file_of(job)), name=name)
        found = find(world, fix=True)
        assert (Kind.ARCHIVE_WITHOUT_ROW, job.pk, False) in found
        assert name in [held.archive_id for held in world.vault.held()]

    def test_counts_what_is_not_ours(self, world: World, free_user: User) -> None:
        job = asleep(world, free_user)
        put_hot(job, world=world)
        world.vault.store(files.hot(file_of(job)), name="backup-of-somebody.tar")
        assert (Kind.ARCHIVE_UNKNOWN, None, False) in find(world)

    def test_leaves_young_archives_alone(self, world: World, free_user: User) -> None:
        job = asleep(world, free_user)
        put_hot(job, world=world)
        world.vault.store(files.hot(file_of(job)), name=f"{job.lab_id}/{job.pk}/{uuid.uuid4()}")
        assert find(world, after=timedelta(minutes=30)) == []

    def test_sees_no_archive_that_was_released(self, world: World, free_user: User) -> None:
        job = asleep(world, free_user)
        put_hot(job, world=world)
        ArchivedFile.objects.update(hot_deleted_at=None)
        releasing.release(job, now=world.clock.now)
        assert (Kind.ARCHIVE_LEFT, job.pk, False) not in find(world)


class TestUploads:
    def _open(self, key: str) -> None:
        client("s3").create_multipart_upload(Bucket=settings.STACK.buckets["archive"], Key=key)

    def test_ends_those_that_nobody_goes_on_with(self, world: World, free_user: User) -> None:
        job = asleep(world, free_user)
        self._open(archived(job).name)
        # By the clock of S3, which is the real one.
        years = timedelta(days=3650)
        found = [one for one in find(world, fix=True, after=years) if one[0] == Kind.UPLOAD_LEFT]
        assert found == [(Kind.UPLOAD_LEFT, job.pk, True)]
        assert not client("s3").list_multipart_uploads(Bucket=settings.STACK.buckets["archive"]).get("Uploads")

    def test_keeps_those_of_an_archiving(self, world: World, free_user: User) -> None:
        job = asleep(world, free_user)
        row = archived(job)
        ArchivedFile.objects.filter(pk=row.pk).update(stored_at=None, hot_deleted_at=None)
        self._open(row.name)
        found = find(world, fix=True, after=timedelta(days=3650))
        assert Kind.UPLOAD_LEFT not in [kind for kind, _, _ in found]
