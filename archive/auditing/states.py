"""What the sweeps should have moved on by now. Whatever a process works on right now is left to it."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

from django.db.models import Exists, OuterRef, QuerySet

from archive import archiving, recall, releasing, restoring, tiers
from archive.auditing.findings import Kind
from archive.errors import VaultUnavailableError
from archive.locking import is_busy
from archive.models import ArchivedFile, Retrieval, RetrievalState, Tier
from jobs import retention, transitions
from jobs.auditing import Finding, Scope
from jobs.errors import StaleJobError
from jobs.models import Job, Status

_TOO_LONG = timedelta(minutes=5)  # many sweeps have passed
_ACTOR = "sweep"


def look(scope: Scope) -> Iterator[Finding]:
    yield from _archivings(scope)
    yield from _restoring(scope)
    yield from _retrievals(scope)
    yield from _asleep(scope)


def _archivings(scope: Scope) -> Iterator[Finding]:
    late = scope.now - _TOO_LONG
    archive = partial(_archive, scope=scope)
    overdue = Job.objects.filter(pk__in=retention.due(late).order_by().values("pk"))
    for job in _standing(scope, overdue):
        text = f"it was to be archived at {job.archive_due_at:%F %T} UTC"
        yield _finding(Kind.OVERDUE, job, text=text, mend=archive)
    for job in _standing(scope, Job.objects.filter(status=Status.ARCHIVING, updated_at__lt=late)):
        yield _finding(
            Kind.ARCHIVING_STANDS, job, text=f"it is ARCHIVING since {job.updated_at:%F %T} UTC", mend=archive
        )
    half = Exists(ArchivedFile.objects.still_hot().filter(job=OuterRef("pk")))
    for job in _standing(scope, Job.objects.filter(half, status=Status.ARCHIVED, updated_at__lt=late)):
        yield _finding(Kind.HOT_LEFT, job, text="it rests, but its hot copies were not deleted", mend=archive)


def _restoring(scope: Scope) -> Iterator[Finding]:
    coming = Exists(Retrieval.objects.open().filter(archived_file__job=OuterRef("pk")))
    standing = Job.objects.filter(~coming, status=Status.RESTORING, updated_at__lt=scope.now - _TOO_LONG)
    for job in _standing(scope, standing):
        text = f"it is RESTORING since {job.updated_at:%F %T} UTC, but nothing of it is on its way"
        yield _finding(Kind.RESTORING_STANDS, job, text=text, mend=partial(_restore, scope=scope))


def _retrievals(scope: Scope) -> Iterator[Finding]:
    own = Retrieval.objects.open().filter(archived_file__job__in=scope.jobs().filter(deleted_at=None))
    for retrieval in own.select_related("archived_file__job", "archived_file__file", "recall").iterator():
        scope.compared["open retrievals"] += 1
        since = _due(retrieval)
        if since > scope.old or is_busy(retrieval.archived_file.job_id):
            continue
        job = retrieval.archived_file.job
        text = f"a retrieval is {retrieval.state} and should have moved on at {since:%F %T} UTC"
        yield _finding(Kind.RETRIEVAL_STANDS, job, text=text, mend=partial(_move_on, retrieval=retrieval, scope=scope))


def _asleep(scope: Scope) -> Iterator[Finding]:
    asleep = Job.objects.filter(status=Status.ARCHIVED, lab__plan__in=recall.RECALLING_PLANS, updated_at__lt=scope.old)
    for job in _standing(scope, asleep):
        text = f"it sleeps since {job.updated_at:%F %T} UTC, but the plan of its lab keeps results hot"
        yield _finding(Kind.SLEEPS_ON_PLAN, job, text=text, mend=partial(_recall, scope=scope))


def look_at_needless(scope: Scope) -> Iterator[Finding]:
    """This function will find archives that should have been removed. It comes last: a hot copy may be missing."""
    needless = releasing.needless(scope.old).order_by().values("pk")
    for job in scope.jobs().filter(pk__in=needless).defer("summary").iterator():
        if is_busy(job.pk):
            continue
        why = "it is hot" if job.deleted_at is None else "it is deleted"
        yield _finding(
            Kind.NOT_RELEASED, job, text=f"{why}, but still has archives", mend=partial(_release, scope=scope)
        )


def _standing(scope: Scope, jobs: QuerySet[Job]) -> Iterator[Job]:
    """This function will give those of the jobs that are looked at and that nobody works on."""
    for job in jobs.filter(pk__in=scope.jobs().order_by().values("pk"), deleted_at=None).defer("summary").iterator():
        if not is_busy(job.pk):
            yield job


def _finding(kind: Kind, job: Job, *, text: str, mend: Callable[[Job], bool]) -> Finding:
    return Finding(kind=kind, job_id=job.pk, text=f"job {job.pk}: {text}", mend=partial(_unless_away, mend, job))


def _unless_away(mend: Callable[[Job], bool], job: Job) -> bool:
    try:
        return mend(job)
    except VaultUnavailableError:
        return False


def _archive(job: Job, *, scope: Scope) -> bool:
    return archiving.archive(job.pk, actor=_ACTOR, clock=lambda: scope.now)


def _restore(job: Job, *, scope: Scope) -> bool:
    """This function will finish a restore of which all bytes are there, or let the result rest, to be asked anew."""
    if restoring.restore(job.pk, actor=_ACTOR, clock=lambda: scope.now):
        return True
    job.refresh_from_db(fields=["status", "attempt"])
    if job.status != Status.RESTORING or Retrieval.objects.open().filter(archived_file__job=job).exists():
        return True
    try:
        transitions.move(job, Status.ARCHIVED, actor=_ACTOR, now=scope.now, note="Nothing of it was on its way.")
    except StaleJobError:
        return False
    return True


def _move_on(job: Job, *, retrieval: Retrieval, scope: Scope) -> bool:
    before = retrieval.state
    match before:
        case RetrievalState.INTENDED:
            recall.ask(job.lab_id, clock=lambda: scope.now)
        case RetrievalState.REQUESTED:
            recall.look(retrieval, now=scope.now)
        case RetrievalState.READY:
            restoring.restore(job.pk, actor=_ACTOR, clock=lambda: scope.now)
    return not Retrieval.objects.filter(pk=retrieval.pk, state=before).exists()


def _recall(job: Job, *, scope: Scope) -> bool:
    return recall.begin_for([job], actor=_ACTOR, now=scope.now) == 1


def _release(job: Job, *, scope: Scope) -> bool:
    return releasing.heal(job, now=scope.now) and not releasing.needless(scope.old).filter(pk=job.pk).exists()


def _due(retrieval: Retrieval) -> datetime:
    """This function will tell when a retrieval should have moved on at the latest: twice the time that AWS names."""
    if retrieval.state == RetrievalState.READY and retrieval.ready_at is not None:
        return retrieval.ready_at
    if retrieval.state == RetrievalState.REQUESTED and retrieval.requested_at is not None:
        terms = tiers.terms(Tier(retrieval.tier), storage_class=retrieval.archived_file.storage_class)
        return retrieval.requested_at + 2 * terms.at_most
    return retrieval.intended_at
