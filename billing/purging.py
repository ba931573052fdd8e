"""What was needed for a while and holds what others need not see is deleted: messages of Stripe's, keys, old visits."""

import logging
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Model, QuerySet
from djstripe.models import APIKey, Event, IdempotencyKey, WebhookEventTrigger

from billing.models import Checkout, News

logger = logging.getLogger(__name__)

_KEPT = timedelta(days=90)
_BATCH = 1000
_TIME = timedelta(minutes=5)  # for one call; the next day goes on


def purge(*, now: datetime) -> int:
    """This function will delete what is older than 90 days, oldest first, and give the number of rows.

    Events go by when they came here, as their triggers do: one that Stripe repeats late is still known as heard.
    """
    since = now - _KEPT
    old: list[QuerySet[Model]] = [
        WebhookEventTrigger.objects.filter(created__lt=since).order_by("created"),
        Event.objects.filter(djstripe_created__lt=since).order_by("djstripe_created"),
        IdempotencyKey.objects.filter(created__lt=since).order_by("created"),
        Checkout.objects.filter(closed_at__lt=since).order_by("closed_at"),
        News.objects.filter(heard_at__lt=since, read__gte=F("heard")).order_by("heard_at"),
        # dj-stripe keeps each key that it was ever used with, and would go on with one that was revoked.
        APIKey.objects.exclude(secret=settings.STRIPE_SECRET_KEY).order_by("id"),
    ]
    end = time.monotonic() + _TIME.total_seconds()
    return sum(_delete(rows, end=end) for rows in old)


def _delete(rows: QuerySet[Model], *, end: float) -> int:
    """This function will delete rows in batches, each in its own transaction, until the time is over."""
    count = 0
    while time.monotonic() < end:
        batch = list(rows.values_list("pk", flat=True)[:_BATCH])
        if not batch:
            break
        rows.model._default_manager.filter(pk__in=batch).delete()
        count += len(batch)
    if count:
        logger.info("%d old rows of %s are deleted.", count, rows.model._meta.label)
    return count
