"""Tells the world what happened to jobs: each event goes to DynamoDB, to its mail and to SNS, at least once, in order.

One publisher works at a time. Each event is a short step that may be cut off anywhere and is then done again:

1. The item in DynamoDB becomes what the event says, unless it is newer already.
2. The mail that hangs on the event is queued; the same event never queues two.
3. The topic gets a message. It comes late because it alone shows when it is repeated.
4. Step Functions begins to wait for the date at which a result that is complete now is to be archived.
5. The event is marked as published.
"""

import json
import logging
import time
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db.models import Exists, OuterRef

from genomics import locks
from genomics.aws import sns
from genomics.aws.errors import ServiceUnavailableError
from jobs import notices, outbox, read_model, retention
from jobs.models import Job, JobEvent, JobEventQuerySet

logger = logging.getLogger(__name__)

DELETED = "DELETED"  # what the topic is told of a job that was deleted; it is no status
_TOPIC = "job-events"
_BATCH = 200
_SECONDS = 5.0  # for one call: other tasks wait in the same queue
_LATE = timedelta(minutes=2)  # several sweeps could not publish it, or there is a backlog
_AWAY_AFTER = 3  # jobs in a row that AWS did not answer for


def publish(*, now: datetime) -> int:
    """This function will publish the events that wait and give their number.

    The events of one job keep their order, so one that cannot be published holds back those of its job, no others;
    the next sweep tries again. What does not fit into one call's time is hinted again: jobs that are late come last,
    since many that fail each time would leave no time for the others.
    """
    run = _Run(now=now)
    while run.has_work():  # looked at before and after the lock: nothing is left to a publisher that has just gone
        with locks.alone(outbox.LOCK) as alone:
            if not alone:
                break
            run.go()
    run.report()
    if run.out_of_time and run.published:
        outbox.hint()
    return run.published


def withdraw(job_id: uuid.UUID) -> bool:
    """This function will delete a job's item and tell whether it could.

    False: a publisher is at work, or DynamoDB is away; ask again later. Mark the job as deleted first: then no
    publisher writes its item again.
    """
    with locks.alone(outbox.LOCK) as alone:
        if not alone:
            return False
        try:
            read_model.drop(job_id)
        except ServiceUnavailableError as error:
            logger.warning("The item of job %s was not deleted: %s", job_id, error)
            return False
    _wake_publisher()
    return True


def mend(job_id: uuid.UUID) -> bool:
    """This function will make a job's item what the database says, and tell whether it could.

    False: a publisher is at work. Raises ServiceUnavailableError and ServiceRefusedError.
    """
    with locks.alone(outbox.LOCK) as alone:
        if not alone:
            return False
        latest = latest_event(job_id)
        if latest is None or latest.job.deleted_at:
            read_model.drop(job_id)
        else:
            read_model.put(latest)
    _wake_publisher()
    return True


def latest_event(job_id: uuid.UUID) -> JobEvent | None:
    """This function will give a job's latest event with its job, or None for a job that has none or does not exist."""
    return JobEvent.objects.filter(job_id=job_id).with_job().order_by("-sequence").first()


def _wake_publisher() -> None:
    """This function will hint what was committed while the lock was held by somebody who does not publish."""
    if JobEvent.objects.unpublished().exists():
        outbox.hint()


class _Run:
    """One call of `publish`: what it has done, and which jobs it leaves to the next one."""

    def __init__(self, *, now: datetime) -> None:
        self.published = 0
        self.out_of_time = False
        self._now = now
        self._end = time.monotonic() + _SECONDS
        self._timer = retention.Timer()
        self._failures: dict[uuid.UUID, Exception] = {}
        self._unanswered = 0  # in a row

    def has_work(self) -> bool:
        waiting = JobEvent.objects.unpublished().exclude(job_id__in=list(self._failures))
        return not self._is_over() and waiting.exists()

    def go(self) -> None:
        """This function will publish until nothing is left, the time is over, or AWS is away."""
        for events in (_unpublished_in_time(self._now), JobEvent.objects.unpublished()):
            self._go_through(events)
            if self._is_over():
                return

    def report(self) -> None:
        """This function will log once what could not be published."""
        if not self._failures:
            return
        job_id, error = next(iter(self._failures.items()))
        faults = [error for error in self._failures.values() if not isinstance(error, ServiceUnavailableError)]
        logger.log(
            logging.ERROR if faults else logging.WARNING,
            "The events of %s jobs wait for the next sweep. The first is job %s: %s",
            len(self._failures),
            job_id,
            error,
            exc_info=faults[0] if faults else None,
        )

    def _go_through(self, waiting: JobEventQuerySet) -> None:
        done_to = 0
        while events := list(waiting.filter(pk__gt=done_to).with_job().order_by("pk")[:_BATCH]):
            for event in events:
                if time.monotonic() > self._end:
                    self.out_of_time = True
                elif event.job_id not in self._failures:
                    self._try(event)
                if self._is_over():
                    return
            done_to = events[-1].pk

    def _is_over(self) -> bool:
        return self.out_of_time or self._unanswered >= _AWAY_AFTER

    def _try(self, event: JobEvent) -> None:
        try:
            _publish(event, now=self._now, timer=self._timer)
        except (OperationalError, InterfaceError):
            raise  # without the database there is nothing to go on with
        except Exception as error:  # whatever is wrong with one job must not keep the others waiting
            self._failures[event.job_id] = error
            self._unanswered = self._unanswered + 1 if isinstance(error, ServiceUnavailableError) else 0
        else:
            self.published += 1
            self._unanswered = 0


def _publish(event: JobEvent, *, now: datetime, timer: retention.Timer) -> None:
    if event.job.deleted_at:
        read_model.drop(event.job_id)
    else:
        read_model.update(event)
    notices.tell(event)
    _announce(event)
    timer.start(event)
    JobEvent.objects.filter(pk=event.pk).update(published_at=now)


def _announce(event: JobEvent) -> None:
    status = DELETED if _is_deletion(event) else event.status
    body = {
        "job_id": str(event.job_id),
        "lab_id": str(event.job.lab_id),
        "status": status,
        "sequence": event.sequence,
        "attempt": event.attempt,
        "at": read_model.told_at(event.created_at),
    }
    sns.publish(
        settings.STACK.topics[_TOPIC],
        message=json.dumps(body),
        attributes={"status": status, "lab": str(event.job.lab_id)},
    )


def _is_deletion(event: JobEvent) -> bool:
    """This function will tell whether this is the event that marked its job as deleted: the last one it can have."""
    job: Job = event.job
    return job.deleted_at is not None and event.sequence == job.sequence


def _unpublished_in_time(now: datetime) -> JobEventQuerySet:
    """This function will give the events of jobs that have none which is late."""
    since = now - _LATE
    late = JobEvent.objects.unpublished().filter(job_id=OuterRef("job_id"), created_at__lt=since)
    return JobEvent.objects.unpublished().filter(~Exists(late), created_at__gte=since)
