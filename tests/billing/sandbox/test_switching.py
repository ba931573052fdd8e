from datetime import timedelta

import pytest
import stripe

from tests.billing.sandbox.fixtures import Shop


def switch(shop: Shop, price: str, **options: object) -> stripe.Subscription:
    made = shop.subscription()
    item = made["items"]["data"][0].id
    return stripe.Subscription.modify(made.id, items=[{"id": item, "price": price}], **options)  # type: ignore[arg-type]


def newest(shop: Shop) -> stripe.Invoice:
    return stripe.Invoice.list(customer=shop.customer).data[0]


class TestSwitch:
    def test_to_a_year_starts_a_new_period_and_charges_the_difference(self, shop: Shop) -> None:
        shop.subscribe()
        shop.sandbox.advance(shop.customer, by=timedelta(days=10))
        changed = switch(shop, shop.yearly)
        item = changed["items"]["data"][0]
        assert (item.price.id, item.current_period_start) == (shop.yearly, shop.sandbox.now(shop.customer))
        assert item.current_period_end - item.current_period_start >= 365 * 86_400
        invoice = newest(shop)
        credit, year = [line.amount for line in invoice.lines.data]
        assert (invoice.billing_reason, invoice.status, year) == ("subscription_update", "paid", 99_000)
        assert -6_900 < credit < -6_300
        assert invoice.amount_paid == 99_000 + credit

    def test_to_a_month_leaves_credit_that_pays_later_invoices(self, shop: Shop) -> None:
        shop.subscribe(line_items=[{"price": shop.yearly, "quantity": 1}])
        shop.sandbox.advance(shop.customer, by=timedelta(days=30))
        switch(shop, shop.monthly)
        invoice = newest(shop)
        balance = stripe.Customer.retrieve(shop.customer).balance
        assert (invoice.amount_due, balance) == (0, invoice.total)
        assert balance is not None
        assert balance < -70_000
        shop.sandbox.renew(shop.customer)
        assert (newest(shop).amount_due, newest(shop).starting_balance) == (0, balance)
        assert stripe.Customer.retrieve(shop.customer).balance == balance + 9_900

    def test_of_quantity_goes_on_the_next_invoice(self, shop: Shop) -> None:
        made = shop.subscribe()
        shop.sandbox.advance(shop.customer, by=timedelta(days=15))
        stripe.Subscription.modify(made.id, items=[{"id": made["items"]["data"][0].id, "quantity": 2}])
        assert len(stripe.Invoice.list(customer=shop.customer).data) == 1
        shop.sandbox.renew(shop.customer)
        assert len(newest(shop).lines.data) == 3
        assert 19_800 + 4_600 < newest(shop).amount_paid < 19_800 + 5_300

    def test_of_quantity_can_be_charged_at_once_or_not_at_all(self, shop: Shop) -> None:
        made = shop.subscribe()
        item = made["items"]["data"][0].id
        stripe.Subscription.modify(made.id, items=[{"id": item, "quantity": 2}], proration_behavior="always_invoice")
        assert (newest(shop).billing_reason, newest(shop).amount_paid) == ("subscription_update", 9_900)
        stripe.Subscription.modify(made.id, items=[{"id": item, "quantity": 5}], proration_behavior="none")
        shop.sandbox.renew(shop.customer)
        assert newest(shop).amount_paid == 5 * 9_900

    def test_during_a_trial_is_free_and_keeps_its_end(self, shop: Shop) -> None:
        made = shop.subscribe(subscription_data={"trial_period_days": 14})
        changed = switch(shop, shop.yearly)
        assert (changed.status, changed.trial_end) == ("trialing", made.trial_end)
        assert len(stripe.Invoice.list(customer=shop.customer).data) == 1
        assert stripe.Subscription.modify(made.id, trial_end="now").status == "active"
        assert newest(shop).amount_paid == 99_000

    def test_that_cannot_be_paid_is_past_due_or_undone(self, shop: Shop) -> None:
        shop.subscribe()
        shop.sandbox.fail_card(shop.customer)
        with pytest.raises(stripe.CardError):
            switch(shop, shop.yearly, payment_behavior="error_if_incomplete")
        assert shop.subscription()["items"]["data"][0].price.id == shop.monthly
        assert switch(shop, shop.yearly).status == "past_due"

    def test_refuses_items_of_others(self, shop: Shop) -> None:
        made = shop.subscribe()
        with pytest.raises(stripe.InvalidRequestError, match="No such subscription item"):
            stripe.Subscription.modify(made.id, items=[{"id": "si_x", "price": shop.yearly}])
        with pytest.raises(stripe.InvalidRequestError, match="without id"):
            stripe.Subscription.modify(made.id, items=[{"price": shop.yearly}])


class TestPreview:
    def test_shows_the_next_invoice_and_keeps_nothing(self, shop: Shop) -> None:
        made = shop.subscribe()
        before = (len(shop.sandbox.objects("invoice")), len(shop.sandbox.events), shop.subscription())
        preview = stripe.Invoice.create_preview(subscription=made.id)
        assert (preview.amount_due, preview.status, preview.billing_reason) == (9_900, "draft", "upcoming")
        assert preview.next_payment_attempt == made["items"]["data"][0]["current_period_end"]
        assert (len(shop.sandbox.objects("invoice")), len(shop.sandbox.events), shop.subscription()) == before

    def test_shows_what_a_switch_would_cost(self, shop: Shop) -> None:
        made = shop.subscribe()
        shop.sandbox.advance(shop.customer, by=timedelta(days=10))
        item = made["items"]["data"][0].id
        preview = stripe.Invoice.create_preview(
            subscription=made.id, subscription_details={"items": [{"id": item, "price": shop.yearly}]}
        )
        switch(shop, shop.yearly)
        assert preview.amount_due == newest(shop).amount_paid

    def test_knows_none_when_the_subscription_ends(self, shop: Shop) -> None:
        made = shop.subscribe()
        stripe.Subscription.modify(made.id, cancel_at_period_end=True)
        with pytest.raises(stripe.InvalidRequestError) as refused:
            stripe.Invoice.create_preview(subscription=made.id)
        assert refused.value.code == "invoice_upcoming_none"
