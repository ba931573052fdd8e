import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from genomics.users.models import User
from jobs import lease, transitions
from jobs.errors import LeaseLostError
from jobs.models import Job, Status
from tests.jobs.factory import make_job

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def running(free_user: User, now: datetime, settings: Any) -> Job:
    settings.LEASE_RENEWAL = timedelta(seconds=0.02)
    return make_job(free_user, now=now, status=Status.RUNNING)


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def _expires_at() -> datetime:
    moment = Job.objects.get().lease_expires_at
    assert moment is not None
    return moment


class TestKept:
    def test_renews_the_lease_and_the_message_until_the_block_ends(self, running: Job) -> None:
        renewed = threading.Event()
        with lease.kept(running, clock=timezone.now, renew_message=renewed.set) as held:
            _until(lambda: _expires_at() > timezone.now())
            assert renewed.wait(30)
            held.check()
        Job.objects.update(lease_expires_at=timezone.now() - timedelta(days=1))
        time.sleep(0.1)
        assert _expires_at() < timezone.now()

    def test_notices_that_the_job_belongs_to_somebody_else(self, running: Job) -> None:
        with lease.kept(running, clock=timezone.now, renew_message=lambda: None) as held:
            Job.objects.update(attempt=running.attempt + 1)

            def lost() -> bool:
                try:
                    held.check()
                except LeaseLostError:
                    return True
                return False

            _until(lost)

    def test_goes_on_after_a_fault_of_the_database(self, running: Job, monkeypatch: pytest.MonkeyPatch) -> None:
        original, faults = transitions.renew_lease, [1, 2]

        def fail_twice(job: Job, *, until: datetime) -> bool:
            if faults:
                faults.pop()
                raise OperationalError("the connection is gone")
            return original(job, until=until)

        monkeypatch.setattr(transitions, "renew_lease", fail_twice)
        with lease.kept(running, clock=timezone.now, renew_message=lambda: None) as held:
            _until(lambda: not faults and _expires_at() > timezone.now())
            held.check()
