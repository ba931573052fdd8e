"""Every migration can be taken back and done again, by itself, on a database that is in use."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from billing.models import Grant
from billing.reconcile import reconcile
from genomics.users.limits import Plan
from genomics.users.models import Lab, User
from jobs import submission
from jobs.models import Job, JobEvent, Kind, ResultFile, Status
from tests.jobs.factory import make_job

pytestmark = pytest.mark.django_db(transaction=True)

OURS = ("archive", "billing", "jobs", "labs", "mail", "queues", "users")


@pytest.fixture
def migrated() -> Iterator[None]:
    yield
    call_command("migrate", verbosity=0)


def _steps() -> list[tuple[str, str]]:
    """This function will list our migrations but the first ones, last to be applied first."""
    graph = MigrationLoader(connection).graph
    plan = {step: None for leaf in graph.leaf_nodes() for step in graph.forwards_plan(leaf)}
    return [(app, name) for app, name in reversed(plan) if app in OURS and not name.startswith("0001")]


@pytest.mark.usefixtures("migrated")
class TestMigrations:
    def test_go_back_one_by_one_and_forward_again(self) -> None:
        steps = _steps()
        assert ("jobs", "0002_job_event_published_at") in steps
        executor = MigrationExecutor(connection)
        graph = executor.loader.graph
        back = list(dict.fromkeys(each for step in steps for each in graph.backwards_plan(step)))  # with what needs it
        executor.migrate([], plan=[(graph.nodes[each], True) for each in back])
        assert set(back).isdisjoint(MigrationRecorder(connection).applied_migrations())
        call_command("migrate", verbosity=0)
        call_command("makemigrations", check=True, dry_run=True, verbosity=0)

    def test_count_events_of_the_past_as_published(self, job: Job, now: datetime) -> None:
        submission.cancel(job, actor="user:1", now=now)
        assert JobEvent.objects.filter(published_at=None).exists()
        call_command("migrate", "jobs", "0001", verbosity=0)
        call_command("migrate", "jobs", verbosity=0)
        assert JobEvent.objects.exists()
        assert not JobEvent.objects.filter(published_at=None).exists()

    @pytest.mark.parametrize("status", [Status.ARCHIVED, Status.RESTORING])
    def test_do_not_go_back_while_a_result_rests(self, free_user: User, now: datetime, status: Status) -> None:
        make_job(free_user, now=now, status=status)
        with pytest.raises(RuntimeError, match="1 results rest in the archive"):
            call_command("migrate", "jobs", "0012", verbosity=0)
        call_command("migrate", "jobs", verbosity=0)
        assert Job.objects.get().status == status

    def test_count_what_was_being_archived_as_done(self, free_user: User, now: datetime) -> None:
        make_job(free_user, now=now, status=Status.ARCHIVING)
        call_command("migrate", "jobs", "0012", verbosity=0)
        call_command("migrate", "jobs", verbosity=0)
        assert Job.objects.get().status == Status.COMPLETED

    def test_forget_files_of_kinds_that_the_past_did_not_know(self, job: Job) -> None:
        for kind in (Kind.VCF, Kind.TABLE, Kind.PREVIEW, Kind.MANIFEST):
            ResultFile.objects.create(job=job, kind=kind, name="a", key=kind, size_bytes=1, sha256="0" * 64)
        call_command("migrate", "jobs", "0010", verbosity=0)
        call_command("migrate", "jobs", verbosity=0)
        assert [file.kind for file in ResultFile.objects.all()] == [Kind.VCF]

    def test_let_labs_keep_the_plan_that_they_had_before_there_was_billing(
        self, free_user: User, premium_user: User
    ) -> None:
        call_command("migrate", "billing", "0001", verbosity=0)
        call_command("migrate", "billing", verbosity=0)
        grant = Grant.objects.get()
        assert (grant.lab, grant.plan, grant.ends_at) == (Lab.objects.of(premium_user)[0], Plan.PREMIUM, None)
        assert reconcile(grant.lab_id, actor="sweep", now=timezone.now()).plan == Plan.PREMIUM
        assert reconcile(Lab.objects.of(free_user)[0].pk, actor="sweep", now=timezone.now()).plan == Plan.FREE
