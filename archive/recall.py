"""How sleeping results are asked back.

A recall is written down first; a worker then collects the results that it is about and writes what it wants of each
file, before it asks the vault. The sweep finds whatever was cut off, and results that sleep although their lab's plan
keeps them hot.
"""

import logging
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from archive import files, retrievals, tiers
from archive.errors import (
    ArchiveMissingError,
    NoExpeditedCapacityError,
    RetrievalFailedError,
    StaleRetrievalError,
    VaultRefusedError,
    VaultThrottledError,
    VaultUnavailableError,
)
from archive.models import Recall, Retrieval, RetrievalState, Tier
from archive.vaults import Order, Standing, State
from genomics import locks
from genomics.queues import send
from genomics.users.limits import Plan, limits_of
from genomics.users.models import Lab
from jobs import transitions
from jobs.errors import StaleJobError
from jobs.models import Job, Status

logger = logging.getLogger(__name__)

COLLECT = "archive.recall"
ASK = "archive.ask"
RESTORE = "archive.restore"
_BATCH = 100
_TIME = timedelta(seconds=20)  # for one call: other labs wait in the same queue
_MOST_FAILURES = 3  # of one file within a recall
RECALLING_PLANS = (Plan.PREMIUM,)  # what sleeps on these is asked back

Clock = Callable[[], datetime]


def begin(lab: Lab, *, actor: str, now: datetime) -> Recall:
    """This function will ask for all results of a lab that sleep, inside the caller's transaction; a worker goes on."""
    recall = Recall.objects.create(lab=lab, actor=actor, begun_at=now)
    send(COLLECT, lab=lab.pk, recall_id=str(recall.pk))
    return recall


def begin_for(jobs: Sequence[Job], *, actor: str, now: datetime, tier: Tier | None = None) -> int:
    """This function will ask for single results, each in `tier` or the usual one, and give the number that slept."""
    count = 0
    for lab_id in {job.lab_id for job in jobs}:
        own = [job for job in jobs if job.lab_id == lab_id]
        with transaction.atomic():
            lab = Lab.objects.get(pk=lab_id)
            recall = Recall.objects.create(lab=lab, actor=actor, begun_at=now)
            wanted = [tier] * len(own) if tier else tiers.choose(plan=lab.plan, count=len(own))
            wished = sum(_wish(job, recall, tier=one, now=now) for job, one in zip(own, wanted, strict=True))
            if not wished:
                recall.delete()
                continue
            count += wished
            send(ASK, lab=lab_id, lab_id=str(lab_id))
    return count


def collect(recall_id: uuid.UUID, *, clock: Clock) -> int:
    """This function will write down what the recall of a lab wants back, newest results first, and give their number.

    What does not fit into one call's time is hinted again.
    """
    end = time.monotonic() + _TIME.total_seconds()
    recall = Recall.objects.filter(pk=recall_id).select_related("lab").first()
    if recall is None:
        return 0
    done = 0
    while jobs := list(_sleeping(recall.lab)[:_BATCH]):
        earlier = recall.retrievals.values("archived_file__job").distinct().count()
        wanted = tiers.choose(plan=recall.lab.plan, count=earlier + len(jobs))[earlier:]
        with transaction.atomic():
            wished = sum(_wish(job, recall, tier=tier, now=clock()) for job, tier in zip(jobs, wanted, strict=True))
            send(ASK, lab=recall.lab_id, lab_id=str(recall.lab_id))
        done += wished
        if not wished:
            break  # the sweep looks again
        if time.monotonic() > end:
            send(COLLECT, lab=recall.lab_id, recall_id=str(recall.pk))
            break
    return done


def ask(lab_id: uuid.UUID, *, clock: Clock) -> int:
    """This function will ask the vault for what a lab wants back, and give the number of requests that it took.

    It stops when the vault is away or has too much to do; the sweep goes on later.
    """
    end = time.monotonic() + _TIME.total_seconds()
    asked = 0
    with locks.alone(f"archive.ask:{lab_id}") as alone:
        if not alone:
            return 0
        waiting = Retrieval.objects.to_ask().filter(archived_file__job__lab=lab_id)
        for retrieval in waiting.select_related("archived_file__file", "archived_file__job")[:_BATCH]:
            if time.monotonic() > end or not _ask(retrieval, clock=clock):
                break
            asked += 1
    if asked and Retrieval.objects.to_ask().filter(archived_file__job__lab=lab_id).exists():
        send(ASK, lab=lab_id, lab_id=str(lab_id))
    return asked


def watch(*, clock: Clock) -> int:
    """This function will ask the vault about retrievals of which no message came, and give the number that moved on."""
    due = Retrieval.objects.to_look_after(checked_before=clock() - settings.RETRIEVAL_POLL)
    moved = 0
    end = time.monotonic() + _TIME.total_seconds()
    for retrieval in due.select_related("archived_file__file", "archived_file__job")[:_BATCH]:
        if time.monotonic() > end:
            break
        try:
            moved += look(retrieval, now=clock())
        except VaultUnavailableError as error:
            logger.warning("The vault does not tell about retrieval %s: %s", retrieval.pk, error)
            break
        except Exception:
            logger.exception("Retrieval %s could not be looked after; the sweep goes on.", retrieval.pk)
    return moved


def look(retrieval: Retrieval, *, now: datetime) -> bool:
    """This function will ask the vault how a retrieval stands, note it, and tell whether it is no longer on its way.

    Raises VaultUnavailableError.
    """
    archived = retrieval.archived_file
    try:
        standing = files.vault_of(archived).state(files.archive_of(archived), ticket=retrieval.ticket)
    except ArchiveMissingError:
        return failed(retrieval, "The vault has no such archive.", now=now)
    return note(retrieval, standing, now=now)


def note(retrieval: Retrieval, standing: Standing, *, now: datetime) -> bool:
    """This function will write down how a retrieval stands, and tell whether it is no longer on its way.

    One that is not on its way any more is left alone: messages come twice, late, and in any order.
    """
    if retrieval.state != RetrievalState.REQUESTED:
        return False
    try:
        match standing.state:
            case State.RUNNING:
                retrievals.check(retrieval, now=now)
                return False
            case State.READY:
                ready_at = standing.ready_at or now
                retrievals.ready(retrieval, ready_at=ready_at, expires_at=standing.expires_at)
                job = retrieval.archived_file.job
                send(RESTORE, lab=job.lab_id, job_id=str(job.pk))
                return True
            case State.FAILED:
                return failed(retrieval, "The vault ended the retrieval without bytes.", now=now)
            case State.GONE:
                return again(retrieval, RetrievalState.EXPIRED, now=now, failure="The bytes are gone again.")
    except StaleRetrievalError:
        return False


def again(retrieval: Retrieval, state: RetrievalState, *, now: datetime, failure: str) -> bool:
    """This function will end a retrieval without bytes and ask anew. Raises StaleRetrievalError."""
    job = retrieval.archived_file.job
    with transaction.atomic():
        retrievals.end(retrieval, state, now=now, failure=failure)
        retrievals.intend(retrieval.archived_file, recall=retrieval.recall, tier=Tier(retrieval.wanted_tier), now=now)
        send(ASK, lab=job.lab_id, lab_id=str(job.lab_id))
    return True


def failed(retrieval: Retrieval, failure: str, *, now: datetime) -> bool:
    """This function will end a retrieval that failed and ask again; after too many failures the job sleeps on."""
    archived = retrieval.archived_file
    logger.error("Retrieval %s of job %s failed: %s", retrieval.pk, archived.job_id, failure)
    earlier = Retrieval.objects.filter(archived_file=archived, recall=retrieval.recall, state=RetrievalState.FAILED)
    try:
        if earlier.count() < _MOST_FAILURES - 1:
            return again(retrieval, RetrievalState.FAILED, now=now, failure=failure)
        with transaction.atomic():
            retrievals.end(retrieval, RetrievalState.FAILED, now=now, failure=failure)
            job = Job.objects.defer("summary").get(pk=archived.job_id)
            if job.status == Status.RESTORING:
                transitions.move(job, Status.ARCHIVED, actor="sweep", now=now, note="The vault did not give it back.")
            for other in Retrieval.objects.open().filter(archived_file__job=job):
                retrievals.end(other, RetrievalState.CANCELLED, now=now)
    except (StaleRetrievalError, StaleJobError):
        return False
    return True


def sweep(*, now: datetime) -> int:
    """This function will hint what was cut off, and begin recalls that are missing; it gives the number of labs."""
    since = now - settings.ARCHIVE_PAUSE
    to_ask = Retrieval.objects.to_ask().filter(intended_at__lt=since)
    labs = set(to_ask.values_list("archived_file__job__lab", flat=True).distinct()[:_BATCH])
    for lab_id in labs:
        send(ASK, lab=lab_id, lab_id=str(lab_id))
    for job_id, lab_id in _to_restore(now)[:_BATCH]:
        send(RESTORE, lab=lab_id, job_id=str(job_id))
    asleep = _labs_that_sleep(before=since)
    for lab in asleep:
        _recall_missing(lab, now=now)
    return len(labs) + len(asleep)


def _to_restore(now: datetime) -> QuerySet[Job, tuple[uuid.UUID, uuid.UUID]]:
    """This function will give the jobs with files to be fetched, and those whose files are all back, but not they."""
    since = now - settings.ARCHIVE_PAUSE
    of_job = Retrieval.objects.filter(archived_file__job=OuterRef("pk"))
    to_fetch = Exists(of_job.to_fetch(now=now).filter(ready_at__lt=since))
    jobs = Job.objects.filter(to_fetch | ~Exists(of_job.open()), status=Status.RESTORING, updated_at__lt=since)
    return jobs.filter(deleted_at=None).order_by("updated_at").values_list("pk", "lab_id")


def _labs_that_sleep(*, before: datetime) -> list[Lab]:
    sleeping = Job.objects.filter(status=Status.ARCHIVED, deleted_at=None, updated_at__lt=before)
    return list(Lab.objects.filter(plan__in=RECALLING_PLANS, jobs__in=sleeping).distinct()[:_BATCH])


def _recall_missing(lab: Lab, *, now: datetime) -> None:
    """This function will see to a lab with sleeping results although its plan keeps them: go on, or begin anew."""
    latest = Recall.objects.filter(lab=lab).order_by("-begun_at").first()
    is_new = latest is not None and latest.begun_at > now - settings.ARCHIVE_RETRY_PAUSE
    if latest is not None and (is_new or not latest.retrievals.exists()):
        send(COLLECT, lab=lab.pk, recall_id=str(latest.pk))
    else:
        begin(lab, actor="sweep", now=now)


def _sleeping(lab: Lab) -> QuerySet[Job]:
    if limits_of(Lab.objects.get(pk=lab.pk).plan).kept_hot is not None:
        return Job.objects.none()  # the lab has left the plan meanwhile
    return (
        Job.objects.filter(lab=lab, status=Status.ARCHIVED, deleted_at=None).defer("summary").order_by("-finished_at")
    )


def _wish(job: Job, recall: Recall, *, tier: Tier, now: datetime) -> bool:
    """This function will write down that a result is wanted back, and tell whether it slept."""
    job.refresh_from_db(fields=["status", "attempt", "deleted_at"])
    archived_files = list(files.at_rest(job))
    if not archived_files:
        return False
    try:
        with transaction.atomic():
            note = f"Asked back in tier {tier.label}."
            transitions.move(job, Status.RESTORING, actor=recall.actor, now=now, note=note)
            for archived in archived_files:
                nearest = tiers.nearest(tier, storage_class=archived.storage_class)
                retrievals.intend(archived, recall=recall, tier=nearest, now=now)
    except (StaleJobError, ValueError):  # it is on its way already, or deleted
        return False
    return True


def _ask(retrieval: Retrieval, *, clock: Clock) -> bool:
    """This function will ask the vault for one file, and tell whether the next one may follow at once."""
    archived = retrieval.archived_file
    vault = files.vault_of(archived)
    try:
        asked_before = retrievals.begin_call(retrieval)
        order = Order(
            archive=files.archive_of(archived),
            tier=Tier(retrieval.tier),
            errand=files.errand_of(retrieval.pk, archived),
            asked_before=asked_before,
        )
        try:
            ticket = vault.begin_retrieval(order)
        except NoExpeditedCapacityError:
            retrievals.lower_tier(retrieval, tier=Tier.STANDARD)
            ticket = vault.begin_retrieval(replace(order, tier=Tier.STANDARD))
        retrievals.requested(retrieval, ticket=ticket, now=clock())
    except StaleRetrievalError:
        return True
    except ArchiveMissingError:
        return failed(retrieval, "The vault has no such archive.", now=clock())
    except (VaultThrottledError, VaultUnavailableError) as error:
        logger.warning("The vault takes no more requests now: %s", error)
        return False
    except (VaultRefusedError, RetrievalFailedError) as error:
        logger.exception("The vault refuses to retrieve %s", archived.pk)
        return failed(retrieval, f"{type(error).__name__}", now=clock())
    if archived.storage_class == "GLACIER_IR":
        look(retrieval, now=clock())
    return True
