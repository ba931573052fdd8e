from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Q

from genomics.users.models import User
from jobs import transitions
from jobs.errors import StaleJobError
from jobs.models import ENDED, Job, Status
from tests.jobs.factory import make_job

pytestmark = pytest.mark.django_db


class TestMove:
    @pytest.mark.parametrize(("start", "end"), sorted(transitions.ARROWS))
    def test_follows_each_arrow_and_writes_one_event(
        self, free_user: User, now: datetime, start: Status, end: Status
    ) -> None:
        job = make_job(free_user, now=now, status=start)
        events = job.events.count()
        lease: dict[str, Any] = {"lease_expires_at": now} if end == Status.RUNNING else {"ready_at": now}
        counts: dict[str, Any] = {"records_read": 0, "records_annotated": 0, "records_passed": 0, "records_rejected": 0}
        event = transitions.move(job, end, actor="user:1", now=now, note="why", **lease, **counts)
        job.refresh_from_db()
        assert job.status == end
        assert job.events.count() == events + 1
        assert (event.sequence, event.status, event.actor, event.note) == (job.sequence, end, "user:1", "why")

    @pytest.mark.parametrize(
        ("start", "end"),
        sorted({(a, b) for a in Status for b in Status} - transitions.ARROWS),
    )
    def test_refuses_everything_else(self, free_user: User, now: datetime, start: Status, end: Status) -> None:
        job = make_job(free_user, now=now, status=start)
        with pytest.raises(ValueError, match="is not a move"):
            transitions.move(job, end, actor="user:1", now=now)
        job.refresh_from_db()
        assert job.status == start

    def test_lets_the_first_of_two_win(self, job: Job, now: datetime) -> None:
        other = Job.objects.get(pk=job.pk)
        transitions.move(job, Status.CANCELLED, actor="user:1", now=now)
        with pytest.raises(StaleJobError):
            transitions.move(other, Status.RUNNING, actor="worker:a", now=now, lease_expires_at=now)
        assert list(job.events.order_by("sequence").values_list("status", flat=True)) == ["PENDING", "CANCELLED"]

    def test_refuses_an_attempt_that_is_over(self, free_user: User, now: datetime) -> None:
        late = make_job(free_user, now=now, status=Status.RUNNING)
        Job.objects.filter(pk=late.pk).update(attempt=late.attempt + 1)
        with pytest.raises(StaleJobError):
            transitions.move(late, Status.PENDING, actor="worker:a", now=now)

    def test_refuses_when_the_extra_condition_no_longer_holds(self, free_user: User, now: datetime) -> None:
        job = make_job(free_user, now=now, status=Status.RUNNING)
        Job.objects.filter(pk=job.pk).update(lease_expires_at=now + timedelta(minutes=1))
        with pytest.raises(StaleJobError):
            transitions.move(job, Status.PENDING, actor="sweep", now=now, only_if=Q(lease_expires_at__lt=now))

    def test_numbers_events_without_gaps(self, free_user: User, now: datetime) -> None:
        job = make_job(free_user, now=now, status=Status.COMPLETED)
        assert list(job.events.order_by("sequence").values_list("sequence", flat=True)) == [1, 2, 3]

    def test_undoes_the_status_when_the_event_cannot_be_written(self, job: Job, now: datetime) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            transitions.move(job, Status.CANCELLED, actor="", now=now)
        assert Job.objects.get(pk=job.pk).status == Status.PENDING

    def test_ends_the_lease_of_a_job_that_stops_running(self, free_user: User, now: datetime) -> None:
        job = make_job(free_user, now=now, status=Status.RUNNING)
        transitions.move(job, Status.PENDING, actor="sweep", now=now)
        job.refresh_from_db()
        assert (job.lease_expires_at, job.worker) == (None, "")

    @pytest.mark.parametrize("status", [Status.ARCHIVING, Status.ARCHIVED, Status.RESTORING])
    def test_lets_only_the_next_step_follow_on_the_way_to_the_archive_and_back(self, status: Status) -> None:
        ways = {
            Status.ARCHIVING: {Status.ARCHIVED, Status.COMPLETED},
            Status.ARCHIVED: {Status.RESTORING},
            Status.RESTORING: {Status.COMPLETED, Status.ARCHIVED},
        }
        assert {end for start, end in transitions.ARROWS if start == status} == ways[status]
        assert {start for start, end in transitions.ARROWS if end == Status.ARCHIVING} == {Status.COMPLETED}

    def test_leaves_no_date_to_what_is_archived(self, free_user: User, now: datetime) -> None:
        job = make_job(free_user, now=now, status=Status.COMPLETED)
        Job.objects.filter(pk=job.pk).update(archive_due_at=now)
        transitions.move(job, Status.ARCHIVING, actor="worker:a", now=now)
        job.refresh_from_db()
        assert job.archive_due_at == now
        transitions.move(job, Status.ARCHIVED, actor="worker:a", now=now)
        assert Job.objects.get().archive_due_at is None


class TestRemark:
    def test_writes_columns_and_an_event_that_repeats_the_status(self, free_user: User, now: datetime) -> None:
        job = make_job(free_user, now=now, status=Status.COMPLETED)
        event = transitions.remark(job, actor="user:1", now=now, note="why", archive_due_at=now)
        job.refresh_from_db()
        assert (job.status, job.archive_due_at, job.sequence) == (Status.COMPLETED, now, 4)
        assert (event.sequence, event.status, event.note) == (4, Status.COMPLETED, "why")

    def test_changes_nothing_when_the_condition_no_longer_holds(self, free_user: User, now: datetime) -> None:
        job = make_job(free_user, now=now, status=Status.COMPLETED)
        with pytest.raises(StaleJobError):
            transitions.remark(job, actor="user:1", now=now, note="why", only_if=Q(archive_due_at=now))
        assert Job.objects.get().sequence == 3

    def test_changes_nothing_of_a_job_that_has_moved_or_is_deleted(self, free_user: User, now: datetime) -> None:
        late = make_job(free_user, now=now, status=Status.COMPLETED)
        transitions.move(Job.objects.get(), Status.ARCHIVING, actor="worker:a", now=now)
        with pytest.raises(StaleJobError):
            transitions.remark(late, actor="user:1", now=now, note="why")
        late.refresh_from_db()
        transitions.hide(Job.objects.get(), actor="user:1", now=now, note="")
        with pytest.raises(StaleJobError):
            transitions.remark(late, actor="user:1", now=now, note="why")


class TestTouch:
    def test_writes_for_the_attempt_that_runs(self, free_user: User, now: datetime) -> None:
        job = make_job(free_user, now=now, status=Status.RUNNING)
        assert transitions.touch(job, now=now, stage="Reading", fraction=0.5)
        job.refresh_from_db()
        assert (job.stage, job.percent) == ("Reading", 50)

    def test_writes_nothing_for_an_attempt_that_is_over(self, free_user: User, now: datetime) -> None:
        job = make_job(free_user, now=now, status=Status.RUNNING)
        Job.objects.filter(pk=job.pk).update(attempt=2)
        assert not transitions.touch(job, now=now, stage="Reading")
        assert not transitions.renew_lease(job, until=now + timedelta(hours=1))
        job.refresh_from_db()
        assert (job.stage, job.lease_expires_at) == ("", now)


class TestConstraints:
    @pytest.mark.parametrize(
        "columns",
        [
            {"status": "LOST"},
            {"status": Status.RUNNING},
            {"status": Status.COMPLETED, "records_read": 3, "records_annotated": 1, "records_passed": 1}
            | {"records_rejected": 0},
            {"status": Status.ARCHIVED, "records_read": 3, "records_annotated": 1, "records_passed": 1}
            | {"records_rejected": 0},
            {"archive_due_at": datetime(2026, 3, 1, tzinfo=UTC)},
        ],
    )
    def test_keep_impossible_rows_out(self, job: Job, columns: dict[str, object]) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Job.objects.filter(pk=job.pk).update(**columns)
        assert connection.is_usable()


class TestHide:
    @pytest.mark.parametrize("status", ENDED)
    def test_marks_an_ended_job_and_repeats_its_status_in_the_event(
        self, free_user: User, now: datetime, status: Status
    ) -> None:
        job = make_job(free_user, now=now, status=status)
        before = job.sequence
        event = transitions.hide(job, actor="user:1", now=now, note="Deleted.")
        job.refresh_from_db()
        assert (job.deleted_at, job.sequence) == (now, before + 1)
        assert (event.sequence, event.status, event.note) == (job.sequence, status, "Deleted.")

    @pytest.mark.parametrize("status", [Status.DRAFT, Status.PENDING, Status.RUNNING])
    def test_refuses_a_job_that_may_still_run(self, free_user: User, now: datetime, status: Status) -> None:
        job = make_job(free_user, now=now, status=status)
        with pytest.raises(ValueError, match="has to be cancelled"):
            transitions.hide(job, actor="user:1", now=now, note="")
        with pytest.raises(IntegrityError, match="job_deleted_only_when_ended"), transaction.atomic():
            Job.objects.filter(pk=job.pk).update(deleted_at=now)

    def test_lets_the_first_of_two_win(self, free_user: User, now: datetime) -> None:
        job = make_job(free_user, now=now, status=Status.FAILED)
        late = Job.objects.get(pk=job.pk)
        transitions.hide(job, actor="user:1", now=now, note="")
        with pytest.raises(StaleJobError):
            transitions.hide(late, actor="user:2", now=now, note="")
        assert job.events.filter(sequence=job.sequence).count() == 1

    def test_lets_no_move_follow(self, free_user: User, now: datetime) -> None:
        job = make_job(free_user, now=now, status=Status.FAILED)
        late = Job.objects.get(pk=job.pk)
        transitions.hide(job, actor="user:1", now=now, note="")
        with pytest.raises(StaleJobError):
            transitions.move(late, Status.PENDING, actor="user:1", now=now, ready_at=now)
