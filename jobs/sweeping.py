"""Periodic healing, row by row: a row that cannot be healed must not keep the others from it."""

import logging
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import takewhile

from django.db import InterfaceError, OperationalError

from jobs.models import Job

logger = logging.getLogger(__name__)


def each(jobs: Iterable[Job], heal: Callable[[Job], bool], *, within: timedelta) -> int:
    """This function will heal one job after the other and give the number of those that were; `heal` says which.

    Each runs in its own transactions; what it raises is logged, and its job is met again by the next sweep, as are
    those that the time `within` was not enough for.
    """
    end = time.monotonic() + within.total_seconds()
    return sum(_heal(job, heal) for job in takewhile(lambda _: time.monotonic() < end, jobs))


def _heal(job: Job, heal: Callable[[Job], bool]) -> bool:
    try:
        return heal(job)
    except (OperationalError, InterfaceError):
        raise  # without the database there is nothing to go on with
    except Exception:
        logger.exception("Job %s could not be healed; the sweep goes on.", job.pk)
        return False
