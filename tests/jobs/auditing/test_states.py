from datetime import timedelta

import pytest
from django.utils import timezone

from genomics.users.models import User
from jobs import notices, transitions
from jobs.auditing import Kind
from jobs.models import Job, JobEvent, Status
from tests.jobs.auditing.scenes import find, whole_job
from tests.jobs.factory import make_job

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("aws")]


class TestLook:
    def test_publishes_what_was_left(self, free_user: User) -> None:
        job = whole_job(free_user)
        job.events.update(published_at=None)
        assert find(after=timedelta(seconds=30)) == []
        assert find(fix=True) == [(Kind.UNPUBLISHED, job.pk, True)]
        assert find() == []

    def test_leaves_what_cannot_be_published(self, free_user: User, monkeypatch: pytest.MonkeyPatch) -> None:
        job = whole_job(free_user)
        job.events.update(published_at=None)

        def fail(event: JobEvent) -> None:
            raise ValueError

        monkeypatch.setattr(notices, "tell", fail)
        assert find(fix=True) == [(Kind.UNPUBLISHED, job.pk, False)]

    def test_gives_back_a_job_without_a_worker(self, free_user: User) -> None:
        job = whole_job(free_user, status=Status.RUNNING)
        assert find(after=timedelta(seconds=30)) == []
        assert find(fix=True)[0] == (Kind.LEASE_OVER, job.pk, True)
        job.refresh_from_db()
        assert job.status == Status.PENDING

    def test_hints_a_job_that_nobody_was_told_of(self, free_user: User) -> None:
        job = whole_job(free_user, status=Status.PENDING)
        assert find(after=timedelta(seconds=80)) == []
        assert find(fix=True) == [(Kind.NOT_HINTED, job.pk, True)]
        assert find() == []

    def test_knows_that_jobs_wait_for_a_place(self, free_user: User) -> None:
        jobs = [make_job(free_user, now=timezone.now()) for _ in range(4)]
        places = jobs[0].lab.limits.max_running_jobs
        hinted = [job_id for kind, job_id, _ in find() if kind == Kind.NOT_HINTED]
        assert hinted == [job.pk for job in jobs[:places]]

    def test_removes_a_deleted_job(self, free_user: User) -> None:
        job = whole_job(free_user, status=Status.CANCELLED)
        transitions.hide(job, actor="user:1", now=timezone.now(), note="")
        found = find(fix=True)
        assert (Kind.NOT_REMOVED, job.pk, True) in found
        assert not Job.objects.filter(pk=job.pk).exists()
        assert find() == []

    def test_keeps_to_a_job(self, free_user: User) -> None:
        one, _ = (whole_job(free_user) for _ in range(2))
        JobEvent.objects.update(published_at=None)
        assert find(job=one.pk) == [(Kind.UNPUBLISHED, one.pk, False)]
