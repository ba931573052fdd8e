"""Whatever happens in whatever order, a result is never lost, never doubled, and ends where its lab's plan wants it."""

import time
from contextlib import suppress
from datetime import datetime, timedelta
from unittest import mock

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from archive import archiving, files, plans, recall, releasing, restoring
from archive.models import ArchivedFile, Recall, Retrieval, VaultName
from genomics.aws import s3
from genomics.users.limits import Plan
from genomics.users.models import Lab, User
from jobs import storage, transitions
from jobs.models import Job, Status
from tests.archive.test_crashes import KilledError, killed_at
from tests.archive.vaults.backends import backend
from tests.archive.world import WORKER, Clock, World, hints

JOBS = 2
SEARCH = settings(
    max_examples=6,
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
_PATIENCE_SECONDS = 20
WORK = ("archive", "ask", "watch", "restore", "collect", "sweep", "release")


class Life(RuleBasedStateMachine):
    """Two results of one lab, workers that come and die, a vault with moods, and people who change their minds."""

    world: World
    user: User

    def __init__(self) -> None:
        super().__init__()
        Retrieval.objects.all().delete()
        ArchivedFile.objects.all().delete()
        Recall.objects.all().delete()
        Job.objects.all().delete()
        for role in (storage.RESULTS, "archive"):
            s3.delete(storage.bucket(role), keys=s3.keys_under(storage.bucket(role), prefix=""))
        Lab.objects.of(self.user).update(plan=Plan.FREE)
        self.jobs = [self.world.result(self.user, name=f"{number}.vcf") for number in range(JOBS)]

    @rule(work=st.sampled_from(WORK), number=st.integers(0, JOBS - 1))
    def work(self, work: str, number: int) -> None:
        """A worker or a sweep does its part."""
        self._work(work, self.jobs[number])

    @rule(work=st.sampled_from(WORK), number=st.integers(0, JOBS - 1), point=st.integers(0, 30))
    def die(self, work: str, number: int, point: int) -> None:
        """A worker is killed somewhere on its way; often it is through before."""
        with suppress(KilledError), killed_at(self.world, point):
            self._work(work, self.jobs[number])

    @rule(plan=st.sampled_from(Plan))
    def change_plan(self, plan: Plan) -> None:
        plans.change_plan(self.jobs[0].lab_id, plan, actor="billing:1", now=self.world.clock.now)

    @rule(number=st.integers(0, JOBS - 1))
    def recall_one(self, number: int) -> None:
        job = Job.objects.get(pk=self.jobs[number].pk)
        recall.begin_for([job], actor="admin:1", now=self.world.clock.now)

    @rule(number=st.integers(0, JOBS - 1), chance=st.integers(0, 5))
    def delete(self, number: int, chance: int) -> None:
        job = Job.objects.get(pk=self.jobs[number].pk)
        if chance == 0 and job.deleted_at is None:
            transitions.hide(job, actor="user:1", now=self.world.clock.now, note="Deleted.")

    @rule(minutes=st.sampled_from((1, 4, 20, 60 * 26)))
    def wait(self, minutes: int) -> None:
        self.world.clock.forward(timedelta(minutes=minutes))

    @rule()
    def tell_twice(self) -> None:
        """Messages of the vault come again, late and in any order."""
        told = Retrieval.objects.exclude(ticket="").select_related("archived_file__file", "archived_file__job")
        for retrieval in told.order_by("-intended_at"):
            if retrieval.archived_file.removed_at is None:
                with hints():
                    recall.look(retrieval, now=self.world.clock.now)

    @invariant()
    def nothing_is_lost(self) -> None:
        for job in Job.objects.filter(deleted_at=None):
            self.world.check(job)

    def teardown(self) -> None:
        """After enough sweeps all is where the plan wants it, and nothing lies about."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:  # the vault has a clock of its own
            self.world.heal(rounds=8)
            if self._is_quiet() or time.monotonic() > deadline:
                break
            time.sleep(0.1)
        kept = Lab.objects.get(pk=self.jobs[0].lab_id).plan == Plan.PREMIUM
        for job in Job.objects.filter(deleted_at=None):
            self.world.check(job)
            assert not (kept and job.status != Status.COMPLETED), job.status
            assert job.status in {Status.COMPLETED, Status.ARCHIVED}
            if job.status == Status.COMPLETED:
                assert all(self.world.hot(job).values())
        assert not Retrieval.objects.open().exists()
        if (
            self.world.vault.name == VaultName.S3
        ):  # what a killed worker left in a vault is found by its inventory alone
            resting = set(ArchivedFile.objects.at_rest().values_list("archive_id", flat=True))
            assert set(s3.keys_under(storage.bucket("archive"), prefix="")) == resting
        assert not ArchivedFile.objects.filter(job__deleted_at__isnull=False).exists()

    def _is_quiet(self) -> bool:
        moving = Job.objects.filter(status__in=(Status.ARCHIVING, Status.RESTORING), deleted_at=None)
        return not moving.exists() and not Retrieval.objects.open().exists()

    def _work(self, work: str, job: Job) -> None:
        clock = self.world.clock
        with hints():
            match work:
                case "archive":
                    archiving.archive(job.pk, actor=WORKER, clock=clock)
                case "ask":
                    recall.ask(job.lab_id, clock=clock)
                case "watch":
                    self.world.watch()
                case "restore":
                    restoring.restore(job.pk, actor=WORKER, clock=clock)
                case "collect":
                    self.world.collect()
                case "sweep":
                    recall.sweep(now=clock.now)
                case "release":
                    releasing.sweep(now=clock.now)


@pytest.mark.django_db(transaction=True)
class TestLife:
    @pytest.mark.parametrize("name", ["s3", "glacier"])
    def test_goes_well_in_the_end(self, aws: object, free_user: User, now: datetime, name: str) -> None:
        with backend(name) as cold:
            cold.let(lifetime=timedelta(days=3))
            Life.world, Life.user = World(clock=Clock(now), vault=cold.vault), free_user
            with (
                mock.patch.object(files, "named", return_value=cold.vault),
                mock.patch.object(files, "default", return_value=cold.vault),
            ):
                run_state_machine_as_test(Life, settings=SEARCH)
