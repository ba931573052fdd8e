"""The demonstration's second part: a result goes to sleep, its lab subscribes, and it comes back as it was.

Then the lab cancels, time passes, and the result goes to sleep again.
"""

import hashlib
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import requests
from django.conf import settings

from archive.models import ArchivedFile
from billing.models import EntitlementChange
from genomics.localaws.demo.browser import Browser, JobState, StoredFile
from genomics.localaws.demo.payer import Payer
from genomics.localaws.demo.story import POLL_SECONDS, DemoFailedError
from genomics.users.limits import Plan
from genomics.users.models import Lab, User
from jobs.models import Job

PATIENCE_SECONDS = 300.0
_MONTH = timedelta(days=32)  # longer than any month
_RESTING = ("VCF", "TABLE")

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """A file as it was downloaded before it went to sleep."""

    file: StoredFile
    sha256: str


class Journey:
    """One way into the vault and back; `say` writes a line to the terminal."""

    def __init__(self, browser: Browser, job: uuid.UUID, *, payer: Payer, say: Say) -> None:
        self._browser = browser
        self._job = job
        self._payer = payer
        self._say = say
        self._begin = time.monotonic()

    def tell(self, *, stopping: threading.Event) -> None:
        """This function will follow the result and compare its bytes. Raises DemoFailedError.

        It returns early when the stack is stopped.
        """
        kept = self._download()
        for one in kept:
            self._step(f"made      {one.sha256}  {one.file.name}")
        self._follow("ARCHIVED", stopping=stopping)
        if stopping.is_set():
            return
        self._step(f"resting   {self._refusal(kept[0].file)}")
        self._tell_archives()
        self._wait_cold(stopping=stopping)
        self._subscribe(stopping=stopping)
        self._follow("COMPLETED", stopping=stopping)
        if stopping.is_set():
            return
        self._tell_retrievals()
        for before, after in zip(kept, self._download(), strict=True):
            self._step(f"back      {after.sha256}  {after.file.name}")
            if before.sha256 != after.sha256:
                raise DemoFailedError(f"{after.file.name} did not come back as it was made.")
        self._step(f"page      {self._payer.progress()}")
        self._cancel(stopping=stopping)
        self._follow("ARCHIVED", stopping=stopping)
        if not stopping.is_set():
            self._say("correct   every byte came back, and the lab has what it pays for")

    def _subscribe(self, *, stopping: threading.Event) -> None:
        self._step(f"promise   {self._payer.promise()}")
        self._payer.subscribe()
        self._step("paid      at Stripe's checkout, with 3-D Secure; the window is closed, so the webhook must tell")
        self._await_plan(Plan.PREMIUM, stopping=stopping)

    def _cancel(self, *, stopping: threading.Event) -> None:
        self._step(f"cancelled {self._payer.cancel()}")
        self._payer.move_time(_MONTH)
        self._await_plan(Plan.GRACE, stopping=stopping)
        self._step(f"page      {self._payer.state()}")
        self._payer.move_time(settings.BILLING_GRACE)
        self._await_plan(Plan.FREE, stopping=stopping)

    def _await_plan(self, plan: Plan, *, stopping: threading.Event) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while Lab.objects.values_list("plan", flat=True).get(pk=self._lab) != plan:
            if stopping.wait(POLL_SECONDS):
                return
            if time.monotonic() > deadline:
                raise DemoFailedError(f"The lab is not on plan {plan} after {PATIENCE_SECONDS:.0f} s.")
        change = EntitlementChange.objects.filter(lab=self._lab).latest("version")
        self._step(f"plan      {plan}: {change.reason} ({change.actor})")

    def _download(self) -> list[_Kept]:
        state = self._browser.state(self._job)
        files = [file for kind in _RESTING if (file := state.file(kind)) is not None]
        if len(files) != len(_RESTING):
            raise DemoFailedError(f"The job is {state.status} without {' and '.join(_RESTING)}.")
        return [_Kept(file=file, sha256=_sha256(self._browser.download(file))) for file in files]

    def _follow(self, end: str, *, stopping: threading.Event) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        told = ""
        while True:
            state: JobState = self._browser.state(self._job)
            if state.status != told:
                self._step(f"status    {state.status}")
                told = state.status
            if state.status == end or stopping.wait(POLL_SECONDS):
                return
            if time.monotonic() > deadline:
                raise DemoFailedError(f"The job is still {state.status} after {PATIENCE_SECONDS:.0f} s.")

    def _wait_cold(self, *, stopping: threading.Event) -> None:
        """This function will wait until the vault alone has the files: hot copies outlive the links to them."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while ArchivedFile.objects.still_hot().filter(job=self._job).exists() and not stopping.wait(POLL_SECONDS):
            if time.monotonic() > deadline:
                raise DemoFailedError(f"The hot copies are still there after {PATIENCE_SECONDS:.0f} s.")
        self._step("deleted   the hot copies")

    def _refusal(self, file: StoredFile) -> str:
        """This function will ask for a file that rests, and give what is answered."""
        try:
            self._browser.download(file)
        except requests.HTTPError as error:
            return f"{file.name} cannot be downloaded now (HTTP {error.response.status_code})"
        raise DemoFailedError(f"{file.name} can be downloaded although it rests.")

    def _tell_archives(self) -> None:
        for archived in ArchivedFile.objects.at_rest().filter(job=self._job).select_related("file"):
            place = archived.storage_class or archived.get_vault_display()
            self._step(f"archived  {archived.sha256}  {archived.file.name} in {place}")

    def _tell_retrievals(self) -> None:
        for archived in ArchivedFile.objects.filter(job=self._job).select_related("file"):
            for retrieval in archived.retrievals.order_by("intended_at"):
                waited = f", ready after {retrieval.waited.total_seconds():.1f} s" if retrieval.waited else ""
                self._step(f"retrieved {archived.file.name} in tier {retrieval.get_tier_display()}{waited}")

    def _step(self, text: str) -> None:
        self._say(f"{time.monotonic() - self._begin:6.1f} s  {text}")

    @property
    def _lab(self) -> uuid.UUID:
        return Job.objects.values_list("lab", flat=True).get(pk=self._job)


def prepare(email: str, *, now: datetime) -> uuid.UUID:
    """This function will found the lab of a journey, which has never paid, and give its id."""
    user = User.objects.get(email=email)
    lab = Lab.objects.found(user, name=f"Journey of {now:%d %B, %H:%M}", now=now)
    User.objects.filter(pk=user.pk).update(current_lab=lab)
    return lab.pk


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
