"""How long a job takes beside its annotation, and how many small ones two workers bring to their end."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from genomics.localaws.bench.figures import Figure, spread
from genomics.localaws.trials.labs import Member
from jobs import loadtest
from jobs.loadtest import Life, Sample
from jobs.models import Status

_ALONE_RUNS = 10
_PATIENCE = timedelta(minutes=5)
_GOAL_START_SECONDS = 0.5
_GOAL_OVERHEAD_SECONDS = 1.0


class BenchError(Exception):
    """The stack did not do what was to be measured."""


def one_by_one(sample: Sample, *, member: Member, jobs: int) -> list[Figure]:
    """This function will submit jobs to an idle stack, each after the end of the one before."""
    alone = _annotator_alone(sample)
    lives = []
    for _ in range(jobs):
        job = loadtest.submit(sample, user=member.user, lab=member.lab, clock=timezone.now)
        lives += _completed(loadtest.watch([job], patience=_PATIENCE, on_look=_ignore))
    waits = [life.waited.total_seconds() for life in lives if life.waited is not None]
    whole = [life.took.total_seconds() for life in lives if life.took is not None]
    overheads = [seconds - alone for seconds in whole]
    return [
        *spread(f"submit to RUNNING, {jobs} jobs one by one", waits, below_p95=_GOAL_START_SECONDS),
        *spread("submit to COMPLETED", whole),
        Figure(name="the annotator's command alone, median", value=1000 * alone, unit="ms"),
        *spread("overhead: COMPLETED beyond the annotator", overheads, below_p95=_GOAL_OVERHEAD_SECONDS),
    ]


def many(sample: Sample, *, members: Sequence[Member], jobs: int) -> list[Figure]:
    """This function will submit many jobs at once; the rate is taken after the last submission, when all cores work."""
    submitted = []
    for number in range(jobs):
        member = members[number % len(members)]
        submitted.append(loadtest.submit(sample, user=member.user, lab=member.lab, clock=timezone.now))
    all_in = timezone.now()
    lives = _completed(loadtest.watch(submitted, patience=_PATIENCE, on_look=_ignore))
    ends = [life.ended_at for life in lives if life.ended_at is not None and life.ended_at > all_in]
    if not ends:
        raise BenchError("All jobs ended before the last one was submitted: take more of them.")
    seconds = (max(ends) - all_in).total_seconds()
    return [
        Figure(name=f"small jobs with two workers, {len(ends)} of {jobs}", value=len(ends) / seconds, unit="per s"),
    ]


def _annotator_alone(sample: Sample) -> float:
    """This function will give the median seconds of the annotator's command on the file, with nothing around it."""
    seconds = []
    with tempfile.TemporaryDirectory(dir=settings.VAR_DIR) as folder:
        source = Path(folder) / sample.name
        source.write_bytes(sample.content)
        for run in range(_ALONE_RUNS):
            output = Path(folder) / str(run)
            begin = time.monotonic()
            subprocess.run(
                [
                    *(sys.executable, "-m", "annotator", "annotate", str(source)),
                    *("--output", str(output), "--progress", "none"),
                ],
                cwd=settings.BASE_DIR,
                check=True,
                stdout=subprocess.DEVNULL,
            )
            seconds.append(time.monotonic() - begin)
    return statistics.median(seconds)


def _completed(lives: list[Life]) -> list[Life]:
    if wrong := [life for life in lives if life.status != Status.COMPLETED]:
        raise BenchError(f"{len(wrong)} jobs did not come to a result; the first is {wrong[0].status}.")
    return lives


def _ignore(_ended: int) -> None:
    return
