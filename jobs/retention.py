"""How long a result is kept hot: a date at its completion, which an owner may put off and a change of plan sets anew.

The date in the row is the truth. A Step Functions execution waits for it and sends the hint to the archive, whose sweep
looks for what is due whether a hint came or not.
"""

import logging
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import Q

from genomics.aws import stepfunctions
from genomics.aws.errors import ServiceRefusedError, ServiceUnavailableError
from genomics.queues import envelope
from genomics.users.limits import Limits
from genomics.users.models import Lab, User
from jobs import rights, transitions
from jobs.errors import NotPossibleNowError, PostponementRefusedError, StaleJobError
from jobs.models import Job, JobEvent, JobQuerySet, Status

logger = logging.getLogger(__name__)

ARCHIVE = "archive.archive"  # the task that a wait ends with; it is told the job's id
_MACHINE = "retention"


def due_at(limits: Limits, *, completed_at: datetime) -> datetime | None:
    """This function will tell when a result becomes due for archiving; None: never."""
    return _after(completed_at, limits.kept_hot)


def latest_due_at(limits: Limits, *, completed_at: datetime) -> datetime | None:
    """This function will tell up to when the owner may postpone the archiving of a result; None: for ever."""
    return _after(completed_at, limits.longest_kept_hot)


def date(job: Job, *, hot_since: datetime, is_back: bool = False) -> datetime | None:
    """This function will give the date for a job that becomes COMPLETED in the caller's transaction; None: never.

    A result that was asked back (`is_back`) stays for as long as its owner could have had it kept when it was made.
    It holds the lab until that ends: a change of its plan is over before the look at it, and so counts, or comes after
    the date is written, and sets it anew.
    """
    lab = Lab.objects.select_for_update(no_key=True).get(pk=job.lab_id)
    return (latest_due_at if is_back else due_at)(lab.limits, completed_at=hot_since)


def due(now: datetime) -> JobQuerySet:
    """This function will give the jobs whose result is to be archived, longest due first."""
    return Job.objects.due_for_archive(now)


def set_dates(lab: Lab, *, now: datetime) -> int:
    """This function will date all hot results of a lab as its plan of now says, and give the number of those changed.

    Call it in the transaction that changes the plan, after the change. What is being archived right now is dated too:
    without a date it is not to be archived any more.
    """
    at = due_at(lab.limits, completed_at=now)
    hot = Job.objects.filter(lab=lab, status__in=(Status.COMPLETED, Status.ARCHIVING), deleted_at=None)
    if at is None:
        hot = hot.exclude(archive_due_at=None)
    return hot.update(archive_due_at=at, updated_at=now)


def may_postpone(job: Job, *, user: User, now: datetime) -> bool:
    """This function will tell whether a member of the lab may still have a result kept hot for longer."""
    if job.status != Status.COMPLETED or job.archive_due_at is None:
        return False
    latest = _latest(job)
    is_possible = latest is None or latest > max(now, job.archive_due_at)
    return is_possible and rights.decides(job, user=user)


def postpone(job: Job, *, until: datetime, actor: str, now: datetime) -> None:
    """This function will have a result archived at `until` instead of earlier, with an event that says so.

    Raises PostponementRefusedError for a time that cannot be, and NotPossibleNowError when the job is not going to be
    archived (any more), or when somebody else has just postponed it.
    """
    if job.status != Status.COMPLETED or job.archive_due_at is None:
        raise _not_to_be_archived(job)
    _check_time(job, until=until, now=now)
    try:
        transitions.remark(
            job,
            actor=actor,
            now=now,
            note=f"Kept hot until {_told(until)}.",
            only_if=Q(archive_due_at=job.archive_due_at),
            archive_due_at=until,
        )
    except StaleJobError as error:
        job.refresh_from_db()
        raise _not_to_be_archived(job) from error


class Timer:
    """Starts the waits of results that have just been completed, for one call of the publisher.

    After a wait that Step Functions did not start it asks for no further one: the sweep makes up for all of them, and
    what is to be published must not wait.
    """

    def __init__(self) -> None:
        self._is_away = False

    def start(self, event: JobEvent) -> None:
        """This function will start the wait for the date of the event's job, if that event has completed it."""
        if self._is_away or not _has_date(event):
            return
        try:
            stepfunctions.start(
                settings.STACK.state_machines[_MACHINE],
                name=f"archive-{event.job_id}-{event.attempt}",
                given=_input(event.job),
            )
        except (ServiceUnavailableError, ServiceRefusedError) as error:
            self._is_away = True
            logger.log(
                logging.WARNING if isinstance(error, ServiceUnavailableError) else logging.ERROR,
                "No wait was started for job %s: %s. The sweep of the archive finds what is due.",
                event.job_id,
                error,
            )


def _after(moment: datetime, duration: timedelta | None) -> datetime | None:
    return None if duration is None else moment + duration


def _latest(job: Job) -> datetime | None:
    assert job.finished_at is not None
    return latest_due_at(job.lab.limits, completed_at=job.finished_at)


def _check_time(job: Job, *, until: datetime, now: datetime) -> None:
    assert job.archive_due_at is not None
    latest = _latest(job)
    if latest is not None and until > latest:
        raise PostponementRefusedError(
            f"{job.name} can be kept hot until {_told(latest)} at the latest.",
            code="KEPT_TOO_LONG",
            advice="Choose an earlier time, or download the result before it is archived.",
        )
    if until <= max(now, job.archive_due_at):
        raise PostponementRefusedError(
            f"{job.name} is kept hot until {_told(job.archive_due_at)} already.",
            code="NOT_LATER",
            advice="Choose a later time.",
        )


def _not_to_be_archived(job: Job) -> NotPossibleNowError:
    if job.status != Status.COMPLETED:
        return NotPossibleNowError.of(job.name, status=job.get_status_display())
    if job.archive_due_at is None:
        return NotPossibleNowError(
            f"{job.name} is not going to be archived.",
            code="NOT_TO_BE_ARCHIVED",
            advice="There is nothing to postpone: the result stays where it is.",
        )
    return NotPossibleNowError(
        f"Somebody else has just had {job.name} kept hot until {_told(job.archive_due_at)}.",
        code="NOT_POSSIBLE_NOW",
        advice="Choose a time again if that is too early.",
    )


def _has_date(event: JobEvent) -> bool:
    job: Job = event.job
    is_hot = event.status == job.status == Status.COMPLETED and job.deleted_at is None
    return is_hot and job.archive_due_at is not None


def _input(job: Job) -> dict[str, str]:
    """This function will give what the state machine in the template reads."""
    assert job.archive_due_at is not None
    # Waits end at whole seconds: a second late, since a hint that comes before its time is in vain.
    due_at = job.archive_due_at.astimezone(UTC) + timedelta(microseconds=999_999)
    return {
        "due_at": f"{due_at:%Y-%m-%dT%H:%M:%SZ}",
        "lab_id": str(job.lab_id),
        "message": envelope.write(ARCHIVE, job_id=str(job.pk)),
    }


def _told(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%-d %B %Y, %H:%M} UTC"
