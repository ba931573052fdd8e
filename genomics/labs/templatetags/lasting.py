"""How long something still lasts."""

from datetime import datetime, timedelta

from django import template

register = template.Library()

_HOUR = timedelta(hours=1)


@register.filter
def lasting(until: datetime, now: datetime) -> str:
    """This function will give the time left in days and hours; seven days are seven a moment after they began, too."""
    left = until - now
    if left < _HOUR:
        return "less than an hour"
    days, hours = divmod(round(left / _HOUR), 24)
    return ", ".join(_counted(number, unit) for number, unit in ((days, "day"), (hours, "hour")) if number)


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
