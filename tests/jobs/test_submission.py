from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
from django.conf import settings

from genomics.users.models import User
from jobs import submission, transitions, uploads
from jobs.errors import NotPossibleNowError
from jobs.models import Job, Status
from tests.jobs.factory import make_job
from tests.jobs.hints import of_work

pytestmark = pytest.mark.django_db

Capture = Callable[..., AbstractContextManager[list[Callable[[], None]]]]


class TestFinishUpload:
    @pytest.mark.usefixtures("aws")
    def test_says_that_it_is_too_late_when_the_upload_was_abandoned_meanwhile(
        self, free_user: User, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = make_job(free_user, now=now, status=Status.DRAFT)

        def check_slowly(draft: Job, *, actor: str, now: datetime) -> None:
            transitions.move(Job.objects.get(pk=draft.pk), Status.CANCELLED, actor=actor, now=now)

        monkeypatch.setattr(uploads, "check", check_slowly)
        with pytest.raises(NotPossibleNowError):
            submission.finish_upload(job, actor="user:1", now=now)
        assert Job.objects.get().status == Status.CANCELLED


class TestSubmit:
    def test_lets_the_job_wait_and_sends_one_hint(
        self, free_user: User, now: datetime, django_capture_on_commit_callbacks: Capture
    ) -> None:
        job = make_job(free_user, now=now, status=Status.DRAFT)
        with django_capture_on_commit_callbacks() as hints:
            submission.submit(job, actor="user:1", now=now)
        assert (job.status, job.submitted_at, job.hinted_at) == (Status.PENDING, now, now)
        assert len(of_work(hints)) == 1


class TestCancel:
    @pytest.mark.parametrize("status", [Status.PENDING, Status.RUNNING])
    def test_ends_an_active_job(self, free_user: User, now: datetime, status: Status) -> None:
        job = make_job(free_user, now=now, status=status)
        submission.cancel(job, actor="user:1", now=now)
        assert (job.status, job.finished_at) == (Status.CANCELLED, now)

    @pytest.mark.parametrize("status", [Status.DRAFT, Status.COMPLETED, Status.FAILED, Status.CANCELLED])
    def test_is_refused_otherwise_and_says_why(self, free_user: User, now: datetime, status: Status) -> None:
        job = make_job(free_user, now=now, status=status)
        with pytest.raises(NotPossibleNowError, match="cannot be done now"):
            submission.cancel(job, actor="user:1", now=now)
        assert Job.objects.get().status == status

    def test_loses_against_a_worker_that_has_just_finished(self, free_user: User, now: datetime) -> None:
        job = make_job(free_user, now=now, status=Status.RUNNING)
        counts = {"records_read": 0, "records_annotated": 0, "records_passed": 0, "records_rejected": 0}
        Job.objects.update(status=Status.COMPLETED, lease_expires_at=None, **counts)
        with pytest.raises(NotPossibleNowError, match="is done"):
            submission.cancel(job, actor="user:1", now=now)


class TestRetry:
    def test_gives_a_failed_job_a_full_number_of_attempts(
        self, free_user: User, now: datetime, django_capture_on_commit_callbacks: Capture
    ) -> None:
        job = make_job(free_user, now=now, status=Status.FAILED)
        later = now + timedelta(hours=1)
        with django_capture_on_commit_callbacks() as hints:
            submission.retry(job, actor="user:1", now=later)
        job.refresh_from_db()
        assert (job.status, job.attempt, job.failure_code, job.finished_at) == (Status.PENDING, 1, "", None)
        assert job.attempts_allowed == 1 + settings.MAX_ATTEMPTS
        assert len(of_work(hints)) == 1

    def test_runs_a_cancelled_job_again(self, free_user: User, now: datetime) -> None:
        job = make_job(free_user, now=now, status=Status.CANCELLED)
        submission.retry(job, actor="user:1", now=now)
        assert job.status == Status.PENDING

    def test_does_not_bring_back_an_upload_that_was_cancelled(self, free_user: User, now: datetime) -> None:
        job = make_job(free_user, now=now, status=Status.DRAFT)
        transitions.move(job, Status.CANCELLED, actor="user:1", now=now)
        with pytest.raises(NotPossibleNowError):
            submission.retry(job, actor="user:1", now=now)

    @pytest.mark.parametrize("status", [Status.PENDING, Status.RUNNING, Status.COMPLETED])
    def test_is_refused_otherwise(self, free_user: User, now: datetime, status: Status) -> None:
        job = make_job(free_user, now=now, status=status)
        with pytest.raises(NotPossibleNowError):
            submission.retry(job, actor="user:1", now=now)
