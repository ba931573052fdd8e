"""What dj-stripe calls for each event that it processes, in its own transaction: the inbox hears of the customer."""

from typing import Any

from djstripe.models import Event
from djstripe.signals import WEBHOOK_SIGNALS

from billing import inbox
from billing.events import EVENTS
from billing.values import Json, customer_of
from genomics import clock


def listen() -> None:
    """This function will let the inbox hear of every event that dj-stripe processes."""
    for name in EVENTS:
        WEBHOOK_SIGNALS[name].connect(_receive, sender=Event, dispatch_uid="billing.inbox")


def hear(about: Json, *, event_id: str) -> None:
    """This function will tell the inbox whom an event is about, in the caller's transaction."""
    customer_id = customer_of(about)
    if customer_id:
        inbox.hear(customer_id, event_id=event_id, now=clock.now())


def _receive(*, event: Event, **_fields: Any) -> None:
    hear(event.data["object"], event_id=event.id)
