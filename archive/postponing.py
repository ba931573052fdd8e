"""For how long people may have a result kept hot, and what becomes of their wish."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from genomics.users.models import User
from jobs import retention
from jobs.errors import NotPossibleNowError, PostponementRefusedError
from jobs.models import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Kept hot for so long after the result was made."""

    kept_hot: timedelta
    until: datetime

    @property
    def seconds(self) -> int:
        """The length as a form sends it."""
        return int(self.kept_hot.total_seconds())


def choices(job: Job, *, user: User, now: datetime) -> list[Choice]:
    """This function will give what a user may choose now, shortest first; nothing for who may not, or too late."""
    if not retention.may_postpone(job, user=user, now=now):
        return []
    assert job.archive_due_at is not None  # else nothing is postponed
    earliest = max(now, job.archive_due_at)
    return [choice for choice in _all(job) if choice.until > earliest]


def postpone(job: Job, *, seconds: str, actor: str, now: datetime) -> datetime:
    """This function will keep a result hot for so long after it was made, and give the moment at which that ends.

    Raises PostponementRefusedError for a length that is no choice or not possible (any more), and NotPossibleNowError.
    """
    choice = next((choice for choice in _all(job) if str(choice.seconds) == seconds), None)
    if choice is None:
        raise PostponementRefusedError(
            f"{job.name} cannot be kept hot for that long.", code="NO_CHOICE", advice="Choose one of the times shown."
        )
    retention.postpone(job, until=choice.until, actor=actor, now=now)
    return choice.until


def _all(job: Job) -> list[Choice]:
    """This function will give the lengths in the settings that the plan allows, and the longest that it allows."""
    longest = job.lab.limits.longest_kept_hot
    if longest is None or job.finished_at is None:
        return []
    lengths = sorted({length for length in settings.POSTPONE_CHOICES if length < longest} | {longest})
    return [Choice(kept_hot=length, until=job.finished_at + length) for length in lengths]


REFUSALS = (NotPossibleNowError, PostponementRefusedError)
