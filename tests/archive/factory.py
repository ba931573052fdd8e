"""Results at rest and on their way back, in any state."""

import uuid
from datetime import datetime
from typing import Any

from archive import retrievals
from archive.models import ArchivedFile, Recall, Retrieval, RetrievalState, Tier, VaultName, name_of
from jobs.models import Job, Kind, ResultFile

SHA256 = "ab" * 32


def make_archived_file(job: Job, *, now: datetime, kind: Kind = Kind.VCF, **fields: Any) -> ArchivedFile:
    """This function will give a file of the job that rests in the vault."""
    name = f"{kind}.bin"
    file, _ = ResultFile.objects.get_or_create(
        job=job, kind=kind, defaults={"name": name, "key": f"{job.pk}/{name}", "size_bytes": 1000, "sha256": SHA256}
    )
    new = uuid.uuid4()
    stored = {"archive_id": str(new), "size_bytes": 1000, "sha256": SHA256, "checksum": "c", "stored_at": now}
    return ArchivedFile.objects.create(
        pk=new,
        name=name_of(new, job=job),
        job=job,
        file=file,
        begun_at=now,
        **{"vault": VaultName.S3, "storage_class": "GLACIER", **stored, **fields},
    )


def make_recall(job: Job, *, now: datetime, **fields: Any) -> Recall:
    return Recall.objects.create(lab=job.lab, actor="admin:1", begun_at=now, **fields)


def make_retrieval(
    archived_file: ArchivedFile,
    *,
    now: datetime,
    state: RetrievalState = RetrievalState.INTENDED,
    recall: Recall | None = None,
    tier: Tier = Tier.EXPEDITED,
) -> Retrieval:
    """This function will give a retrieval that has gone the whole way to `state`."""
    recall = recall or make_recall(archived_file.job, now=now)
    retrieval = retrievals.intend(archived_file, recall=recall, tier=tier, now=now)
    if state in {RetrievalState.REQUESTED, RetrievalState.READY, RetrievalState.RESTORED, RetrievalState.EXPIRED}:
        retrievals.requested(retrieval, ticket="ticket-1", now=now)
    if state in {RetrievalState.READY, RetrievalState.RESTORED}:
        retrievals.ready(retrieval, ready_at=now, expires_at=None)
    if state == RetrievalState.RESTORED:
        retrievals.restored(retrieval, size_bytes=1000, sha256=SHA256, now=now)
    if state in {RetrievalState.FAILED, RetrievalState.EXPIRED, RetrievalState.CANCELLED}:
        retrievals.end(retrieval, state, now=now)
    return retrieval
