"""Stripe's objects as dj-stripe keeps them: what pages show without asking Stripe, and never who may do what."""

from collections.abc import Iterable

from django.db import transaction
from djstripe import models

from billing.values import Json


def subscriptions(objects: Iterable[Json]) -> None:
    """This function will write rows from Stripe's objects. dj-stripe asks Stripe for what it misses beside them."""
    with transaction.atomic():
        for data in objects:
            models.Subscription.sync_from_stripe_data(data)
