import pytest
import stripe

from billing.sandbox import cards
from tests.billing.sandbox.fixtures import Shop


class TestIsValidNumber:
    @pytest.mark.parametrize("number", ["4242424242424242", "4000002500003155", "378282246310005"])
    def test_knows_real_ones(self, number: str) -> None:
        assert cards.is_valid_number(number)

    @pytest.mark.parametrize("number", ["", "4242", "4242424242424241", "abcd", "４２４２424242424242"])
    def test_knows_typing_errors(self, number: str) -> None:
        assert not cards.is_valid_number(number)


class TestNumberOutcome:
    @pytest.mark.parametrize(
        ("number", "code", "decline_code"),
        [
            ("4000000000000002", "card_declined", "generic_decline"),
            ("4000000000009995", "card_declined", "insufficient_funds"),
            ("4000000000000069", "expired_card", "expired_card"),
            ("4000000000000341", "card_declined", "generic_decline"),
        ],
    )
    def test_declines(self, number: str, code: str, decline_code: str) -> None:
        outcome = cards.number_outcome(number, authenticated=True)
        assert (outcome.kind, outcome.code, outcome.decline_code) == ("declined", code, decline_code)

    @pytest.mark.parametrize(
        ("number", "later"),
        [("4000002500003155", "succeeded"), ("4000000000003220", "succeeded"), ("4000002760003184", "requires_action")],
    )
    def test_asks_for_the_person(self, number: str, later: str) -> None:
        assert cards.number_outcome(number, authenticated=False).kind == "requires_action"
        assert cards.number_outcome(number, authenticated=True).kind == "succeeded"
        assert cards.number_outcome(number, authenticated=False, set_up=True).kind == later


class TestAttach:
    def test_takes_test_tokens_and_own_cards(self, shop: Shop) -> None:
        token = stripe.PaymentMethod.attach("pm_card_visa", customer=shop.customer)
        own = stripe.PaymentMethod.create(
            type="card", card={"number": "5555555555554444", "exp_month": 1, "exp_year": 2031}
        )
        stripe.PaymentMethod.attach(own.id, customer=shop.customer)
        found = stripe.PaymentMethod.list(customer=shop.customer, type="card").data
        assert [(m.id, m.card.brand if m.card else "") for m in found] == [(own.id, "mastercard"), (token.id, "visa")]
        assert shop.types()[-2:] == ["payment_method.attached", "payment_method.attached"]

    def test_refuses_a_declined_card(self, shop: Shop) -> None:
        with pytest.raises(stripe.CardError) as refused:
            stripe.PaymentMethod.attach("pm_card_visa_chargeDeclined", customer=shop.customer)
        error = refused.value.error
        assert error is not None
        assert (refused.value.http_status, error.code, error.decline_code) == (402, "card_declined", "generic_decline")

    def test_keeps_a_card_that_will_fail(self, shop: Shop) -> None:
        assert (
            stripe.PaymentMethod.attach("pm_card_chargeCustomerFail", customer=shop.customer).customer == shop.customer
        )

    def test_refuses_somebody_elses_card(self, shop: Shop) -> None:
        card = stripe.PaymentMethod.attach("pm_card_visa", customer=shop.customer)
        other = stripe.Customer.create()
        with pytest.raises(stripe.InvalidRequestError, match="already been attached"):
            stripe.PaymentMethod.attach(card.id, customer=other.id)
        with pytest.raises(stripe.InvalidRequestError, match="customer"):
            stripe.PaymentMethod.attach("pm_card_visa")


class TestDetach:
    def test_leaves_nothing_that_pays_with_the_card(self, shop: Shop) -> None:
        subscription = shop.subscribe()
        card = str(subscription.default_payment_method)
        stripe.Customer.modify(shop.customer, invoice_settings={"default_payment_method": card})
        assert stripe.PaymentMethod.detach(card).customer is None
        assert shop.subscription().default_payment_method is None
        settings = stripe.Customer.retrieve(shop.customer).invoice_settings
        assert settings is not None
        assert settings.default_payment_method is None
        with pytest.raises(stripe.InvalidRequestError, match="not attached"):
            stripe.PaymentMethod.detach(card)
