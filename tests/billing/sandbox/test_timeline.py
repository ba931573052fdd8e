"""Time passes: renewals, trials and dunning, on a test clock and on the wall clock."""

import time
from datetime import timedelta

import pytest
import stripe

from billing.sandbox.world import Rules
from tests.billing.sandbox.fixtures import Shop

DAY = 86_400


def newest(shop: Shop) -> stripe.Invoice:
    return stripe.Invoice.list(customer=shop.customer).data[0]


class TestRenewal:
    def test_drafts_an_invoice_and_charges_it_an_hour_later(self, shop: Shop) -> None:
        made = shop.subscribe()
        end = made["items"]["data"][0]["current_period_end"]
        shop.sandbox.advance(shop.customer, to=end)
        invoice = newest(shop)
        assert (invoice.status, invoice.billing_reason) == ("draft", "subscription_cycle")
        assert shop.subscription()["items"]["data"][0]["current_period_start"] == end
        shop.sandbox.advance(shop.customer, by=timedelta(hours=1))
        assert (newest(shop).status, newest(shop).amount_paid) == ("paid", 9_900)
        assert shop.subscription().status == "active"

    def test_goes_on_for_as_long_as_time_passes(self, shop: Shop) -> None:
        shop.subscribe()
        shop.sandbox.advance(shop.customer, by=timedelta(days=365 + 2))
        invoices = list(stripe.Invoice.list(customer=shop.customer, limit=5).auto_paging_iter())
        assert [invoice.status for invoice in invoices] == ["paid"] * 13

    def test_happens_on_the_wall_clock_too(self, shop: Shop) -> None:
        customer = stripe.Customer.create(email="wall@example.org").id
        shop.sandbox.person.pay(shop.checkout(customer=customer).id)
        shop.sandbox.advance(by=timedelta(days=32))
        assert [i.status for i in stripe.Invoice.list(customer=customer).data] == ["paid", "paid"]
        assert stripe.Invoice.list(customer=customer).data[0].created < shop.sandbox.now()

    def test_catches_up_when_the_sandbox_was_away(self, shop: Shop) -> None:
        customer = stripe.Customer.create(email="wall@example.org").id
        shop.sandbox.person.pay(shop.checkout(customer=customer).id)
        first = stripe.Subscription.list(customer=customer).data[0]
        away = 40 * DAY
        shop.sandbox.world.wall = lambda: time.time() + away
        shop.sandbox.tick()
        renewal = stripe.Invoice.list(customer=customer).data[0]
        end = first["items"]["data"][0]["current_period_end"]
        assert (renewal.status, renewal.created) == ("paid", end)
        assert renewal.status_transitions.paid_at == end + 3_600


class TestTrial:
    def test_warns_three_days_before_and_then_charges(self, shop: Shop) -> None:
        shop.subscribe(subscription_data={"trial_period_days": 14})
        shop.sandbox.advance(shop.customer, by=timedelta(days=10, hours=23))
        assert "customer.subscription.trial_will_end" not in shop.types()
        shop.sandbox.advance(shop.customer, by=timedelta(hours=2))
        assert shop.types().count("customer.subscription.trial_will_end") == 1
        shop.sandbox.advance(shop.customer, by=timedelta(days=3, hours=2))
        assert (shop.subscription().status, newest(shop).amount_paid) == ("active", 9_900)
        assert shop.types().count("customer.subscription.trial_will_end") == 1

    def test_warns_at_once_when_it_is_short(self, shop: Shop) -> None:
        shop.subscribe(subscription_data={"trial_period_days": 2})
        assert "customer.subscription.trial_will_end" in shop.types()

    def test_ends_without_a_card_as_its_settings_say(self, shop: Shop) -> None:
        for behavior, status in (("cancel", "canceled"), ("pause", "paused"), ("create_invoice", "past_due")):
            stripe.Subscription.create(
                customer=shop.customer,
                items=[{"price": shop.monthly}],
                trial_period_days=7,
                trial_settings={"end_behavior": {"missing_payment_method": behavior}},
            )
            shop.sandbox.advance(shop.customer, by=timedelta(days=7, hours=2))
            assert shop.subscription().status == status

    def test_ends_unpaid_when_cancelled_during_it(self, shop: Shop) -> None:
        made = shop.subscribe(subscription_data={"trial_period_days": 14})
        stripe.Subscription.modify(made.id, cancel_at_period_end=True)
        shop.sandbox.advance(shop.customer, by=timedelta(days=15))
        ended = shop.subscription()
        assert (ended.status, ended.ended_at) == ("canceled", made.trial_end)
        assert [i.amount_due for i in stripe.Invoice.list(customer=shop.customer).data] == [0]


class TestDunning:
    def test_retries_after_3_5_and_7_days_and_then_cancels(self, shop: Shop) -> None:
        made = shop.subscribe()
        shop.sandbox.fail_card(shop.customer)
        shop.sandbox.renew(shop.customer)
        seen = [(shop.subscription().status, newest(shop).attempt_count)]
        for days in (3, 5, 7):
            due = newest(shop).next_payment_attempt
            assert due == shop.sandbox.now(shop.customer) + days * DAY
            shop.sandbox.advance(shop.customer, to=due - 1)
            assert newest(shop).attempt_count == seen[-1][1]
            shop.sandbox.advance(shop.customer, to=due)
            seen.append((shop.subscription().status, newest(shop).attempt_count))
        assert seen == [("past_due", 1), ("past_due", 2), ("past_due", 3), ("canceled", 4)]
        ended = stripe.Subscription.retrieve(made.id)
        assert ended.cancellation_details is not None
        assert ended.cancellation_details.reason == "payment_failed"
        assert (newest(shop).status, newest(shop).next_payment_attempt) == ("open", None)
        assert shop.types().count("invoice.payment_failed") == 4

    def test_is_over_when_the_card_pays_again(self, shop: Shop) -> None:
        shop.subscribe()
        shop.sandbox.fail_card(shop.customer)
        shop.sandbox.renew(shop.customer)
        assert stripe.Customer.retrieve(shop.customer).delinquent
        shop.sandbox.mend_card(shop.customer)
        shop.sandbox.advance(shop.customer, by=timedelta(days=3))
        assert (shop.subscription().status, newest(shop).status) == ("active", "paid")
        assert not stripe.Customer.retrieve(shop.customer).delinquent

    @pytest.mark.parametrize("after", ["unpaid", "past_due"])
    def test_can_end_otherwise(self, shop: Shop, after: str) -> None:
        shop.sandbox.world.rules = Rules(after_retries=after)  # type: ignore[arg-type]
        shop.subscribe()
        shop.sandbox.fail_card(shop.customer)
        shop.sandbox.renew(shop.customer)
        shop.sandbox.advance(shop.customer, by=timedelta(days=16))
        assert shop.subscription().status == after
        shop.sandbox.advance(shop.customer, by=timedelta(days=31))
        assert shop.subscription().status == after
        assert newest(shop).status == ("draft" if after == "unpaid" else "open")

    def test_needs_the_person_when_the_bank_wants_to_see_them(self, shop: Shop) -> None:
        shop.subscribe(card="4000002760003184")
        shop.sandbox.renew(shop.customer)
        assert shop.subscription().status == "past_due"
        assert "invoice.payment_action_required" in shop.types()
        shop.sandbox.person.pay_invoice(newest(shop).id)
        assert shop.subscription().status == "active"
