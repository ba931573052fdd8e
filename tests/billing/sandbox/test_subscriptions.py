from datetime import timedelta

import pytest
import stripe

from tests.billing.sandbox.fixtures import Shop

DAY = 86_400


def pay_with(shop: Shop, token: str) -> str:
    """This function will give the customer a card that pays by default."""
    card = stripe.PaymentMethod.attach(token, customer=shop.customer).id
    stripe.Customer.modify(shop.customer, invoice_settings={"default_payment_method": card})
    return card


class TestCreate:
    def test_takes_the_first_payment(self, shop: Shop) -> None:
        pay_with(shop, "pm_card_visa")
        made = stripe.Subscription.create(
            customer=shop.customer, items=[{"price": shop.monthly}], metadata={"lab": "7"}, expand=["latest_invoice"]
        )
        found = made.to_dict()
        assert (found["status"], found["metadata"], found["latest_invoice"]["status"]) == (
            "active",
            {"lab": "7"},
            "paid",
        )
        item = found["items"]["data"][0]
        assert 28 * DAY <= item["current_period_end"] - item["current_period_start"] <= 31 * DAY
        assert "current_period_end" not in found
        assert found["latest_invoice"]["parent"]["subscription_details"]["subscription"] == made.id

    @pytest.mark.parametrize(
        ("token", "event"),
        [
            ("pm_card_chargeCustomerFail", "invoice.payment_failed"),
            ("pm_card_authenticationRequired", "invoice.payment_action_required"),
        ],
    )
    def test_stays_incomplete_without_it(self, shop: Shop, token: str, event: str) -> None:
        pay_with(shop, token)
        made = stripe.Subscription.create(customer=shop.customer, items=[{"price": shop.monthly}])
        assert made.status == "incomplete"
        assert event in shop.types()

    def test_expires_when_the_first_payment_never_comes(self, shop: Shop) -> None:
        made = stripe.Subscription.create(
            customer=shop.customer, items=[{"price": shop.monthly}], payment_behavior="default_incomplete"
        )
        shop.sandbox.advance(shop.customer, by=timedelta(hours=22))
        assert shop.subscription().status == "incomplete"
        shop.sandbox.advance(shop.customer, by=timedelta(hours=1))
        assert shop.subscription().status == "incomplete_expired"
        assert stripe.Invoice.retrieve(str(made.latest_invoice)).status == "void"
        assert stripe.Subscription.list(customer=shop.customer).data == []

    def test_makes_nothing_when_it_may_not_be_incomplete(self, shop: Shop) -> None:
        pay_with(shop, "pm_card_chargeCustomerFail")
        events = len(shop.sandbox.events)
        with pytest.raises(stripe.CardError):
            stripe.Subscription.create(
                customer=shop.customer, items=[{"price": shop.monthly}], payment_behavior="error_if_incomplete"
            )
        assert (stripe.Subscription.list(status="all").data, len(shop.sandbox.events)) == ([], events)

    def test_starts_a_trial_for_nothing(self, shop: Shop) -> None:
        made = stripe.Subscription.create(
            customer=shop.customer, items=[{"price": shop.monthly}], trial_period_days=14, expand=["latest_invoice"]
        ).to_dict()
        assert (made["status"], made["latest_invoice"]["amount_due"]) == ("trialing", 0)
        assert made["trial_end"] - made["trial_start"] == 14 * DAY
        assert made["items"]["data"][0]["current_period_end"] == made["trial_end"]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"items": [{"price": "price_x"}]},
            {"items": []},
            {"customer": "cus_x"},
            {"trial_period_days": 3, "trial_end": 4_000_000_000},
            {"collection_method": "send_invoice", "days_until_due": 3},
            {"default_payment_method": "pm_x"},
        ],
    )
    def test_refuses(self, shop: Shop, wrong: dict[str, object]) -> None:
        wanted = {"customer": shop.customer, "items": [{"price": shop.monthly}]} | wrong
        with pytest.raises(stripe.InvalidRequestError):
            stripe.Subscription.create(**wanted)  # type: ignore[arg-type]
        assert shop.sandbox.objects("subscription") == []


class TestModify:
    def test_cancels_at_the_periods_end_and_takes_it_back(self, shop: Shop) -> None:
        made = shop.subscribe()
        end = made["items"]["data"][0]["current_period_end"]
        ending = stripe.Subscription.modify(made.id, cancel_at_period_end=True)
        assert (ending.cancel_at_period_end, ending.cancel_at, ending.status) == (True, end, "active")
        assert shop.sandbox.events[-1]["data"]["previous_attributes"]["cancel_at_period_end"] is False
        going_on = stripe.Subscription.modify(made.id, cancel_at_period_end=False)
        assert (going_on.cancel_at_period_end, going_on.cancel_at, going_on.canceled_at) == (False, None, None)
        shop.sandbox.renew(shop.customer)
        assert shop.subscription().status == "active"

    def test_ends_when_the_period_does(self, shop: Shop) -> None:
        made = shop.subscribe()
        stripe.Subscription.modify(made.id, cancel_at_period_end=True)
        shop.sandbox.renew(shop.customer)
        ended = shop.subscription()
        assert (ended.status, ended.ended_at) == ("canceled", made["items"]["data"][0]["current_period_end"])
        assert "customer.subscription.deleted" in shop.types()
        assert len(stripe.Invoice.list(customer=shop.customer).data) == 1

    def test_refuses_a_card_of_somebody_else(self, shop: Shop) -> None:
        made = shop.subscribe()
        other = stripe.PaymentMethod.attach("pm_card_visa", customer=stripe.Customer.create().id)
        with pytest.raises(stripe.InvalidRequestError, match="must be attached"):
            stripe.Subscription.modify(made.id, default_payment_method=other.id)

    def test_leaves_what_has_ended(self, shop: Shop) -> None:
        made = shop.subscribe()
        stripe.Subscription.cancel(made.id)
        with pytest.raises(stripe.InvalidRequestError, match="canceled subscription can only"):
            stripe.Subscription.modify(made.id, cancel_at_period_end=False)
        assert stripe.Subscription.modify(made.id, metadata={"why": "x"}).metadata.to_dict() == {"why": "x"}


class TestCancel:
    def test_ends_at_once(self, shop: Shop) -> None:
        made = shop.subscribe()
        ended = stripe.Subscription.cancel(made.id, cancellation_details={"feedback": "unused"})
        details = ended.cancellation_details
        assert details is not None
        assert (ended.status, details.reason, details.feedback) == ("canceled", "cancellation_requested", "unused")
        with pytest.raises(stripe.InvalidRequestError, match="No such subscription"):
            stripe.Subscription.cancel(made.id)


class TestResume:
    def test_goes_on_after_a_trial_that_ended_without_a_card(self, shop: Shop) -> None:
        made = stripe.Subscription.create(
            customer=shop.customer,
            items=[{"price": shop.monthly}],
            trial_period_days=7,
            trial_settings={"end_behavior": {"missing_payment_method": "pause"}},
        )
        shop.sandbox.advance(shop.customer, by=timedelta(days=8))
        assert shop.subscription().status == "paused"
        pay_with(shop, "pm_card_visa")
        assert stripe.Subscription.resume(made.id).status == "active"
        assert {"customer.subscription.paused", "customer.subscription.resumed"} <= set(shop.types())
        with pytest.raises(stripe.InvalidRequestError, match="not paused"):
            stripe.Subscription.resume(made.id)


class TestList:
    def test_filters(self, shop: Shop) -> None:
        first = shop.subscribe()
        stripe.Subscription.cancel(first.id)
        second = shop.subscribe(line_items=[{"price": shop.yearly, "quantity": 1}])

        def ids(**filters: object) -> list[str]:
            return [s.id for s in stripe.Subscription.list(customer=shop.customer, **filters).data]  # type: ignore[arg-type]

        assert ids() == [second.id]
        assert ids(status="all") == [second.id, first.id]
        assert ids(status="canceled") == ids(status="ended") == [first.id]
        assert ids(status="all", price=shop.monthly) == [first.id]
        assert ids(status="past_due") == []

    def test_gives_items_of_one(self, shop: Shop) -> None:
        made = shop.subscribe()
        items = stripe.SubscriptionItem.list(subscription=made.id).data
        assert [item.price.id for item in items] == [shop.monthly]
        assert stripe.SubscriptionItem.retrieve(items[0].id).id == items[0].id
