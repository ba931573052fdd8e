"""Keeps a number of jobs in flight, through all kills: what was begun is finished."""

import itertools
import logging
import random
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from genomics.localaws.chaos.patience import patiently
from genomics.localaws.trials.labs import Member
from jobs import loadtest, submission, uploads
from jobs.errors import UploadIncompleteError
from jobs.loadtest import Sample
from jobs.models import Job

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """A job that was taken, and what it was made of."""

    job_id: uuid.UUID
    sample: Sample


class Feeder:
    """Submits jobs of several labs from a thread, so many that `in_flight` of them have not ended."""

    def __init__(self, members: Sequence[Member], *, samples: Sequence[Sample], in_flight: int, seed: int) -> None:
        self.submitted: list[Submitted] = []
        self._members = itertools.cycle(members)
        self._samples = samples
        self._in_flight = in_flight
        self._random = random.Random(seed)  # noqa: S311  # repeatable, not secret
        self._over = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="feeder", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """This function will end the feeding after the current submission, and raise what went wrong in it."""
        self._over.set()
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            while not self._over.is_set():
                for _ in range(self._in_flight - patiently(self._active)):
                    if self._over.is_set():
                        break
                    self._submit_one()
                self._over.wait(_LOOK_SECONDS)
        except BaseException as error:
            logger.exception("the feeder stopped")
            self._failure = error
        finally:
            connection.close()

    def _active(self) -> int:
        return Job.objects.filter(pk__in=[item.job_id for item in self.submitted], finished_at=None).count()

    def _submit_one(self) -> None:
        sample = self._random.choice(self._samples)
        job = submit(sample, member=next(self._members))
        self.submitted.append(Submitted(job_id=job.pk, sample=sample))


def submit(sample: Sample, *, member: Member) -> Job:
    """This function will submit one job; each step is repeated until it works."""
    job = patiently(lambda: _begin(sample, member=member))
    patiently(_retried(lambda: loadtest.send_parts(job, content=sample.content, clock=timezone.now)))
    patiently(_retried(lambda: _finish(job.pk, member=member)))
    return job


def _begin(sample: Sample, *, member: Member) -> Job:
    return uploads.begin(
        member.user, lab=member.lab, name=sample.name, size_bytes=len(sample.content), now=timezone.now()
    )


def _finish(job_id: uuid.UUID, *, member: Member) -> None:
    job = Job.objects.select_related("lab").get(pk=job_id)
    submission.finish_upload(job, actor=f"user:{member.user.pk}", now=timezone.now())


def _retried(action: Callable[[], None]) -> Callable[[], None]:
    """This function will make a part that S3 did not take a passing fault, as a browser does."""

    def tried() -> None:
        try:
            action()
        except UploadIncompleteError as error:
            raise OSError(str(error)) from error

    return tried
