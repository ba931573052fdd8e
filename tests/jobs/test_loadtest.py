"""The load test without workers: what it sends, when, and how it reads lives."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from genomics.aws import s3
from genomics.users.models import Lab, User
from jobs import loadtest, storage, transitions
from jobs.errors import UploadRefusedError
from jobs.loadtest import Sample
from jobs.models import WITH_RESULT, Job, Status
from tests.jobs.factory import make_job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("aws")]

SAMPLE = Sample(name="a.vcf", content=b"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")


@pytest.fixture
def lab(free_user: User) -> Lab:
    return Lab.objects.of(free_user).get()


class TestSubmit:
    def test_brings_a_file_in_parts_to_a_waiting_job(self, free_user: User, lab: Lab) -> None:
        job = loadtest.submit(SAMPLE, user=free_user, lab=lab, clock=timezone.now)
        assert Job.objects.get(pk=job.pk).status == Status.PENDING
        stored = s3.read_head(storage.bucket(storage.INPUTS), key=job.input_key, length=1000)
        assert stored == SAMPLE.content

    def test_is_refused_like_anybody(self, free_user: User, lab: Lab) -> None:
        with pytest.raises(UploadRefusedError):
            loadtest.submit(Sample(name="a.pdf", content=b"%PDF"), user=free_user, lab=lab, clock=timezone.now)


class TestRun:
    def test_keeps_the_rate(self, free_user: User, lab: Lab) -> None:
        seen: list[Job] = []
        begin = timezone.now()
        jobs = loadtest.run(
            SAMPLE, user=free_user, lab=lab, jobs=3, per_second=5, clock=timezone.now, on_submitted=seen.append
        )
        assert seen == jobs
        assert timezone.now() - begin >= timedelta(seconds=0.4)


class TestWatch:
    def test_gives_up_after_its_patience_and_says_how_far_the_jobs_came(self, free_user: User, lab: Lab) -> None:
        first, second = (loadtest.submit(SAMPLE, user=free_user, lab=lab, clock=timezone.now) for _ in range(2))
        transitions.move(first, Status.CANCELLED, actor="user:1", now=timezone.now(), finished_at=timezone.now())
        told: list[int] = []
        lives = loadtest.watch([first, second], patience=timedelta(0), on_look=told.append)
        assert told == [1]
        assert {life.job_id: life.status for life in lives} == {
            first.pk: Status.CANCELLED,
            second.pk: Status.PENDING,
        }


class TestLives:
    def test_measures_from_the_submission_to_the_first_start_and_the_end(self, free_user: User, lab: Lab) -> None:
        begin = datetime(2026, 1, 1, tzinfo=UTC)
        job = loadtest.submit(SAMPLE, user=free_user, lab=lab, clock=lambda: begin)
        later = [begin + timedelta(seconds=seconds) for seconds in (2, 5, 7)]
        transitions.move(job, Status.RUNNING, actor="worker:a", now=later[0], lease_expires_at=later[2], attempt=1)
        transitions.move(job, Status.CANCELLED, actor="user:1", now=later[1], finished_at=later[1])
        (life,) = loadtest.lives([job.pk])
        assert (life.waited, life.took) == (timedelta(seconds=2), timedelta(seconds=5))

    @pytest.mark.parametrize("status", WITH_RESULT)
    def test_end_with_the_annotation_whatever_becomes_of_the_result(self, free_user: User, status: Status) -> None:
        job = make_job(free_user, now=datetime(2026, 1, 1, tzinfo=UTC), status=status)
        (life,) = loadtest.lives([job.pk])
        assert (life.status, life.took) == (Status.COMPLETED, timedelta(0))


class TestPercentile:
    def test_refuses_nothing(self) -> None:
        with pytest.raises(ValueError, match="no values"):
            loadtest.percentile([], share=0.5)

    def test_is_a_value_that_was_there(self) -> None:
        values = [timedelta(seconds=number) for number in range(1, 21)]
        assert loadtest.percentile(values, share=0.95) == timedelta(seconds=19)
