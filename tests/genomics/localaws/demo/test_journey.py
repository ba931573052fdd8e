"""The demonstration's way into the vault and back believes nothing but bytes."""

import threading
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests
from django.utils import timezone

from archive.models import ArchivedFile
from billing.models import Basis, EntitlementChange
from genomics.localaws.demo import journey
from genomics.localaws.demo.browser import Browser, JobState, StoredFile
from genomics.localaws.demo.journey import Journey
from genomics.localaws.demo.payer import Payer
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
_AWAY, _BACK = ("COMPLETED", "ARCHIVING", "ARCHIVED"), ("RESTORING", "COMPLETED", "COMPLETED")
_WAY = [replace(_HOT, status=status) for status in (*_AWAY, *_BACK, "COMPLETED", "ARCHIVED")]


class _FakeBrowser(Browser):
    """A site on which a job goes through given states, each for one look; the last one stays."""

    def __init__(self, states: list[JobState], *, back: bytes = b"made", closed: bool = True) -> None:
        super().__init__("http://localhost:1")
        self._states = list(states)
        self._back = back
        self._closed = closed
        self._now = states[0]
        self._was_away = False

    def state(self, job: object) -> JobState:
        del job
        self._now = self._states.pop(0) if len(self._states) > 1 else self._states[0]
        self._was_away = self._was_away or self._now.status == "RESTORING"
        return self._now

    def download(self, file: StoredFile) -> bytes:
        if self._now.status == "ARCHIVED" and self._closed:
            answer = requests.Response()
            answer.status_code = 409
            raise requests.HTTPError(response=answer)
        return self._back if self._was_away else b"made"


class _FakePayer(Payer):
    """A person whose payments take effect at once, unless Stripe never tells of them."""

    def __init__(self, lab: uuid.UUID, *, is_heard: bool = True) -> None:
        super().__init__(Browser("http://localhost:1"), lab)
        self._lab = lab
        self._is_heard = is_heard
        self._version = 0

    def promise(self) -> str:
        return "1 result"

    def progress(self) -> str:
        return "1 of 1 back"

    def state(self) -> str:
        return "Ended"

    def subscribe(self) -> None:
        self._become(Plan.PREMIUM)

    def cancel(self) -> str:
        return "Cancelled"

    def move_time(self, by: timedelta) -> None:
        self._become(Plan.GRACE if by > timedelta(days=30) else Plan.FREE)

    def _become(self, plan: Plan) -> None:
        self._version += 1
        EntitlementChange.objects.create(
            lab_id=self._lab,
            version=self._version,
            plan_before=Plan.FREE,
            plan=plan,
            basis=Basis.SUBSCRIPTION,
            actor="billing:evt_1",
            reason="So it is.",
            created_at=timezone.now(),
        )
        if self._is_heard:
            Lab.objects.filter(pk=self._lab).update(plan=plan)


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
    payer = options.get("payer", _FakePayer(job.lab_id))
    Journey(browser, job.pk, payer=payer, say=said.append).tell(stopping=options.get("stopping", threading.Event()))
    return said


class TestJourney:
    def test_tells_each_step_and_compares_the_bytes(self, job: Job) -> None:
        said = _tell(job, _FakeBrowser([_HOT, *_WAY]))
        statuses = [line.split("status")[1].strip() for line in said if "status" in line]
        assert statuses == ["COMPLETED", "ARCHIVING", "ARCHIVED", "RESTORING", "COMPLETED", "COMPLETED", "ARCHIVED"]
        assert said[-1] == "correct   every byte came back, and the lab has what it pays for"
        assert any("HTTP 409" in line for line in said)
        assert any("in tier Expedited" in line for line in said)
        plans = [line.split("plan")[1].split(":")[0].strip() for line in said if " plan " in line]
        assert plans == ["PREMIUM", "GRACE", "FREE"]

    def test_fails_when_stripe_never_tells(self, job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(journey, "PATIENCE_SECONDS", 0.05)
        with pytest.raises(DemoFailedError, match="not on plan PREMIUM"):
            _tell(job, _FakeBrowser([_HOT, *_WAY]), payer=_FakePayer(job.lab_id, is_heard=False))

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
    def test_founds_a_lab_that_has_never_paid_and_chooses_it(self, premium_user: User, now: datetime) -> None:
        lab = Lab.objects.get(pk=journey.prepare(premium_user.email, now=now))
        premium_user.refresh_from_db()
        assert (lab.plan, premium_user.current_lab) == (Plan.FREE, lab)
