"""Actions of the admin that are done row by row: each row has its own outcome, and each success its log entry."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.db.models import Model
from django.http import HttpRequest

Row = TypeVar("Row", bound=Model)
# The sentence for people, which follows the row's name; None: the exception's own, which has the name in it.
Refusals = Mapping[type[Exception], str | None]


def actor(request: HttpRequest) -> str:
    """This function will name the admin as events, rows and logs do."""
    return f"admin:{request.user.pk}"


def apply(
    admin: "ModelAdmin[Row]",
    request: HttpRequest,
    *,
    rows: Iterable[Row],
    act: Callable[[Row], object],
    done: str,
    refusals: Refusals,
) -> None:
    """This function will act on each row, and tell the admin which were refused and how many were done.

    A row that is refused does not keep the others from being done; any other exception ends the action.
    """
    number = 0
    for row in rows:
        try:
            act(row)
        except tuple(refusals) as error:
            # The admin's pages write the first letter large: it must not be one of a file's name or an address.
            admin.message_user(request, f"Not done: {_sentence(row, error, refusals)}", messages.WARNING)
        else:
            admin.log_change(request, row, done)
            number += 1
    if number:
        admin.message_user(request, f"{done} ({number})", messages.SUCCESS)


def _sentence(row: Model, error: Exception, refusals: Refusals) -> str:
    sentence = next(sentence for kind, sentence in refusals.items() if isinstance(error, kind))
    return str(error) if sentence is None else f"{row}: {sentence}"
