"""Periodic healing, row by row: a row that cannot be healed must not keep the others from it."""

import logging
from collections.abc import Callable, Iterable
from typing import Any

from django.db import connection

from jobs.models import Job

logger = logging.getLogger(__name__)


def each(jobs: Iterable[Job], heal: Callable[[Job], bool]) -> int:
    """This function will heal each job and give the number of those that were; `heal` says which.

    Each runs in its own transactions; what it raises is logged, and its job is met again by the next sweep.
    """
    return sum(_heal(job, heal) for job in jobs)


def _heal(job: Job, heal: Callable[[Job], Any]) -> bool:
    try:
        return bool(heal(job))
    except Exception:
        logger.exception("Job %s could not be healed; the sweep goes on.", job.pk)
        connection.close_if_unusable_or_obsolete()
        return False
