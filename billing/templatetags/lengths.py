"""Lengths of time in whole words, where they are promised: “14 days” and not “14 d”."""

from datetime import timedelta

from django import template

register = template.Library()

_UNITS = (("day", 86_400, 2), ("hour", 3_600, 1), ("minute", 60, 1), ("second", 1, 0))


@register.filter
def in_words(length: timedelta) -> str:
    """This function will write a length in its largest unit of which it has enough, rounded: a day is “24 hours”."""
    seconds = round(length.total_seconds())
    unit, size = next((unit, size) for unit, size, fewest in _UNITS if seconds >= fewest * size)
    number = round(seconds / size)
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
