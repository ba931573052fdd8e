import pytest

from archive import recall
from archive.auditing import Kind
from archive.models import ArchivedFile
from genomics.users.models import User
from jobs.models import Job, Status
from tests.archive.auditing.scenes import archived, asleep, find, put_hot, remove_hot
from tests.archive.world import World, hints

pytestmark = pytest.mark.django_db(transaction=True)


def _back(world: World, user: User) -> Job:
    """This function will give a result that is hot again and whose archives were not removed yet."""
    job = asleep(world, user)
    with hints():
        recall.begin_for([job], actor="admin:1", now=world.clock.now)
        world.ask(job)
        world.watch()
    world.restore(job)
    for row in ArchivedFile.objects.filter(job=job):
        world.vault._archives[row.name] = world.contents[row.file.key]  # type: ignore[attr-defined]
        world.vault._stored_at[row.name] = world.clock.now  # type: ignore[attr-defined]
    ArchivedFile.objects.filter(job=job).update(removed_at=None)
    Job.objects.filter(pk=job.pk).update(archive_due_at=None)
    job.refresh_from_db()
    return job


class TestLook:
    def test_deletes_a_hot_copy_of_what_rests(self, world: World, free_user: User) -> None:
        job = asleep(world, free_user)
        put_hot(job, world=world)
        assert find(world) == [(Kind.HOT_LEFT, job.pk, False)]
        assert find(world, fix=True) == [(Kind.HOT_LEFT, job.pk, True)]
        assert not world.hot(job)["VCF"]
        world.check(job)

    def test_keeps_a_hot_copy_when_the_archive_is_not_proved(self, world: World, free_user: User) -> None:
        job = asleep(world, free_user)
        put_hot(job, world=world)
        world.vault.delete(archived(job).archive_id)
        assert (Kind.HOT_LEFT, job.pk, False) in find(world, fix=True)
        assert world.hot(job)["VCF"]

    @pytest.mark.parametrize("kind", [Kind.HOT_MISSING, Kind.HOT_DIFFERS])
    def test_asks_back_what_should_be_hot(self, world: World, free_user: User, kind: Kind) -> None:
        job = _back(world, free_user)
        remove_hot(job)
        if kind == Kind.HOT_DIFFERS:
            put_hot(job, content=b"short", world=world)
        found = find(world, fix=True)
        assert (kind, job.pk, True) in found
        job.refresh_from_db()
        assert job.status == Status.RESTORING
        with hints():
            world.ask(job)
            world.watch()
        assert world.restore(job)
        world.check(job)
        assert all(world.hot(job).values())

    def test_asks_nothing_back_of_which_an_archive_is_missing(self, world: World, free_user: User) -> None:
        job = _back(world, free_user)
        remove_hot(job)
        other = ArchivedFile.objects.filter(job=job).exclude(pk=archived(job).pk)[0]
        world.vault.delete(other.archive_id)
        assert (Kind.HOT_MISSING, job.pk, False) in find(world, fix=True)
        job.refresh_from_db()
        assert job.status == Status.COMPLETED
        assert archived(job).archive_id in [held.archive_id for held in world.vault.held()]
