import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from genomics.aws import s3, s3_listing
from genomics.users.models import User
from jobs import storage
from jobs.auditing import Kind
from jobs.models import Job, Status
from tests.jobs.auditing.scenes import find, put
from tests.jobs.factory import make_job

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("aws")]


def _draft(user: User) -> Job:
    job = make_job(user, now=timezone.now(), status=Status.DRAFT)
    job.upload_id = s3.begin_upload(storage.bucket(storage.INPUTS), key=job.input_key)
    job.save(update_fields=["upload_id"])
    return job


def _open(role: str) -> list[str]:
    return [upload.key for upload in s3_listing.open_uploads(storage.bucket(role))]


class TestLook:
    def test_leaves_an_upload_in_use_alone(self, free_user: User) -> None:
        job = _draft(free_user)
        assert find(fix=True) == []
        assert _open(storage.INPUTS) == [job.input_key]

    def test_ends_uploads_whose_job_is_gone_or_has_ended(self, free_user: User) -> None:
        waiting = make_job(free_user, now=timezone.now(), status=Status.CANCELLED)
        gone = storage.input_key(lab_id=waiting.lab_id, job_id=uuid.uuid4())
        for key in (waiting.input_key, gone):
            s3.begin_upload(storage.bucket(storage.INPUTS), key=key)
        found = [row for row in find(fix=True) if row[0] == Kind.UPLOAD_WITHOUT_JOB]
        assert len(found) == 2
        assert all(mended for _, _, mended in found)
        assert _open(storage.INPUTS) == []

    def test_ends_a_second_upload_for_one_draft_only(self, free_user: User) -> None:
        job = _draft(free_user)
        s3.begin_upload(storage.bucket(storage.INPUTS), key=job.input_key)
        assert find(fix=True) == [(Kind.UPLOAD_WITHOUT_JOB, job.pk, True)]
        assert find() == []

    def test_keeps_what_is_young(self, free_user: User) -> None:
        s3.begin_upload(storage.bucket(storage.INPUTS), key=storage.input_key(lab_id=uuid.uuid4(), job_id=uuid.uuid4()))
        assert find(fix=True, after=timedelta(minutes=59)) == []
        assert len(_open(storage.INPUTS)) == 1

    def test_ends_the_upload_of_an_attempt_that_is_over(self, free_user: User) -> None:
        job = make_job(free_user, now=timezone.now(), status=Status.RUNNING)
        Job.objects.filter(pk=job.pk).update(lease_expires_at=timezone.now() + timedelta(days=1), attempt=2)
        for attempt in (1, 2):
            s3.begin_upload(storage.bucket(storage.RESULTS), key=f"{job.lab_id}/{job.pk}/{attempt}/result")
        assert [row for row in find(fix=True) if row[0] == Kind.UPLOAD_WITHOUT_JOB] == [
            (Kind.UPLOAD_WITHOUT_JOB, job.pk, True)
        ]
        assert _open(storage.RESULTS) == [f"{job.lab_id}/{job.pk}/2/result"]

    def test_keeps_the_upload_of_a_result_that_comes_back(self, free_user: User) -> None:
        job = make_job(free_user, now=timezone.now(), status=Status.RESTORING)
        s3.begin_upload(storage.bucket(storage.RESULTS), key=f"{job.lab_id}/{job.pk}/{job.attempt}/result")
        assert [row for row in find(fix=True) if row[0] == Kind.UPLOAD_WITHOUT_JOB] == []
        assert len(_open(storage.RESULTS)) == 1

    def test_gives_up_a_draft_whose_upload_is_gone(self, free_user: User) -> None:
        job = _draft(free_user)
        s3.abort_upload(storage.bucket(storage.INPUTS), key=job.input_key, upload_id=job.upload_id)
        assert find(after=timedelta(minutes=59)) == []
        assert find(fix=True) == [(Kind.DRAFT_WITHOUT_UPLOAD, job.pk, True)]
        job.refresh_from_db()
        assert job.status == Status.CANCELLED

    def test_keeps_a_draft_whose_parts_are_joined(self, free_user: User) -> None:
        job = _draft(free_user)
        s3.abort_upload(storage.bucket(storage.INPUTS), key=job.input_key, upload_id=job.upload_id)
        put(storage.INPUTS, key=job.input_key)
        assert find(fix=True) == []
