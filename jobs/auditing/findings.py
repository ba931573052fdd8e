"""What an audit looks at, and what it finds."""

import enum
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from jobs.models import Job, JobQuerySet


class Kind(enum.StrEnum):
    """What can be wrong; the values are for people."""

    UNPUBLISHED = "events not published"
    LEASE_OVER = "running jobs without a worker"
    NOT_HINTED = "waiting jobs that nobody was told of"
    NOT_REMOVED = "deleted jobs not removed"
    DRAFT_WITHOUT_UPLOAD = "drafts whose upload is gone"
    UPLOAD_WITHOUT_JOB = "open uploads that nobody goes on with"
    INPUT_MISSING = "inputs missing"
    INPUT_DIFFERS = "inputs of another size"
    RESULT_MISSING = "result files missing"
    RESULT_DIFFERS = "result files of another size"
    OBJECT_WITHOUT_ROW = "objects that no row names"
    OBJECT_UNKNOWN = "objects that are not ours"
    ITEM_MISSING = "items missing"
    ITEM_DIFFERS = "items that differ"
    ITEM_WITHOUT_JOB = "items without a job"
    ITEM_UNKNOWN = "items that are not ours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, in words without names or texts of a lab."""

    kind: enum.StrEnum  # of the app's own kinds
    text: str
    job_id: uuid.UUID | None  # None: it belongs to no job that could be told
    mend: Callable[[], bool] | None = None  # looks again, mends, and tells whether all is well; None: only reported


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which jobs are looked at, as of when, and how old something must be before it counts as left behind."""

    now: datetime
    older_than: timedelta
    lab_id: uuid.UUID | None = None  # None: all labs
    job_id: uuid.UUID | None = None  # None: all jobs
    compared: Counter[str] = field(default_factory=Counter)  # how many jobs, items, objects … were looked at

    @property
    def old(self) -> datetime:
        return self.now - self.older_than

    def jobs(self) -> JobQuerySet:
        jobs = Job.objects.all()
        if self.lab_id:
            jobs = jobs.filter(lab=self.lab_id)
        return jobs.filter(pk=self.job_id) if self.job_id else jobs

    def covers(self, *, lab_id: uuid.UUID, job_id: uuid.UUID) -> bool:
        """This function will tell whether a job is looked at that may have no row."""
        return self.lab_id in {None, lab_id} and self.job_id in {None, job_id}

    def key_prefix(self) -> str:
        """This function will give what the keys of all objects in the scope begin with."""
        job = self.jobs().only("lab_id").first() if self.job_id else None
        if job is not None:
            return f"{job.lab_id}/{job.pk}/"
        return f"{self.lab_id}/" if self.lab_id else ""
