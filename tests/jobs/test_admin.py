from collections.abc import Callable
from datetime import datetime

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from genomics import clock
from genomics.users.models import User
from jobs import deletion
from jobs.models import Job, Status
from tests import clocks
from tests.admin_pages import act, only_looks, queries_with
from tests.jobs.factory import make_job

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], Client]

_JOBS = "admin:jobs_job_changelist"


class TestJobAdmin:
    def test_shows_a_job_with_its_events(
        self, client_of: SignIn, admin_user: User, free_user: User, now: datetime
    ) -> None:
        failed = make_job(free_user, now=now, status=Status.FAILED)
        client = client_of(admin_user)
        assert failed.name in client.get(reverse(_JOBS)).content.decode()
        page = client.get(reverse("admin:jobs_job_change", args=[failed.pk])).content.decode()
        assert "FAILED" in page
        assert f"user:{free_user.pk}" in page

    def test_changes_nothing_by_hand(self, client_of: SignIn, admin_user: User, job: Job) -> None:
        client = client_of(admin_user)
        assert client.get(reverse("admin:jobs_job_add")).status_code == 403
        assert client.post(reverse("admin:jobs_job_delete", args=[job.pk])).status_code == 403
        answer = client.post(reverse("admin:jobs_job_change", args=[job.pk]), {"status": "COMPLETED"})
        assert answer.status_code == 403
        assert Job.objects.get().status == Status.PENDING

    def test_is_for_admins_only(self, client_of: SignIn, free_user: User) -> None:
        assert client_of(free_user).get(reverse(_JOBS)).status_code in {302, 403}

    def test_needs_as_many_queries_for_many_as_for_few(
        self, client_of: SignIn, admin_user: User, free_user: User, premium_user: User, now: datetime
    ) -> None:
        make_job(free_user, now=now)

        def add() -> None:
            for _ in range(120):
                make_job(free_user, now=now)
            make_job(premium_user, now=now)

        few, many = queries_with(client_of(admin_user), _JOBS, add=add)
        assert few == many


class TestRequeue:
    def test_lets_ended_jobs_wait_again_and_refuses_the_others(
        self, client_of: SignIn, admin_user: User, free_user: User, now: datetime
    ) -> None:
        failed = make_job(free_user, now=now, status=Status.FAILED, name="failed.vcf")
        done = make_job(free_user, now=now, status=Status.COMPLETED, name="done.vcf")
        page = act(client_of(admin_user), _JOBS, "requeue", [failed, done])
        assert "Requeued (1)" in page
        assert "Not done: done.vcf is done: that cannot be done now." in page
        failed.refresh_from_db()
        done.refresh_from_db()
        assert (failed.status, done.status) == (Status.PENDING, Status.COMPLETED)
        assert failed.events.latest("sequence").actor == f"admin:{admin_user.pk}"

    def test_lets_them_start_at_once_even_when_the_clock_of_this_host_is_ahead(
        self, client_of: SignIn, admin_user: User, free_user: User, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        failed = make_job(free_user, now=now, status=Status.FAILED)
        client = client_of(admin_user)
        clocks.put_ahead(monkeypatch)
        act(client, _JOBS, "requeue", [failed])
        assert Job.objects.ready(clock.now()).get() == failed
        assert LogEntry.objects.get().object_id == str(failed.pk)

    def test_refuses_a_deleted_job(self, client_of: SignIn, admin_user: User, free_user: User, now: datetime) -> None:
        job = make_job(free_user, now=now, status=Status.FAILED)
        deletion.delete(job, actor="user:1", now=now)
        page = act(client_of(admin_user), _JOBS, "requeue", [job])
        assert "Requeued" not in page
        assert "cannot be done now" in page

    def test_needs_the_permission_to_change(
        self, client_of: SignIn, stranger: User, free_user: User, now: datetime
    ) -> None:
        failed = make_job(free_user, now=now, status=Status.FAILED)
        act(client_of(only_looks(stranger, "jobs.job")), _JOBS, "requeue", [failed])
        failed.refresh_from_db()
        assert failed.status == Status.FAILED


class TestCancel:
    def test_cancels_what_waits_or_runs_and_refuses_the_rest(
        self, client_of: SignIn, admin_user: User, free_user: User, now: datetime
    ) -> None:
        waiting = make_job(free_user, now=now)
        running = make_job(free_user, now=now, status=Status.RUNNING)
        failed = make_job(free_user, now=now, status=Status.FAILED, name="failed.vcf")
        page = act(client_of(admin_user), _JOBS, "cancel", [waiting, running, failed])
        assert "Cancelled (2)" in page
        assert "failed.vcf is failed" in page
        for job in (waiting, running):
            job.refresh_from_db()
            assert job.status == Status.CANCELLED
            assert job.events.latest("sequence").actor == f"admin:{admin_user.pk}"


class TestDelete:
    def test_asks_before_it_deletes(self, client_of: SignIn, admin_user: User, job: Job) -> None:
        page = act(client_of(admin_user), _JOBS, "delete", [job])
        assert "nothing brings" in page
        assert f'value="{job.pk}"' in page
        job.refresh_from_db()
        assert job.deleted_at is None

    def test_deletes_what_was_confirmed(self, client_of: SignIn, admin_user: User, job: Job) -> None:
        assert "Deleted (1)" in act(client_of(admin_user), _JOBS, "delete", [job], confirmed="yes")
        job.refresh_from_db()
        assert job.deleted_at is not None
        latest = job.events.latest("sequence")
        assert (latest.actor, latest.note) == (f"admin:{admin_user.pk}", "Deleted by an administrator.")

    def test_needs_the_permission_to_delete(self, client_of: SignIn, stranger: User, job: Job) -> None:
        act(client_of(only_looks(stranger, "jobs.job")), _JOBS, "delete", [job], confirmed="yes")
        job.refresh_from_db()
        assert job.deleted_at is None
