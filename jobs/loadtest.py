"""A load test for operators: sample jobs at a given rate on the real path, watched to their end.

The bytes go where a browser would send them: to presigned URLs of whatever S3 is configured.
"""

import base64
import hashlib
import math
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import urllib3

from genomics.users.models import Lab, User
from jobs import submission, uploads
from jobs.errors import UploadIncompleteError
from jobs.models import ENDED, Job, JobEvent, Status

_POLL_SECONDS = 0.25
_PUT_TIMEOUT_SECONDS = 60.0
_http = urllib3.PoolManager(maxsize=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A file that is submitted over and over."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One job's times, from its events."""

    job_id: uuid.UUID
    status: Status
    submitted_at: datetime
    started_at: datetime | None  # of the first attempt; None: it never ran
    ended_at: datetime | None  # None: it has not ended

    @property
    def waited(self) -> timedelta | None:
        return self.started_at - self.submitted_at if self.started_at else None

    @property
    def took(self) -> timedelta | None:
        return self.ended_at - self.submitted_at if self.ended_at else None


def submit(sample: Sample, *, user: User, lab: Lab, clock: Callable[[], datetime]) -> Job:
    """This function will begin an upload, send its parts to S3, and finish it. Raises UserError."""
    job = uploads.begin(user, lab=lab, name=sample.name, size_bytes=len(sample.content), now=clock())
    send_parts(job, content=sample.content, clock=clock)
    submission.finish_upload(job, actor=f"user:{user.pk}", now=clock())
    return job


def send_parts(job: Job, *, content: bytes, clock: Callable[[], datetime]) -> None:
    """This function will PUT all parts of a draft to their presigned URLs. Raises UploadIncompleteError."""
    size = job.part_size_bytes
    parts = {
        number: content[(number - 1) * size : number * size] for number, _ in enumerate(uploads.part_sizes(job), 1)
    }
    numbers = list(parts)
    for first in range(0, len(numbers), uploads.MAX_URLS):
        batch = {number: _sha256(parts[number]) for number in numbers[first : first + uploads.MAX_URLS]}
        for number, url in uploads.sign(job, checksums=batch, now=clock()).items():
            _put(url, part=parts[number], sha256=batch[number])


def run(
    sample: Sample,
    *,
    user: User,
    lab: Lab,
    jobs: int,
    per_second: float,
    clock: Callable[[], datetime],
    on_submitted: Callable[[Job], None],
) -> list[Job]:
    """This function will submit `jobs` jobs, one every 1/`per_second` seconds, later ones catching up on delays."""
    begin = time.monotonic()
    submitted = []
    for number in range(jobs):
        time.sleep(max(0.0, begin + number / per_second - time.monotonic()))
        job = submit(sample, user=user, lab=lab, clock=clock)
        submitted.append(job)
        on_submitted(job)
    return submitted


def watch(jobs: Sequence[Job], *, patience: timedelta, on_look: Callable[[int], None]) -> list[Life]:
    """This function will wait until all jobs have ended, or until `patience` is over, and give their lives.

    `on_look` is told how many have ended, whenever that number changes.
    """
    ids = [job.pk for job in jobs]
    end = time.monotonic() + patience.total_seconds()
    told = -1
    while True:
        ended = Job.objects.filter(pk__in=ids, finished_at__isnull=False).count()
        if ended != told:
            on_look(ended)
            told = ended
        if ended == len(ids) or time.monotonic() > end:
            return lives(ids)
        time.sleep(_POLL_SECONDS)


def lives(ids: Iterable[uuid.UUID]) -> list[Life]:
    """This function will read the times of jobs out of their events, in the order of their submission."""
    wanted = list(ids)
    events: dict[uuid.UUID, list[JobEvent]] = {job_id: [] for job_id in wanted}
    for event in JobEvent.objects.filter(job_id__in=wanted).order_by("sequence"):
        events[event.job_id].append(event)
    told = [_life(job_id, events=of_job) for job_id, of_job in events.items() if of_job]
    return sorted(told, key=lambda life: life.submitted_at)


def percentile(values: Iterable[timedelta], *, share: float) -> timedelta:
    """This function will give the smallest value that at least `share` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no values have no percentile")
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _life(job_id: uuid.UUID, *, events: list[JobEvent]) -> Life:
    # What happens to the result afterwards is no part of it.
    last = next((event for event in events if event.status == Status.COMPLETED), events[-1])
    started = next((event.created_at for event in events if event.status == Status.RUNNING), None)
    return Life(
        job_id=job_id,
        status=Status(last.status),
        submitted_at=events[0].created_at,
        started_at=started,
        ended_at=last.created_at if last.status in ENDED else None,
    )


def _put(url: str, *, part: bytes, sha256: str) -> None:
    headers = {"x-amz-checksum-sha256": sha256}
    answer = _http.request("PUT", url, body=part, headers=headers, timeout=_PUT_TIMEOUT_SECONDS)
    if answer.status >= 300:
        raise UploadIncompleteError(
            f"S3 refused a part with HTTP {answer.status}.",
            code="PART_REFUSED",
            advice="The log of the access to the bucket says why.",
        )


def _sha256(part: bytes) -> str:
    return base64.b64encode(hashlib.sha256(part).digest()).decode()
