"""The demonstration's second part: the result goes to sleep, is asked back by a change of plan, and comes back."""

import hashlib
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import requests
from django.utils import timezone

from archive import plans
from archive.models import ArchivedFile
from genomics.localaws.demo.browser import Browser, JobState, StoredFile
from genomics.localaws.demo.story import POLL_SECONDS, DemoFailedError
from genomics.users.limits import Plan
from genomics.users.models import Lab, User
from jobs.models import Job

PATIENCE_SECONDS = 300.0
_ACTOR = "admin:demo"
_RESTING = ("VCF", "TABLE")

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """A file as it was downloaded before it went to sleep."""

    file: StoredFile
    sha256: str


class Journey:
    """One way into the vault and back; `say` writes a line to the terminal."""

    def __init__(self, browser: Browser, job: uuid.UUID, *, say: Say) -> None:
        self._browser = browser
        self._job = job
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
        plans.change_plan(self._lab, Plan.PREMIUM, actor=_ACTOR, now=timezone.now())
        self._step("plan      the lab is PREMIUM now: everything comes back")
        self._follow("COMPLETED", stopping=stopping)
        if stopping.is_set():
            return
        self._tell_retrievals()
        for before, after in zip(kept, self._download(), strict=True):
            self._step(f"back      {after.sha256}  {after.file.name}")
            if before.sha256 != after.sha256:
                raise DemoFailedError(f"{after.file.name} did not come back as it was made.")
        self._say("correct   every byte is back")

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


def prepare(email: str) -> None:
    """This function will put the person's lab on the plan whose results go to sleep."""
    lab = Lab.objects.of(User.objects.get(email=email))[0]
    plans.change_plan(lab.pk, Plan.FREE, actor=_ACTOR, now=timezone.now())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
