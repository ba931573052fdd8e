"""`manage.py loadtest`; a thread takes the worker's place."""

import threading
from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from genomics.users.models import User
from jobs import dispatch, transitions
from jobs.models import Job, Status

_COUNTS = {"records_read": 0, "records_annotated": 0, "records_passed": 0, "records_rejected": 0}


def _work(over: threading.Event) -> None:
    """This function will bring each waiting job to an end without looking at it."""
    try:
        while not over.wait(0.02):
            while job := dispatch.claim("host:1", now=timezone.now()):
                now = timezone.now()
                transitions.move(job, Status.COMPLETED, actor="worker:host:1", now=now, finished_at=now, **_COUNTS)  # type: ignore[arg-type]
    finally:
        connection.close()


@pytest.fixture
def worker(transactional_db: None, aws: object) -> Iterator[None]:
    over = threading.Event()
    thread = threading.Thread(target=_work, args=[over])
    thread.start()
    yield
    over.set()
    thread.join()


class TestLoadtest:
    @pytest.mark.usefixtures("worker")
    def test_tells_rates_and_latencies_and_leaves_the_jobs(self, free_user: User) -> None:
        said = StringIO()
        call_command("loadtest", user=free_user.email.upper(), jobs=3, rate=20.0, stdout=said)
        assert "3 COMPLETED" in said.getvalue()
        assert "submit to start" in said.getvalue()
        assert Job.objects.filter(owner=free_user, deleted_at=None).count() == 3

    @pytest.mark.usefixtures("worker")
    def test_deletes_its_own_jobs_when_asked(self, free_user: User) -> None:
        call_command("loadtest", user=free_user.email, jobs=1, stdout=StringIO())
        call_command("loadtest", user=free_user.email, jobs=2, rate=20.0, delete=True, stdout=StringIO())
        assert Job.objects.filter(owner=free_user, deleted_at=None).count() == 1

    @pytest.mark.django_db
    @pytest.mark.usefixtures("aws")
    def test_fails_when_jobs_do_not_end(self, free_user: User) -> None:
        with pytest.raises(CommandError, match="1 of 1 jobs have not come to a result"):
            call_command("loadtest", user=free_user.email, jobs=1, patience=0.1, stdout=StringIO())

    @pytest.mark.parametrize(
        ("option", "said"),
        [
            ("--rate=-1", "argument --rate: must be a positive number"),
            ("--rate=inf", "argument --rate: must be a positive number"),
            ("--rate=fast", "argument --rate: must be a positive number"),
            ("--jobs=0", "argument --jobs: must be a positive whole number"),
            ("--jobs=1.5", "argument --jobs: must be a positive whole number"),
        ],
    )
    def test_says_which_numbers_it_takes(self, option: str, said: str) -> None:
        with pytest.raises(CommandError, match=said):
            call_command("loadtest", option, user="nobody@genomics.example")

    @pytest.mark.django_db
    def test_refuses_strangers_and_other_peoples_labs(self, free_user: User, stranger: User) -> None:
        with pytest.raises(CommandError, match="There is no user"):
            call_command("loadtest", user="nobody@genomics.example")
        with pytest.raises(CommandError, match="is not a member"):
            call_command("loadtest", user=free_user.email, lab=stranger.labs.get().pk)
