"""The demonstration's way into the vault and back believes nothing but bytes."""

import threading
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
import requests

from archive.models import ArchivedFile
from genomics.localaws.demo import journey
from genomics.localaws.demo.browser import Browser, JobState, StoredFile
from genomics.localaws.demo.journey import Journey
from genomics.localaws.demo.story import DemoFailedError
from genomics.users.limits import Plan
from genomics.users.models import Lab, User
from jobs.models import Job
from tests.archive.factory import make_archived_file, make_retrieval
from tests.jobs.factory import make_job

_FILES = tuple(
    StoredFile(kind=kind, name=f"small.{kind.lower()}", size_bytes=4, url=f"/{kind}/") for kind in ("VCF", "TABLE")
)
_HOT = JobState(
    status="COMPLETED",
    stage="",
    fraction=1,
    records_done=1,
    read=1,
    annotated=1,
    passed=0,
    rejected=0,
    failure="",
    files=_FILES,
)
_WAY = [replace(_HOT, status=status) for status in ("COMPLETED", "ARCHIVING", "ARCHIVED", "RESTORING", "COMPLETED")]


class _FakeBrowser(Browser):
    """A site on which a job goes through given states, each for one look; the last one stays."""

    def __init__(self, states: list[JobState], *, back: bytes = b"made", closed: bool = True) -> None:
        super().__init__("http://localhost:1")
        self._states = list(states)
        self._back = back
        self._closed = closed
        self._now = states[0]

    def state(self, job: object) -> JobState:
        del job
        self._now = self._states.pop(0) if len(self._states) > 1 else self._states[0]
        return self._now

    def download(self, file: StoredFile) -> bytes:
        if self._now.status == "ARCHIVED" and self._closed:
            answer = requests.Response()
            answer.status_code = 409
            raise requests.HTTPError(response=answer)
        return self._back if len(self._states) == 1 else b"made"


@pytest.fixture
def job(free_user: User, now: datetime) -> Job:
    job = make_job(free_user, now=now)
    make_retrieval(make_archived_file(job, now=now, hot_deleted_at=now), now=now)
    return job


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journey, "POLL_SECONDS", 0)


def _tell(job: Job, browser: Browser, **options: Any) -> list[str]:
    said: list[str] = []
    Journey(browser, job.pk, say=said.append).tell(stopping=options.get("stopping", threading.Event()))
    return said


class TestJourney:
    def test_tells_each_step_and_compares_the_bytes(self, job: Job) -> None:
        said = _tell(job, _FakeBrowser([_HOT, *_WAY]))
        statuses = [line.split("status")[1].strip() for line in said if "status" in line]
        assert statuses == ["COMPLETED", "ARCHIVING", "ARCHIVED", "RESTORING", "COMPLETED"]
        assert said[-1] == "correct   every byte is back"
        assert any("HTTP 409" in line for line in said)
        assert any("in tier Expedited" in line for line in said)
        assert Lab.objects.get(pk=job.lab_id).plan == Plan.PREMIUM

    def test_fails_when_other_bytes_come_back(self, job: Job) -> None:
        with pytest.raises(DemoFailedError, match="did not come back as it was made"):
            _tell(job, _FakeBrowser([_HOT, *_WAY], back=b"other"))

    def test_fails_when_a_resting_file_can_be_downloaded(self, job: Job) -> None:
        with pytest.raises(DemoFailedError, match="although it rests"):
            _tell(job, _FakeBrowser([_HOT, *_WAY], closed=False))

    def test_fails_when_nothing_happens(self, job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(journey, "PATIENCE_SECONDS", 0)
        with pytest.raises(DemoFailedError, match="still COMPLETED"):
            _tell(job, _FakeBrowser([_HOT]))

    def test_fails_when_hot_copies_stay(self, job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
        ArchivedFile.objects.update(hot_deleted_at=None)
        monkeypatch.setattr(journey, "PATIENCE_SECONDS", 0.05)
        with pytest.raises(DemoFailedError, match="hot copies are still there"):
            _tell(job, _FakeBrowser([_HOT, *_WAY]))

    def test_fails_without_the_files(self, job: Job) -> None:
        with pytest.raises(DemoFailedError, match="without VCF and TABLE"):
            _tell(job, _FakeBrowser([replace(_HOT, files=())]))

    def test_ends_early_when_the_stack_stops(self, job: Job) -> None:
        stopping = threading.Event()
        stopping.set()
        assert not any("correct" in line for line in _tell(job, _FakeBrowser([_HOT]), stopping=stopping))


@pytest.mark.django_db
class TestPrepare:
    def test_lets_results_go_to_sleep_again(self, premium_user: User) -> None:
        journey.prepare(premium_user.email)
        assert Lab.objects.of(premium_user)[0].plan == Plan.FREE
