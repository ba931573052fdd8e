"""S3 against PostgreSQL: each submitted job has its input, each file of a result its object, and that is all there is.

Both sides are read in the order of their keys and compared side by side; what does not fit is looked at again, since
jobs move and files come while an audit runs. Nothing of a running attempt, and nothing young, is a finding.
"""

import heapq
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from genomics.aws import s3, s3_listing
from genomics.aws.errors import ObjectMissingError
from genomics.aws.s3_listing import StoredObject
from jobs import storage
from jobs.auditing import keys
from jobs.auditing.findings import Finding, Kind, Scope
from jobs.auditing.keys import Parsed, Place
from jobs.models import INPUT_MISSING, Job, JobQuerySet, ResultFile, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """An object that a row names."""

    place: Place
    what: str
    key: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lying:
    """An object that S3 lists."""

    parsed: Parsed
    stored: StoredObject

    @property
    def place(self) -> Place:
        return self.parsed.place


def look_at_inputs(scope: Scope) -> Iterator[Finding]:
    return _look(scope, role=storage.INPUTS)


def look_at_results(scope: Scope) -> Iterator[Finding]:
    return _look(scope, role=storage.RESULTS)


def _look(scope: Scope, *, role: str) -> Iterator[Finding]:
    merged: Iterator[_Named | _Lying] = heapq.merge(
        _named(scope.jobs(), role=role), _lying(scope, role=role), key=lambda one: one.place
    )
    for place, group in itertools.groupby(merged, key=lambda one: one.place):
        members = list(group)
        named = {one.key: one.size_bytes for one in members if isinstance(one, _Named)}
        lying = [one for one in members if isinstance(one, _Lying)]
        scope.compared[f"objects named in {role}"] += len(named)
        if named != {one.stored.key: one.stored.size_bytes for one in lying}:
            yield from _not_there(place, role=role)
            yield from _not_named(lying, scope=scope, role=role)
    unknown = scope.compared[_unknown(role)]
    if unknown:
        yield Finding(kind=Kind.OBJECT_UNKNOWN, job_id=None, text=f"{unknown} objects in {role} have keys unlike ours")


def _named(jobs: JobQuerySet, *, role: str) -> Iterator[_Named]:
    """This function will give the objects that rows name, in the order of their jobs' keys."""
    jobs = jobs.filter(deleted_at=None)
    if role == storage.INPUTS:
        submitted = jobs.submitted().exclude(status=Status.FAILED, failure_code=INPUT_MISSING)
        rows = submitted.order_by("lab_id", "pk").values_list("lab_id", "pk", "input_key", "input_size_bytes")
        for lab_id, job_id, key, size_bytes in rows.iterator():
            yield _Named(place=Place(lab_id=lab_id, job_id=job_id), what="input", key=key, size_bytes=size_bytes)
        return
    files = ResultFile.objects.filter(job__in=jobs).hot().order_by("job__lab_id", "job_id")
    for lab_id, job_id, kind, key, size_bytes in files.values_list(
        "job__lab_id", "job_id", "kind", "key", "size_bytes"
    ).iterator():
        yield _Named(place=Place(lab_id=lab_id, job_id=job_id), what=f"{kind} file", key=key, size_bytes=size_bytes)


def _lying(scope: Scope, *, role: str) -> Iterator[_Lying]:
    for stored in s3_listing.objects(storage.bucket(role), prefix=scope.key_prefix()):
        parsed = keys.parse(role, key=stored.key)
        if parsed is None:
            scope.compared[_unknown(role)] += 1
        elif scope.covers(lab_id=parsed.place.lab_id, job_id=parsed.place.job_id):
            scope.compared[f"objects in {role}"] += 1
            yield _Lying(parsed=parsed, stored=stored)


def _unknown(role: str) -> str:
    return f"objects in {role} that are not ours"


def _not_there(place: Place, *, role: str) -> Iterator[Finding]:
    """This function will look again at each object that rows of the job name; nothing mends one that is gone."""
    for one in _named_now(place, role=role):
        try:
            size_bytes = s3.describe(storage.bucket(role), key=one.key).size_bytes
        except ObjectMissingError:
            kind = Kind.INPUT_MISSING if role == storage.INPUTS else Kind.RESULT_MISSING
            text = "is missing"
        else:
            kind = Kind.INPUT_DIFFERS if role == storage.INPUTS else Kind.RESULT_DIFFERS
            text = f"has {size_bytes:,} bytes instead of {one.size_bytes:,}"
            if size_bytes == one.size_bytes:
                continue
        if one in _named_now(place, role=role):  # the job may have been deleted, or run again, meanwhile
            yield Finding(kind=kind, job_id=place.job_id, text=f"job {place.job_id}: its {one.what} {text}")


def _named_now(place: Place, *, role: str) -> list[_Named]:
    return list(_named(Job.objects.filter(pk=place.job_id, lab=place.lab_id), role=role))


def _not_named(lying: list[_Lying], *, scope: Scope, role: str) -> Iterator[Finding]:
    for one in lying:
        if one.stored.modified_at < scope.old and _is_left_behind(one, role=role):
            attempt = f" of attempt {one.parsed.attempt}" if role == storage.RESULTS else ""
            yield Finding(
                kind=Kind.OBJECT_WITHOUT_ROW,
                job_id=one.place.job_id,
                text=(
                    f"job {one.place.job_id}: an object in {role}{attempt}, {one.stored.size_bytes:,} bytes, "
                    f"of {one.stored.modified_at:%F %T} UTC, belongs to nothing"
                ),
                mend=partial(_delete, one, role=role),
            )


def _is_left_behind(one: _Lying, *, role: str) -> bool:
    """This function will tell whether nobody can need the object: not the job as it is now, and no attempt to come."""
    job = (
        Job.objects.filter(pk=one.place.job_id)
        .only("lab_id", "status", "attempt", "submitted_at", "deleted_at")
        .first()
    )
    if job is None or job.lab_id != one.place.lab_id:
        return True
    if job.deleted_at:
        return False  # its removal is on the way
    if role == storage.INPUTS:
        return job.submitted_at is None and job.status == Status.CANCELLED
    if one.parsed.attempt == job.attempt and job.status == Status.RUNNING:
        return False
    return not ResultFile.objects.filter(key=one.stored.key).exists()


def _delete(one: _Lying, *, role: str) -> bool:
    if _is_left_behind(one, role=role):
        s3.delete(storage.bucket(role), keys=[one.stored.key])
    return True
