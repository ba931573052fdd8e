"""What is old and not needed any more is deleted, and nothing else."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from djstripe.models import APIKey, Event, IdempotencyKey, WebhookEventTrigger

from billing import purging
from billing.models import Checkout, EntitlementChange, News
from tests.billing.world import DAY, World

OLD, YOUNG = 91 * DAY, 89 * DAY


def age(rows: Any, *, column: str, ages: list[timedelta], world: World) -> None:
    """This function will let rows have been made so long ago."""
    for row, one in zip(rows.order_by("pk"), ages, strict=True):
        rows.filter(pk=row.pk).update(**{column: world.now - one})


class TestPurge:
    def test_deletes_what_is_older_than_90_days(self, world: World) -> None:
        for number in range(2):
            WebhookEventTrigger.objects.create(remote_ip="1.2.3.4", headers={}, body="{}")
            Event.objects.create(id=f"evt_{number}", type="customer.updated", data={}, livemode=False)
            IdempotencyKey.objects.create(action=f"customer:{number}", livemode=False)
            Checkout.objects.create(
                id=uuid.UUID(int=number),
                lab=world.lab,
                lookup_key="premium_monthly",
                begun_at=world.now - OLD,
                expires_at=world.now - OLD,
                closed_at=world.now - (OLD if number else YOUNG),
            )
            News.objects.create(pk=f"cus_{number}", heard=1, read=1, heard_at=world.now - (OLD if number else YOUNG))
        age(WebhookEventTrigger.objects.all(), column="created", ages=[OLD, YOUNG], world=world)
        age(Event.objects.all(), column="djstripe_created", ages=[OLD, YOUNG], world=world)
        age(IdempotencyKey.objects.all(), column="created", ages=[OLD, YOUNG], world=world)
        assert purging.purge(now=world.now) == 5
        for model in (WebhookEventTrigger, Event, IdempotencyKey, Checkout, News):
            assert model.objects.count() == 1
        assert purging.purge(now=world.now) == 0

    def test_keeps_what_is_still_needed_however_old(self, world: World) -> None:
        world.subscribe()
        world.reconcile()
        News.objects.create(pk="cus_unread", heard=2, read=1, heard_at=world.now - OLD)
        Checkout.objects.create(
            lab=world.lab, lookup_key="premium_monthly", begun_at=world.now - OLD, expires_at=world.now - OLD
        )
        assert purging.purge(now=world.now + 365 * DAY) == 0
        assert EntitlementChange.objects.exists()

    def test_deletes_in_batches(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(purging, "_BATCH", 2)
        for number in range(5):
            News.objects.create(pk=f"cus_{number}", heard=1, read=1, heard_at=world.now - OLD)
        assert purging.purge(now=world.now) == 5

    def test_forgets_keys_that_are_no_longer_ours(self, world: World) -> None:
        for key in (settings.STRIPE_SECRET_KEY, "sk_test_" + "b" * 24):
            APIKey.objects.create(secret=key, type="secret", livemode=False)
        assert purging.purge(now=world.now) == 1
        assert APIKey.objects.get().secret == settings.STRIPE_SECRET_KEY
