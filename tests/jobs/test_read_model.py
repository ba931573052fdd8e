from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.conf import settings

from genomics.users.models import User
from jobs import publishing, read_model
from jobs.models import Job, JobEvent, Status
from tests.conftest import NOW
from tests.genomics.localaws.fixtures import client
from tests.jobs.factory import make_job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("aws")]

TABLE = settings.STACK.tables["jobs"]


def _latest(job: Job) -> JobEvent:
    event = publishing.latest_event(job.pk)
    assert event is not None
    return event


def _item(job: Job) -> read_model.Item | None:
    return read_model.read([job.pk]).get(str(job.pk))


class TestUpdate:
    def test_writes_what_the_row_and_the_event_say(self, free_user: User) -> None:
        job = make_job(free_user, now=NOW, status=Status.COMPLETED, name="patient-17.vcf")
        assert read_model.update(_latest(job))
        assert _item(job) == {
            "job_id": str(job.pk),
            "status": "COMPLETED",
            "sequence": 3,
            "attempt": 1,
            "lab_id": str(job.lab_id),
            "user_id": str(free_user.pk),
            "reference": "GRCh38-starter",
            "submitted_at": "2026-03-01T12:00:00.000000Z",
            "started_at": "2026-03-01T12:00:00.000000Z",
            "finished_at": "2026-03-01T12:00:00.000000Z",
            "updated_at": "2026-03-01T12:00:00.000000Z",
            "records_read": 10,
            "records_annotated": 6,
            "records_passed": 3,
            "records_rejected": 1,
        }

    def test_tells_programs_no_text_of_the_lab(self, free_user: User) -> None:
        job = make_job(free_user, now=NOW, status=Status.FAILED, name="patient-17.vcf")
        read_model.update(_latest(job))
        stored = str(client("dynamodb").scan(TableName=TABLE)["Items"])
        assert "REF_MISMATCH" in stored
        assert "patient" not in stored
        assert "It does not fit" not in stored

    def test_keeps_what_others_have_added(self, free_user: User) -> None:
        job = make_job(free_user, now=NOW)
        key = {"job_id": {"S": str(job.pk)}}
        client("dynamodb").put_item(TableName=TABLE, Item={**key, "restored_at": {"S": "then"}})
        assert read_model.update(_latest(job))
        item = client("dynamodb").get_item(TableName=TABLE, Key=key)["Item"]
        assert (item["restored_at"], item["status"]) == ({"S": "then"}, {"S": "PENDING"})

    def test_removes_what_no_longer_holds(self, free_user: User) -> None:
        job = make_job(free_user, now=NOW, status=Status.FAILED)
        read_model.update(_latest(job))
        Job.objects.filter(pk=job.pk).update(failure_code="", finished_at=None)
        event = JobEvent.objects.create(
            job=job, sequence=9, status=Status.PENDING, attempt=1, actor="user:1", created_at=NOW
        )
        event.job.refresh_from_db()
        assert read_model.update(event)
        assert {"failure_code", "finished_at"}.isdisjoint(_item(job) or {"failure_code": ""})

    def test_never_goes_back(self, free_user: User) -> None:
        job = make_job(free_user, now=NOW, status=Status.COMPLETED)
        events = list(job.events.order_by("sequence"))
        written = [read_model.update(event) for event in (events[1], events[0], events[2], events[1])]
        assert written == [True, False, True, False]
        assert (_item(job) or {})["status"] == "COMPLETED"

    def test_lets_programs_list_the_jobs_of_a_user_by_time(self, free_user: User, stranger: User) -> None:
        jobs = [make_job(free_user, now=NOW + timedelta(seconds=second)) for second in (20, 0, 10)]
        draft = make_job(free_user, now=NOW, status=Status.DRAFT)
        JobEvent.objects.create(job=draft, sequence=1, status="CANCELLED", attempt=0, actor="sweep", created_at=NOW)
        for job in [*jobs, draft, make_job(stranger, now=NOW)]:
            read_model.update(_latest(job))
        answer = client("dynamodb").query(
            TableName=TABLE,
            IndexName="user_id_index",
            KeyConditionExpression="user_id = :user",
            ExpressionAttributeValues={":user": {"S": str(free_user.pk)}},
        )
        found = [item["job_id"]["S"] for item in answer["Items"]]
        assert found == [str(jobs[index].pk) for index in (1, 2, 0)]


class TestPut:
    def test_also_goes_back(self, free_user: User) -> None:
        job = make_job(free_user, now=NOW, status=Status.COMPLETED)
        events = list(job.events.order_by("sequence"))
        read_model.update(events[2])
        read_model.put(events[0])
        assert (_item(job) or {})["sequence"] == 1


class TestExpected:
    @pytest.mark.parametrize("status", [Status.PENDING, Status.FAILED, Status.COMPLETED, Status.CANCELLED])
    def test_is_what_an_update_leaves(self, free_user: User, status: Status) -> None:
        job = make_job(free_user, now=NOW, status=status)
        read_model.update(_latest(job))
        assert read_model.expected(_latest(job)) == _item(job)


class TestAllIds:
    def test_gives_the_ids_of_all_items(self, free_user: User) -> None:
        jobs = [make_job(free_user, now=NOW) for _ in range(3)]
        for job in jobs:
            read_model.update(_latest(job))
        read_model.drop(jobs[0].pk)
        found = [job_id for page in read_model.all_ids() for job_id in page]
        assert sorted(found) == sorted(str(job.pk) for job in jobs[1:])


class TestToldAt:
    def test_is_utc_of_one_length(self) -> None:
        there = timezone(timedelta(hours=5, minutes=30))
        assert read_model.told_at(datetime(2026, 3, 1, 5, 29, 59, 7, tzinfo=there)) == "2026-02-28T23:59:59.000007Z"
        assert read_model.told_at(datetime(2026, 3, 1, tzinfo=UTC)) == "2026-03-01T00:00:00.000000Z"
