"""Wakes the publisher once an event is committed. The rows of JobEvent are the outbox itself."""

from django.db import transaction

from genomics import locks
from genomics.queues import send

PUBLISH = "jobs.publish"
LOCK = "jobs.publish"  # held by the one publisher at work


def hint() -> None:
    """This function will hint the publisher when the current transaction commits.

    While a publisher is at work no hint is needed: it looks once more when it has given its lock back.
    """
    transaction.on_commit(_hint, robust=True)  # the event stands; the sweep heals a hint that was not sent


def _hint() -> None:
    if not locks.is_held(LOCK):
        send(PUBLISH)
