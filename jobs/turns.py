"""Whose turn it is: labs with waiting jobs and free places, the one that runs the fewest first.

Raw SQL, because the work must grow with the number of labs that wait and not with the number of their jobs: the
recursive part steps through the index from lab to lab, and each lab gives its oldest job by one look at the index.
"""

import json
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

_TURNS = """
WITH RECURSIVE queueing AS (
    (SELECT lab_id FROM jobs_job WHERE status = 'PENDING' ORDER BY lab_id LIMIT 1)
    UNION ALL
    SELECT (
        SELECT lab_id FROM jobs_job
        WHERE status = 'PENDING' AND lab_id > queueing.lab_id ORDER BY lab_id LIMIT 1
    )
    FROM queueing WHERE queueing.lab_id IS NOT NULL
),
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
WHERE coalesce(running.jobs, 0) < (%(caps)s::jsonb ->> lab.plan)::int AND lab.id <> ALL(%(passed)s::uuid[])
ORDER BY coalesce(running.jobs, 0), oldest.submitted_at
LIMIT %(limit)s
"""
_FORGOTTEN = """(
    hinted_at IS NULL
    OR hinted_at < %(now)s - greatest(%(pause)s, least(%(longest_pause)s, (%(now)s - ready_at) / 2))
)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A lab that may start jobs, and how many more its plan lets it run at once."""

    lab_id: uuid.UUID
    free_places: int


def hold_next(*, now: datetime, passed: Collection[uuid.UUID], wait: bool) -> uuid.UUID | None:
    """This function will lock the lab whose turn it is, until the transaction ends; None when no lab has one.

    A lab that somebody else holds is just being given a job, so that the turn is the next one's: such labs are
    left out, or waited for with `wait`. The counts are older than the lock: look again under it.
    """
    clause = "FOR NO KEY UPDATE OF lab" + ("" if wait else " SKIP LOCKED")
    rows = _rows(f"{_TURNS.format(condition='true')} {clause}", now=now, passed=list(passed), limit=1)
    return rows[0].lab_id if rows else None


def forgotten(*, now: datetime, limit: int) -> list[Turn]:
    """This function will give the labs that could start a job which nobody picked up after its latest hint.

    Every further hint of a job comes after a longer pause, since it is lost less and less likely: its worker is busy.
    """
    pauses = {"pause": settings.HINT_TIMEOUT, "longest_pause": settings.LONGEST_HINT_PAUSE}
    return _rows(_TURNS.format(condition=_FORGOTTEN), now=now, passed=[], limit=limit, **pauses)


def _rows(sql: str, **parameters: Any) -> list[Turn]:
    caps = json.dumps({plan: limits["max_running_jobs"] for plan, limits in settings.PLAN_LIMITS.items()})
    with connection.cursor() as cursor:
        cursor.execute(sql, {"caps": caps, **parameters})
        return [Turn(lab_id=lab_id, free_places=free) for lab_id, free in cursor.fetchall()]
