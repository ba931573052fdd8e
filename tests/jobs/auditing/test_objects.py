import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from genomics.users.models import Lab, User
from jobs import storage, transitions
from jobs.auditing import Kind as FindingKind
from jobs.auditing import Scope, objects
from jobs.models import ARCHIVABLE, Job, Kind, ResultFile, Status
from tests.genomics.localaws.fixtures import client
from tests.jobs.auditing.scenes import add_result, find, keys, put, whole_job
from tests.jobs.factory import make_job

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("aws")]


class TestLookAtInputs:
    def test_finds_nothing_where_all_fits(self, free_user: User, stranger: User) -> None:
        for user in (free_user, stranger):
            for _ in range(3):
                whole_job(user)
        assert find() == []

    def test_only_reports_a_missing_input(self, free_user: User) -> None:
        job = whole_job(free_user)
        client("s3").delete_object(Bucket=storage.bucket(storage.INPUTS), Key=job.input_key)
        for _ in range(2):
            assert find(fix=True) == [(FindingKind.INPUT_MISSING, job.pk, False)]

    def test_only_reports_an_input_of_another_size(self, free_user: User) -> None:
        job = whole_job(free_user)
        put(storage.INPUTS, key=job.input_key, content=b"another")
        assert find(fix=True) == [(FindingKind.INPUT_DIFFERS, job.pk, False)]
        assert keys(storage.INPUTS) == [job.input_key]

    def test_deletes_the_input_of_a_job_that_is_gone(self, free_user: User) -> None:
        job, gone = whole_job(free_user), uuid.uuid4()
        put(storage.INPUTS, key=storage.input_key(lab_id=job.lab_id, job_id=gone))
        assert find(fix=True) == [(FindingKind.OBJECT_WITHOUT_ROW, gone, True)]
        assert find() == []
        assert keys(storage.INPUTS) == [job.input_key]

    def test_deletes_the_input_of_a_cancelled_upload(self, free_user: User) -> None:
        job = make_job(free_user, now=timezone.now(), status=Status.DRAFT)
        put(storage.INPUTS, key=job.input_key)
        transitions.move(job, Status.CANCELLED, actor="user:1", now=timezone.now() + timedelta(hours=2))
        found = find(fix=True)
        assert (FindingKind.OBJECT_WITHOUT_ROW, job.pk, True) in found
        assert keys(storage.INPUTS) == []

    @pytest.mark.parametrize("status", [Status.PENDING, Status.FAILED, Status.CANCELLED])
    def test_keeps_the_input_of_every_submitted_job(self, free_user: User, status: Status) -> None:
        job = whole_job(free_user, status=status)
        assert not [kind for kind, _, _ in find(fix=True) if kind == FindingKind.OBJECT_WITHOUT_ROW]
        assert keys(storage.INPUTS) == [job.input_key]

    def test_keeps_what_is_young(self, free_user: User) -> None:
        put(storage.INPUTS, key=storage.input_key(lab_id=uuid.uuid4(), job_id=uuid.uuid4()))
        assert find(fix=True, after=timedelta(minutes=59)) == []
        assert len(keys(storage.INPUTS)) == 1

    def test_leaves_the_bytes_of_a_deleted_job_to_its_removal(self, free_user: User) -> None:
        job = whole_job(free_user, status=Status.CANCELLED)
        transitions.hide(job, actor="user:1", now=timezone.now() + timedelta(hours=2), note="")
        kinds = {kind for kind, _, _ in find(fix=True)}
        assert FindingKind.OBJECT_WITHOUT_ROW not in kinds
        assert keys(storage.INPUTS) == [job.input_key]

    def test_only_reports_objects_with_keys_unlike_ours(self) -> None:
        for key in ("somebody's file", f"{uuid.uuid4()}/input"):
            put(storage.INPUTS, key=key)
        assert find(fix=True) == [(FindingKind.OBJECT_UNKNOWN, None, False)]
        assert len(keys(storage.INPUTS)) == 2

    def test_tells_apart_what_lies_between_jobs(self, free_user: User) -> None:
        jobs = sorted((whole_job(free_user) for _ in range(5)), key=lambda job: job.pk)
        lost, gone = jobs[2], uuid.uuid4()
        client("s3").delete_object(Bucket=storage.bucket(storage.INPUTS), Key=lost.input_key)
        put(storage.INPUTS, key=storage.input_key(lab_id=lost.lab_id, job_id=gone))
        assert set(find()) == {
            (FindingKind.INPUT_MISSING, lost.pk, False),
            (FindingKind.OBJECT_WITHOUT_ROW, gone, False),
        }


def _with_result(user: User, *, status: Status, kind: Kind) -> Job:
    """This function will give a job with one file of that kind, which lies in the results bucket."""
    job = whole_job(user, status=status)
    add_result(job)
    job.files.update(kind=kind)
    return job


class TestLookAtResults:
    def test_only_reports_a_missing_file(self, free_user: User) -> None:
        job = whole_job(free_user)
        client("s3").delete_object(Bucket=storage.bucket(storage.RESULTS), Key=job.files.get().key)
        for _ in range(2):
            assert find(fix=True) == [(FindingKind.RESULT_MISSING, job.pk, False)]
        assert job.files.count() == 1

    @pytest.mark.parametrize("status", [Status.ARCHIVED, Status.RESTORING])
    @pytest.mark.parametrize("kind", ARCHIVABLE)
    def test_misses_no_file_that_rests(self, free_user: User, status: Status, kind: Kind) -> None:
        job = _with_result(free_user, status=status, kind=kind)
        client("s3").delete_object(Bucket=storage.bucket(storage.RESULTS), Key=job.files.get().key)
        assert find(fix=True) == []

    def test_lets_the_hot_copy_of_a_file_that_rests_be(self, free_user: User) -> None:
        job = _with_result(free_user, status=Status.ARCHIVED, kind=Kind.VCF)
        assert find(fix=True) == []
        assert keys(storage.RESULTS) == [job.files.get().key]

    @pytest.mark.parametrize(("status", "kind"), [(Status.ARCHIVING, Kind.VCF), (Status.ARCHIVED, Kind.INDEX)])
    def test_misses_what_does_not_rest(self, free_user: User, status: Status, kind: Kind) -> None:
        job = _with_result(free_user, status=status, kind=kind)
        client("s3").delete_object(Bucket=storage.bucket(storage.RESULTS), Key=job.files.get().key)
        assert find() == [(FindingKind.RESULT_MISSING, job.pk, False)]

    def test_only_reports_a_file_of_another_size(self, free_user: User) -> None:
        job = whole_job(free_user)
        put(storage.RESULTS, key=job.files.get().key, content=b"cut")
        assert find(fix=True) == [(FindingKind.RESULT_DIFFERS, job.pk, False)]
        assert keys(storage.RESULTS) == [job.files.get().key]

    def test_deletes_what_earlier_attempts_left(self, free_user: User) -> None:
        job = whole_job(free_user)
        put(storage.RESULTS, key=f"{job.lab_id}/{job.pk}/0/result.vcf.gz")
        put(storage.RESULTS, key=f"{storage.attempt_prefix(job)}left.json")
        assert find(fix=True) == [(FindingKind.OBJECT_WITHOUT_ROW, job.pk, True)] * 2
        assert keys(storage.RESULTS) == [job.files.get().key]
        assert find() == []

    def test_never_touches_a_running_attempt(self, free_user: User) -> None:
        job = whole_job(free_user, status=Status.RUNNING)
        Job.objects.filter(pk=job.pk).update(lease_expires_at=timezone.now() + timedelta(days=1))
        put(storage.RESULTS, key=f"{storage.attempt_prefix(job)}result.vcf.gz")
        assert find(fix=True) == []
        assert len(keys(storage.RESULTS)) == 1

    def test_looks_again_right_before_it_deletes(self, free_user: User) -> None:
        """A row may come to name the object after it was found: here while the finding is handed over."""
        job = whole_job(free_user)
        ResultFile.objects.all().delete()
        now = timezone.now() + timedelta(hours=2)
        for finding in objects.look_at_results(Scope(now=now, older_than=timedelta(hours=1))):
            add_result(job)
            assert finding.mend
            assert finding.mend()
        assert keys(storage.RESULTS) == [job.files.get().key]

    def test_keeps_to_a_lab_or_a_job(self, free_user: User, stranger: User) -> None:
        ours, theirs = whole_job(free_user), whole_job(stranger)
        for job in (ours, theirs):
            put(storage.RESULTS, key=f"{job.lab_id}/{job.pk}/0/left")
            put(storage.INPUTS, key=storage.input_key(lab_id=job.lab_id, job_id=uuid.UUID(int=job.pk.int ^ 1)))
        lab = Lab.objects.of(free_user)[0].pk
        assert {found[1] for found in find(lab=lab)} == {ours.pk, uuid.UUID(int=ours.pk.int ^ 1)}
        assert {found[1] for found in find(job=theirs.pk)} == {theirs.pk}
        gone = uuid.UUID(int=theirs.pk.int ^ 1)
        assert find(job=gone, fix=True) == [(FindingKind.OBJECT_WITHOUT_ROW, gone, True)]
