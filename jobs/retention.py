"""When a result is archived: limits and the time when it was made give the time when it is due."""

from datetime import datetime, timedelta

from genomics.users.limits import Limits


def due_at(limits: Limits, *, completed_at: datetime) -> datetime | None:
    """This function will tell when a result becomes due for archiving; None: never."""
    return _after(completed_at, limits.kept_hot)


def latest_due_at(limits: Limits, *, completed_at: datetime) -> datetime | None:
    """This function will tell up to when the owner may postpone the archiving of a result; None: for ever."""
    return _after(completed_at, limits.longest_kept_hot)


def postponed(limits: Limits, *, completed_at: datetime, wanted_at: datetime) -> datetime | None:
    """This function will give the due time nearest to `wanted_at` that the limits allow; None: it is never due."""
    earliest, latest = due_at(limits, completed_at=completed_at), latest_due_at(limits, completed_at=completed_at)
    if earliest is None:
        return None
    return max(earliest, wanted_at if latest is None else min(wanted_at, latest))


def _after(moment: datetime, duration: timedelta | None) -> datetime | None:
    return None if duration is None else moment + duration
