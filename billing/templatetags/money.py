"""Amounts of money in people's words."""

from django import template

from billing import amounts
from billing.values import Money

register = template.Library()


@register.filter
def money(value: Money, locale: str) -> str:
    """This function will write an amount as the reader's country does: 9900 cents → “$99.00”, “99,00 $”."""
    return amounts.written(value, locale=locale)
