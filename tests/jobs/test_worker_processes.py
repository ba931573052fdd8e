"""Real Celery workers on real SQS messages, killed and stopped in the middle of a job."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from genomics.aws import s3
from genomics.users.models import User
from jobs import dispatch, storage
from jobs.models import Job, Kind, Status
from tests import annotators
from tests.jobs import files, upload_client

pytestmark = [pytest.mark.stack, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("aws")]

_LEASE_SECONDS = 2.0
_PATIENCE_SECONDS = 60


class WorkerProcess:
    """One annotation worker as an operator starts it, in a session of its own."""

    def __init__(self, log: Path) -> None:
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "celery", "-A", "genomics", "worker", "-Q", "annotation", "-c", "1"),
                    *("-P", "prefork", "--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "INFO"),
                ],
                env={**os.environ, "DATABASE_URL": _database_url(), "LEASE_SECONDS": str(_LEASE_SECONDS)}
                | {"LEASE_RENEWAL_SECONDS": "0.5"},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """This function will ask the worker to stop now, long before the job would end, and wait until it has."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(timeout=20)

    @property
    def runs(self) -> bool:
        return self._process.poll() is None

    @property
    def said(self) -> str:
        return self._log.read_text(errors="replace")


@pytest.fixture
def start_worker(tmp_path: Path) -> Iterator[Callable[[], WorkerProcess]]:
    workers: list[WorkerProcess] = []

    def start() -> WorkerProcess:
        workers.append(WorkerProcess(tmp_path / f"worker-{len(workers)}.log"))
        return workers[-1]

    yield start
    for worker in workers:
        if worker.runs:
            worker.kill()


@pytest.fixture
def long_job(client_of: Callable[[User], Client], premium_user: User) -> Job:
    """This function will give a submitted job that keeps a worker busy for a while."""
    records = (f"chr1\t{10_000 + number * 10}\t.\tN\tA,C\t.\t.\tDP=1\tGT\t0/1\n" for number in range(200_000))
    content = (files.HEADER + "".join(records)).encode()
    answer = upload_client.upload(client_of(premium_user), name="long.vcf", content=content)
    return Job.objects.get(pk=answer.json()["job"])


def _database_url() -> str:
    database: dict[str, Any] = connection.settings_dict
    return f"postgresql://{database['USER']}:{database['PASSWORD']}@/{database['NAME']}?host={database['HOST']}"


def _wait(job: Job, condition: Callable[[Job], bool], worker: WorkerProcess) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while True:
        job.refresh_from_db()
        if condition(job):
            return
        assert time.monotonic() < end, f"{job.status} {job.stage} {job.fraction}\n{worker.said}"
        time.sleep(0.05)


def _completed_with_sweeps(job: Job) -> bool:
    dispatch.sweep(now=timezone.now())
    return job.status == Status.COMPLETED


def _stored(job: Job) -> list[str]:
    return s3.keys_under(storage.bucket(storage.RESULTS), prefix=f"{job.lab_id}/{job.pk}/")


def _assert_one_result(job: Job) -> None:
    keys = _stored(job)
    assert sorted(keys) == sorted(job.files.values_list("key", flat=True))
    assert {Kind(file.kind) for file in job.files.all()} == set(Kind) - {Kind.INPUT}
    assert job.records_read == 200_000


class TestKill:
    def test_in_the_middle_of_a_job_ends_in_one_result(
        self, start_worker: Callable[[], WorkerProcess], long_job: Job
    ) -> None:
        first = start_worker()
        annotators.freeze(first.pid)
        first.kill()
        time.sleep(_LEASE_SECONDS)
        assert dispatch.sweep(now=timezone.now()) == 1
        second = start_worker()
        _wait(long_job, lambda job: job.status == Status.COMPLETED, second)
        assert long_job.attempt == 2
        _assert_one_result(long_job)
        _wait(long_job, lambda _: not any(entry.is_dir() for entry in settings.WORK_DIR.iterdir()), second)


class TestStop:
    def test_in_the_middle_of_a_job_gives_it_back(
        self, start_worker: Callable[[], WorkerProcess], long_job: Job
    ) -> None:
        first = start_worker()
        annotators.freeze(first.pid)
        first.stop()
        long_job.refresh_from_db()
        assert long_job.status == Status.PENDING, first.said
        assert long_job.attempts_allowed - long_job.attempt == settings.MAX_ATTEMPTS
        second = start_worker()
        _wait(long_job, lambda job: job.status == Status.COMPLETED, second)
        _assert_one_result(long_job)


class TestCancel:
    def test_of_a_running_job_stops_its_worker(
        self, start_worker: Callable[[], WorkerProcess], long_job: Job, client_of: Callable[[User], Client]
    ) -> None:
        worker = start_worker()
        annotators.freeze(worker.pid)
        client_of(long_job.owner).post(f"/jobs/{long_job.pk}/cancel/")
        _wait(long_job, lambda _: "no longer belongs to attempt" in worker.said, worker)
        assert (long_job.status, long_job.files.count()) == (Status.CANCELLED, 0)
        _wait(long_job, lambda _: not _stored(long_job), worker)


class TestOutage:
    def test_of_the_queue_does_not_end_the_worker(
        self, start_worker: Callable[[], WorkerProcess], local_aws: Any, long_job: Job, settings: Any
    ) -> None:
        settings.HINT_TIMEOUT = timedelta(seconds=2)
        worker = start_worker()
        _wait(long_job, lambda job: job.status == Status.RUNNING, worker)
        local_aws.stop()
        try:
            time.sleep(3)
            assert worker.runs, worker.said
        finally:
            local_aws.start()
        _wait(long_job, _completed_with_sweeps, worker)
        _assert_one_result(long_job)
        assert worker.runs
