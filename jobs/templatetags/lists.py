"""What the list of jobs needs beside its rows."""

import uuid
from collections.abc import Mapping

from django import template

from jobs.listing import Request
from jobs.spans import Span
from jobs.waiting import Place

register = template.Library()


@register.filter
def of(foresight: Mapping[uuid.UUID, Place | Span], job_id: uuid.UUID) -> Place | Span | None:
    """This function will give what is to be expected of one job; None when there is nothing to say."""
    return foresight.get(job_id)


@register.filter
def page_address(asked: Request, number: int) -> str:
    """This function will give the address of another page of the same list."""
    return asked.address(page=str(number))
