"""Whose turn it is: labs with waiting jobs and free places, the one that runs the fewest first.

Among those that run equally many it goes round: the lab that started a job longest ago is next. Without that a single
worker, which is free whenever it asks, would serve the lab that came first until its last job.

Raw SQL, because the work must grow with the number of labs that wait and not with the number of their jobs: the
recursive part steps through the index from lab to lab, and each lab gives its oldest job by one look at the index.
It sorts by all columns of the index job_turns, lest the planner takes another one and reads jobs that are over.
"""

import json
import logging
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from genomics.users.limits import Plan, limits_of

logger = logging.getLogger(__name__)

_LONGEST_WAIT = timedelta(seconds=2)  # for a lab: a claim holds it for milliseconds

_QUEUEING = """
WITH RECURSIVE queueing AS (
    (SELECT lab_id FROM jobs_job WHERE status = 'PENDING' ORDER BY lab_id, submitted_at LIMIT 1)
    UNION ALL
    SELECT (
        SELECT lab_id FROM jobs_job
        WHERE status = 'PENDING' AND lab_id > queueing.lab_id ORDER BY lab_id, submitted_at LIMIT 1
    )
    FROM queueing WHERE queueing.lab_id IS NOT NULL
)"""
_LATEST_START = """LEFT JOIN LATERAL (
    SELECT started_at FROM jobs_job
    WHERE lab_id = lab.id AND started_at IS NOT NULL ORDER BY started_at DESC LIMIT 1
) latest ON true"""
_TURNS = (
    _QUEUEING  # noqa: S608  (no text from outside gets into it)
    + """,
running AS (SELECT lab_id, count(*) AS jobs FROM jobs_job WHERE status = 'RUNNING' GROUP BY lab_id)
SELECT lab.id, (%(caps)s::jsonb ->> lab.plan)::int - coalesce(running.jobs, 0)
FROM queueing
JOIN users_lab lab ON lab.id = queueing.lab_id
CROSS JOIN LATERAL (
    SELECT submitted_at FROM jobs_job
    WHERE lab_id = lab.id AND status = 'PENDING' AND ready_at <= %(now)s AND {condition}
    ORDER BY submitted_at LIMIT 1
) oldest
LEFT JOIN running ON running.lab_id = lab.id
{latest_start}
WHERE coalesce(running.jobs, 0) < (%(caps)s::jsonb ->> lab.plan)::int AND lab.id <> ALL(%(passed)s::uuid[])
ORDER BY coalesce(running.jobs, 0), latest.started_at NULLS FIRST, oldest.submitted_at
LIMIT %(limit)s
"""
)
_FIRST = (
    _QUEUEING  # noqa: S608
    + """,
share AS (SELECT greatest(1, %(limit)s / greatest(1, count(*))) AS jobs FROM queueing WHERE lab_id IS NOT NULL)
SELECT lab.id, (%(caps)s::jsonb ->> lab.plan)::int, job.id, job.submitted_at, job.input_size_bytes, job.reference,
    job.name, job.number = share.jobs, latest.started_at
FROM queueing
JOIN users_lab lab ON lab.id = queueing.lab_id
CROSS JOIN share
CROSS JOIN LATERAL (
    SELECT id, submitted_at, input_size_bytes, reference, name, row_number() OVER (ORDER BY submitted_at) AS number
    FROM jobs_job
    WHERE lab_id = lab.id AND status = 'PENDING' AND ready_at <= %(now)s
    ORDER BY submitted_at LIMIT (SELECT jobs FROM share)
) job
"""
    + _LATEST_START
    + """
ORDER BY lab.id, job.number
"""
)
_FORGOTTEN = """(
    hinted_at IS NULL
    OR hinted_at < %(now)s - greatest(%(pause)s, least(%(longest_pause)s, (%(now)s - ready_at) / 2))
)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A lab that may start jobs, and how many more its plan lets it run at once."""

    lab_id: uuid.UUID
    free_places: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A ready job as far as its turn depends on it, and how many jobs its lab may run at once."""

    lab_id: uuid.UUID
    places: int
    job_id: uuid.UUID
    submitted_at: datetime
    size_bytes: int
    reference: str
    name: str
    is_last_known: bool  # more jobs of the lab may follow
    lab_started_at: datetime | None  # when the lab last started a job; None: it never did


def hold_next(*, now: datetime, passed: Collection[uuid.UUID]) -> uuid.UUID | None:
    """This function will lock the lab whose turn it is, until the transaction ends; None when no lab has one.

    A lab that somebody else holds is just being given a job, so that the turn is the next one's: such labs are
    left out. The counts are older than the lock: look again under it.
    """
    return _next(" FOR NO KEY UPDATE OF lab SKIP LOCKED", now=now, passed=passed)


def next_lab(*, now: datetime, passed: Collection[uuid.UUID]) -> uuid.UUID | None:
    """This function will give the lab whose turn it is, even when somebody holds it; None when no lab has one."""
    return _next("", now=now, passed=passed)


def hold(lab_id: uuid.UUID) -> bool:
    """This function will lock a lab until the transaction ends, and tell whether it could within a short time.

    Who never lets go must not keep all workers waiting.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{_LONGEST_WAIT.total_seconds()}s"])
            cursor.execute("SELECT FROM users_lab WHERE id = %s FOR NO KEY UPDATE", [lab_id])
            cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        logger.warning("Lab %s has been held for longer than a claim takes; it is passed.", lab_id)
        return False
    return True


def forgotten(*, now: datetime, limit: int) -> list[Turn]:
    """This function will give the labs that could start a job which nobody picked up after its latest hint.

    Every further hint of a job comes after a longer pause, since it is lost less and less likely: its worker is busy.
    """
    pauses = {"pause": settings.HINT_TIMEOUT, "longest_pause": settings.LONGEST_HINT_PAUSE}
    return _turns(
        _TURNS.format(condition=_FORGOTTEN, latest_start=_LATEST_START), now=now, passed=[], limit=limit, **pauses
    )


def first_jobs(*, now: datetime, limit: int) -> list[Waiting]:
    """This function will give about `limit` ready jobs, lab by lab: the oldest of each, equally many."""
    return [
        Waiting(
            lab_id=lab_id,
            places=places,
            job_id=job_id,
            submitted_at=submitted_at,
            size_bytes=size_bytes,
            reference=reference,
            name=name,
            is_last_known=is_last_known,
            lab_started_at=lab_started_at,
        )
        for (
            lab_id,
            places,
            job_id,
            submitted_at,
            size_bytes,
            reference,
            name,
            is_last_known,
            lab_started_at,
        ) in _fetch(_FIRST, now=now, limit=limit)
    ]


def _next(clause: str, *, now: datetime, passed: Collection[uuid.UUID]) -> uuid.UUID | None:
    sql = _TURNS.format(condition="true", latest_start=_LATEST_START) + clause
    rows = _turns(sql, now=now, passed=list(passed), limit=1)
    return rows[0].lab_id if rows else None


def _turns(sql: str, **parameters: Any) -> list[Turn]:
    return [Turn(lab_id=lab_id, free_places=free) for lab_id, free in _fetch(sql, **parameters)]


def _fetch(sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
    caps = json.dumps({plan: limits_of(plan).max_running_jobs for plan in Plan})
    with connection.cursor() as cursor:
        cursor.execute(sql, {"caps": caps, **parameters})
        return list(cursor.fetchall())
