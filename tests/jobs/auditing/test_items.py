import uuid
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from genomics.users.models import Lab, User
from jobs import publishing, read_model, transitions
from jobs.auditing import Kind, items
from jobs.models import JobEvent, Status
from tests.genomics.localaws.fixtures import client
from tests.jobs.auditing.scenes import find, whole_job

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("aws")]

TABLE = settings.STACK.tables["jobs"]


def _put(job_id: object, **attributes: dict[str, str]) -> None:
    client("dynamodb").put_item(TableName=TABLE, Item={"job_id": {"S": str(job_id)}, **attributes})


class TestLook:
    def test_finds_nothing_where_all_fits(self, free_user: User) -> None:
        for status in (Status.PENDING, Status.COMPLETED, Status.FAILED, Status.CANCELLED):
            whole_job(free_user, status=status)
        found = find()
        assert [kind for kind, _, _ in found if kind.name.startswith("ITEM")] == []

    def test_finds_and_writes_a_missing_item(self, free_user: User) -> None:
        job = whole_job(free_user)
        read_model.drop(job.pk)
        assert find() == [(Kind.ITEM_MISSING, job.pk, False)]
        assert find(fix=True) == [(Kind.ITEM_MISSING, job.pk, True)]
        assert find() == []

    @pytest.mark.parametrize(
        "wrong",
        [
            {"sequence": {"N": "2"}, "status": {"S": "RUNNING"}},
            {"sequence": {"N": "7"}, "status": {"S": "FAILED"}},
            {"sequence": {"N": "3"}, "status": {"S": "COMPLETED"}},
            {},
        ],
    )
    def test_finds_and_mends_a_stale_or_foreign_item(self, free_user: User, wrong: dict[str, dict[str, str]]) -> None:
        job = whole_job(free_user)
        _put(job.pk, **wrong, restored_at={"S": "then"})
        assert find(fix=True) == [(Kind.ITEM_DIFFERS, job.pk, True)]
        assert find() == []
        stored = client("dynamodb").get_item(TableName=TABLE, Key={"job_id": {"S": str(job.pk)}})["Item"]
        assert stored["restored_at"] == {"S": "then"}

    def test_finds_and_deletes_the_item_of_a_job_that_is_gone(self, free_user: User) -> None:
        job = whole_job(free_user)
        gone = uuid.uuid4()
        _put(gone)
        assert find(fix=True) == [(Kind.ITEM_WITHOUT_JOB, gone, True)]
        assert find() == []
        assert list(read_model.read([job.pk, gone])) == [str(job.pk)]

    def test_finds_the_item_of_a_deleted_job(self, free_user: User) -> None:
        job = whole_job(free_user, status=Status.CANCELLED)
        transitions.hide(job, actor="user:1", now=timezone.now(), note="")
        publishing.publish(now=timezone.now())
        _put(job.pk)
        kinds = [kind for kind, _, _ in find(job=job.pk, after=timedelta(0))]
        assert kinds == [Kind.ITEM_WITHOUT_JOB]

    def test_only_reports_an_item_that_is_not_ours(self) -> None:
        _put("something")
        for _ in range(2):
            assert find(fix=True) == [(Kind.ITEM_UNKNOWN, None, False)]

    def test_leaves_what_waits_for_the_publisher_to_it(self, free_user: User) -> None:
        job = whole_job(free_user)
        JobEvent.objects.filter(job=job, sequence=3).update(published_at=None)
        read_model.drop(job.pk)
        assert list(items._confirmed(job.pk)) == []

    def test_goes_through_many_jobs(self, free_user: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(read_model, "READ_BATCH", 2)
        jobs = [whole_job(free_user, status=Status.CANCELLED) for _ in range(5)]
        for job in jobs[::2]:
            read_model.drop(job.pk)
        assert sorted(found[1] for found in find(fix=True) if found[1]) == sorted(job.pk for job in jobs[::2])

    @pytest.mark.usefixtures("publisher_at_work")
    def test_leaves_a_finding_when_a_publisher_never_rests(
        self, free_user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(items, "_TRIES", 2)
        gone = uuid.uuid4()
        _put(gone)
        assert find(fix=True) == [(Kind.ITEM_WITHOUT_JOB, gone, False)]


class TestScope:
    def test_keeps_to_a_lab_or_a_job(self, free_user: User, stranger: User) -> None:
        ours, also_ours, theirs = (whole_job(user) for user in (free_user, free_user, stranger))
        for job in (ours, also_ours, theirs):
            read_model.drop(job.pk)
        lab = Lab.objects.of(free_user)[0].pk
        assert {found[1] for found in find(lab=lab)} == {ours.pk, also_ours.pk}
        assert {found[1] for found in find(job=theirs.pk)} == {theirs.pk}

    def test_finds_the_item_of_a_lab_whose_job_is_gone(self, free_user: User, stranger: User) -> None:
        gone, lab = uuid.uuid4(), Lab.objects.of(free_user)[0].pk
        _put(gone, lab_id={"S": str(lab)})
        assert find(lab=lab) == find(job=gone) == [(Kind.ITEM_WITHOUT_JOB, gone, False)]
        assert find(lab=Lab.objects.of(stranger)[0].pk) == []
