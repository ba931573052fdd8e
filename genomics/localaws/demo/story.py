"""The demonstration: one sample file on its whole way, told in the terminal."""

import json
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from genomics.localaws.demo.account import Account
from genomics.localaws.demo.browser import Browser, JobState, StoredFile
from genomics.localaws.demo.outcome import Outcome

POLL_SECONDS = 0.1
PATIENCE_SECONDS = 180.0

Say = Callable[[str], None]


class DemoFailedError(Exception):
    """The demonstration did not come to the right end; the message says where."""


class Story:
    """One run of the demonstration; `say` writes a line to the terminal."""

    def __init__(self, browser: Browser, *, sample: Path, expected: Path, say: Say) -> None:
        self._browser = browser
        self._sample = sample
        self._expected = expected
        self._say = say
        self._seconds: dict[str, float] = {}

    def tell(self, account: Account, *, stopping: threading.Event) -> uuid.UUID | None:
        """This function will sign in, upload, watch, download and judge. Raises DemoFailedError and RefusedError.

        It gives the job, or returns early, with None, when the stack is stopped.
        """
        self._timed("sign-in", lambda: self._browser.sign_in(email=account.email, password=account.password))
        content = self._sample.read_bytes()
        self._say(f"uploading {self._sample.name} ({len(content):,} bytes) as {account.email}")
        job: list[uuid.UUID] = []
        self._timed("upload", lambda: job.append(self._browser.upload(self._sample.name, content=content)))
        state = self._watch(job[0], stopping=stopping)
        if stopping.is_set():
            return None
        if state.status != "COMPLETED":
            raise DemoFailedError(f"The job ended as {state.status}. {state.failure}")
        outcome = self._collect(state, source=content)
        self._report(job[0], state=state, outcome=outcome, account=account)
        if faults := outcome.faults():
            raise DemoFailedError("\n".join(["The result is wrong:", *faults]))
        self._say("correct  every record is unchanged outside ID and INFO, and has the consequence it should have")
        return job[0]

    def _timed(self, stage: str, action: Callable[[], None]) -> None:
        begin = time.monotonic()
        action()
        self._seconds[stage] = time.monotonic() - begin

    def _watch(self, job: uuid.UUID, *, stopping: threading.Event) -> JobState:
        end = time.monotonic() + PATIENCE_SECONDS
        told = ""
        stage, stage_began = "waiting for a worker", time.monotonic()
        while True:
            state = self._browser.state(job)
            line = f"{state.status:<9} {state.fraction:4.0%}  {state.records_done:,} records  {state.stage}".rstrip()
            if line != told:
                self._say(line)
                told = line
            if (state.stage and state.stage != stage) or state.ended:
                now = time.monotonic()
                self._seconds[stage] = self._seconds.get(stage, 0.0) + now - stage_began
                stage, stage_began = state.stage, now
            if state.ended or stopping.wait(POLL_SECONDS):
                return state
            if time.monotonic() > end:
                raise DemoFailedError(f"The job is still {state.status} after {PATIENCE_SECONDS:.0f} s.")

    def _collect(self, state: JobState, *, source: bytes) -> Outcome:
        return Outcome(
            source=source,
            vcf=self._browser.download(_file(state, "VCF")),
            summary=json.loads(self._browser.download(_file(state, "SUMMARY"))),
            ledger=json.loads(self._browser.download(_file(state, "LEDGER"))),
            expected=json.loads(self._expected.read_text()),
        )

    def _report(self, job: uuid.UUID, *, state: JobState, outcome: Outcome, account: Account) -> None:
        counts = f"{state.annotated:,} annotated + {state.passed:,} passed + {state.rejected:,} rejected"
        self._say("")
        self._say(f"records  {state.read:,} read = {counts}")
        for consequence, count in outcome.consequences.items():
            self._say(f"         {count:>7,}  {consequence}")
        self._say("seconds  " + ", ".join(f"{stage} {length:.1f}" for stage, length in self._seconds.items()))
        for file in state.files:
            self._say(f"file     {file.name} ({file.size_bytes:,} bytes)  {self._browser.url(file.url)}")
        self._say(f"page     {self._browser.url(f'/jobs/{job}/')}")
        self._say(f"sign in  {account.email}, password {account.password}")


def _file(state: JobState, kind: str) -> StoredFile:
    file = state.file(kind)
    if file is None:
        raise DemoFailedError(f"The job is COMPLETED without a {kind} file.")
    return file
