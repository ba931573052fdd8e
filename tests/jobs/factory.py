"""Jobs in any status, made through the same transitions as real ones."""

from datetime import datetime
from typing import Any

from genomics.users.models import Lab, User
from jobs import storage, transitions
from jobs.models import Job, Status

_WAY = {
    Status.DRAFT: [],
    Status.PENDING: [Status.PENDING],
    Status.RUNNING: [Status.PENDING, Status.RUNNING],
    Status.COMPLETED: [Status.PENDING, Status.RUNNING, Status.COMPLETED],
    Status.ARCHIVING: [Status.PENDING, Status.RUNNING, Status.COMPLETED, Status.ARCHIVING],
    Status.ARCHIVED: [Status.PENDING, Status.RUNNING, Status.COMPLETED, Status.ARCHIVING, Status.ARCHIVED],
    Status.RESTORING: [
        Status.PENDING, Status.RUNNING, Status.COMPLETED, Status.ARCHIVING, Status.ARCHIVED, Status.RESTORING
    ],
    Status.FAILED: [Status.PENDING, Status.RUNNING, Status.FAILED],
    Status.CANCELLED: [Status.PENDING, Status.CANCELLED],
}  # fmt: skip


def make_job(
    user: User, *, now: datetime, status: Status = Status.PENDING, name: str = "sample.vcf", **fields: Any
) -> Job:
    """This function will give a job of the user's own lab that has gone the whole way to `status`."""
    lab = Lab.objects.of(user)[0]
    job = Job(
        lab=lab, owner=user, name=name, reference="GRCh38-starter", attempts_allowed=5, created_at=now,
        **{"input_size_bytes": 1000, "part_size_bytes": 16 * 1024**2, **fields},
    )  # fmt: skip
    job.input_key = storage.input_key(lab_id=lab.pk, job_id=job.pk)
    job.save()
    for step in _WAY[status]:
        transitions.move(job, step, actor=f"user:{user.pk}", now=now, **_columns(job, step, now=now))
    job.refresh_from_db()
    return job


def _columns(job: Job, step: Status, *, now: datetime) -> dict[str, Any]:
    if step == Status.PENDING:
        return {"submitted_at": now, "ready_at": now, "hinted_at": now}
    if step == Status.RUNNING:
        return {"attempt": job.attempt + 1, "lease_expires_at": now, "worker": "host:1", "started_at": now}
    if step == Status.COMPLETED:
        counts = {"records_read": 10, "records_annotated": 6, "records_passed": 3, "records_rejected": 1}
        return {"finished_at": now, **counts}
    if step == Status.FAILED:
        said = {"failure_code": "REF_MISMATCH", "failure_message": "It does not fit.", "failure_advice": "Look."}
        return {"finished_at": now, **said}
    return {"finished_at": now} if step == Status.CANCELLED else {}
