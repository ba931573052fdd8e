"""dj-stripe mirrors every object of the sandbox, with all that it asks for on the way."""

from typing import Any

import pytest
from django.conf import settings
from djstripe import models

from tests.billing.sandbox.fixtures import KEY, Shop
from tests.billing.sandbox.test_answers import live_through_everything

pytestmark = pytest.mark.django_db

MIRRORED: list[type[Any]] = [
    models.Product,
    models.Price,
    models.Coupon,
    models.PromotionCode,
    models.Customer,
    models.PaymentMethod,
    models.SetupIntent,
    models.Subscription,
    models.Invoice,
    models.PaymentIntent,
    models.Charge,
    models.Refund,
    models.Session,
    models.WebhookEndpoint,
]


class TestMirror:
    def test_takes_every_kind_of_object(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(settings, "STRIPE_TEST_SECRET_KEY", KEY)
        monkeypatch.setattr(settings, "STRIPE_SECRET_KEY", KEY)
        live_through_everything(shop)
        for model in MIRRORED:
            wanted = [document["id"] for document in shop.sandbox.objects(model.stripe_class.OBJECT_NAME)]
            for identifier in wanted:
                model.sync_from_stripe_data(model(id=identifier).api_retrieve(api_key=KEY), api_key=KEY)
            assert wanted
            assert set(model.objects.values_list("id", flat=True)) >= set(wanted)
        assert models.Account.objects.count() == 1
        subscription = models.Subscription.objects.get(id=shop.subscription().id)
        assert subscription.customer.id == shop.customer
        assert subscription.items.count() == 1
        assert [(c.path, c.status) for c in shop.sandbox.calls if c.status not in (200, 402)] == []
