import pytest
import stripe

from tests.billing.sandbox.fixtures import Shop


class TestSetupIntents:
    def test_keep_a_card_for_the_customer(self, shop: Shop) -> None:
        intent = stripe.SetupIntent.create(customer=shop.customer, payment_method="pm_card_visa")
        assert intent.status == "requires_confirmation"
        assert stripe.SetupIntent.confirm(intent.id).status == "succeeded"
        assert len(stripe.PaymentMethod.list(customer=shop.customer).data) == 1
        with pytest.raises(stripe.InvalidRequestError, match="already succeeded"):
            stripe.SetupIntent.confirm(intent.id)

    def test_wait_for_the_person_or_fail(self, shop: Shop) -> None:
        waiting = stripe.SetupIntent.create(
            customer=shop.customer, payment_method="pm_card_authenticationRequired", confirm=True
        )
        assert waiting.status == "requires_action"
        failing = stripe.SetupIntent.create(payment_method="pm_card_visa_chargeDeclined")
        with pytest.raises(stripe.CardError):
            stripe.SetupIntent.confirm(failing.id)
        assert [i.id for i in stripe.SetupIntent.list().data] == [failing.id, waiting.id]
