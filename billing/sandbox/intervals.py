"""Calendar arithmetic of billing periods."""

import calendar
from datetime import UTC, datetime, timedelta


def add_interval(moment: int, interval: str, count: int, *, anchor: int | None = None) -> int:
    """This function will give the end of a period that starts at this moment (seconds since the epoch, UTC).

    Months keep the day of the anchor: from 31 January to 28 February to 31 March.
    """
    start = datetime.fromtimestamp(moment, UTC)
    if interval in ("day", "week"):
        return int((start + timedelta(days=count * (7 if interval == "week" else 1))).timestamp())
    months = start.month - 1 + count * (12 if interval == "year" else 1)
    year, month = start.year + months // 12, months % 12 + 1
    wanted = datetime.fromtimestamp(anchor, UTC).day if anchor is not None else start.day
    day = min(wanted, calendar.monthrange(year, month)[1])
    return int(start.replace(year=year, month=month, day=day).timestamp())
