from datetime import datetime

import pytest
import stripe
from djstripe import models

from billing import gateway, mirror
from billing.products import PRODUCT_ID
from billing.sandbox.sandbox import Sandbox
from billing.values import Card, Money
from tests.billing.sandbox.fixtures import Shop

pytestmark = pytest.mark.django_db


class TestPrices:
    def test_are_those_on_sale_by_their_key(self, shop: Shop) -> None:
        mirror.prices(gateway.price_objects(PRODUCT_ID))
        found = mirror.prices_of(PRODUCT_ID)
        assert {key: price.money for key, price in found.items()} == {
            "premium_monthly": Money(amount=9_900, currency="usd"),
            "premium_yearly": Money(amount=99_000, currency="usd"),
        }

    def test_follow_a_key_that_moves(self, shop: Shop) -> None:
        mirror.prices(gateway.price_objects(PRODUCT_ID))
        new = stripe.Price.create(
            product=PRODUCT_ID,
            unit_amount=14_900,
            currency="usd",
            recurring={"interval": "month"},
            lookup_key="premium_monthly",
            transfer_lookup_key=True,
        )
        mirror.prices(gateway.price_objects(PRODUCT_ID))
        assert mirror.prices_of(PRODUCT_ID)["premium_monthly"].id == new.id

    def test_are_none_before_they_are_known(self, shop: Shop) -> None:
        assert mirror.prices_of(PRODUCT_ID) == {}


class TestRefresh:
    def test_brings_all_that_pages_show(self, shop: Shop) -> None:
        subscription = shop.subscribe()
        mirror.refresh(shop.customer)
        found = mirror.subscription_of(subscription.id)
        assert found is not None
        assert found.price.money == Money(amount=9_900, currency="usd")
        assert mirror.card_of(shop.customer, subscription.id) == Card(
            brand="visa", last4="4242", exp_month=12, exp_year=2034
        )
        (invoice,) = mirror.invoices_of(shop.customer)
        assert (invoice.status, invoice.total) == ("paid", Money(amount=9_900, currency="usd"))
        assert invoice.hosted_url
        assert invoice.pdf_url

    def test_may_fail_without_harm(self, shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
        shop.subscribe()
        shop.sandbox.set_chaos(error_share=1)
        mirror.refresh(shop.customer)
        assert "as old as it was" in caplog.text
        assert not models.Subscription.objects.exists()

    def test_writes_the_newer_over_the_older(self, shop: Shop) -> None:
        subscription = shop.subscribe()
        mirror.refresh(shop.customer)
        stripe.Subscription.modify(subscription.id, cancel_at_period_end=True)
        mirror.refresh(shop.customer)
        found = mirror.subscription_of(subscription.id)
        assert found is not None
        assert found.cancel_at is not None


class TestCardOf:
    def test_is_the_customers_where_the_subscription_has_none(self, shop: Shop) -> None:
        card = stripe.PaymentMethod.attach("pm_card_mastercard", customer=shop.customer)
        stripe.Customer.modify(shop.customer, invoice_settings={"default_payment_method": card.id})
        mirror.refresh(shop.customer)
        found = mirror.card_of(shop.customer, "")
        assert found is not None
        assert found.brand == "mastercard"

    def test_is_none_where_none_is_known(self, shop: Shop) -> None:
        assert mirror.card_of(shop.customer, "sub_unknown") is None
        assert mirror.card_of("", "") is None


class TestRefundsOf:
    def test_tells_what_was_given_back(self, shop: Shop, sandbox: Sandbox) -> None:
        shop.subscribe()
        sandbox.refund(shop.customer, amount=4_000)
        (charge,) = stripe.Charge.list(customer=shop.customer).data
        mirror.customer(gateway.customer_object(shop.customer))
        models.Charge.sync_from_stripe_data(charge)
        (refund,) = mirror.refunds_of(shop.customer)
        assert refund.money == Money(amount=4_000, currency="usd")
        assert refund.receipt_url

    def test_is_silent_about_what_was_kept(self, shop: Shop) -> None:
        shop.subscribe()
        (charge,) = stripe.Charge.list(customer=shop.customer).data
        models.Charge.sync_from_stripe_data(charge)
        assert mirror.refunds_of(shop.customer) == []


class TestInvoicesOf:
    def test_leaves_out_drafts_and_strangers(self, shop: Shop, now: datetime) -> None:
        shop.subscribe()
        mirror.refresh(shop.customer)
        models.Invoice.objects.update(stripe_data={**models.Invoice.objects.get().stripe_data, "status": "draft"})
        assert mirror.invoices_of(shop.customer) == []
        assert mirror.invoices_of("") == mirror.invoices_of("cus_other") == []
