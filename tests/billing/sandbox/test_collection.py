import pytest
import stripe

from tests.billing.sandbox.fixtures import Shop


@pytest.fixture
def owed(shop: Shop) -> stripe.Invoice:
    """This function will give a renewal's invoice that the card did not pay."""
    shop.subscribe()
    shop.sandbox.fail_card(shop.customer)
    shop.sandbox.renew(shop.customer)
    return stripe.Invoice.list(customer=shop.customer, status="open").data[0]


class TestPay:
    def test_pays_with_another_card_and_ends_the_dunning(self, shop: Shop, owed: stripe.Invoice) -> None:
        card = stripe.PaymentMethod.attach("pm_card_visa", customer=shop.customer)
        assert stripe.Invoice.pay(owed.id, payment_method=card.id).status == "paid"
        assert shop.subscription().status == "active"

    def test_keeps_a_failed_attempt(self, shop: Shop, owed: stripe.Invoice) -> None:
        with pytest.raises(stripe.CardError) as refused:
            stripe.Invoice.pay(owed.id)
        assert (refused.value.http_status, refused.value.code) == (402, "card_declined")
        assert stripe.Invoice.retrieve(owed.id).attempt_count == 2
        assert shop.types()[-1] == "invoice.payment_failed"

    def test_says_when_the_person_is_needed(self, shop: Shop, owed: stripe.Invoice) -> None:
        card = stripe.PaymentMethod.attach("pm_card_authenticationRequired", customer=shop.customer)
        with pytest.raises(stripe.CardError) as refused:
            stripe.Invoice.pay(owed.id, payment_method=card.id)
        assert refused.value.code == "invoice_payment_intent_requires_action"
        intent = stripe.PaymentIntent.list(customer=shop.customer).data[0]
        assert intent.status == "requires_action"

    def test_refuses_what_is_paid_or_void(self, shop: Shop, owed: stripe.Invoice) -> None:
        stripe.Invoice.pay(owed.id, paid_out_of_band=True)
        with pytest.raises(stripe.InvalidRequestError, match="already paid"):
            stripe.Invoice.pay(owed.id)


class TestVoid:
    def test_ends_an_open_invoice(self, shop: Shop, owed: stripe.Invoice) -> None:
        assert stripe.Invoice.void_invoice(owed.id).status == "void"
        assert shop.types()[-1] == "invoice.voided"
        for call in (stripe.Invoice.void_invoice, stripe.Invoice.pay):
            with pytest.raises(stripe.InvalidRequestError):
                call(owed.id)


class TestPayments:
    def test_link_an_invoice_with_its_intent_and_charge(self, shop: Shop) -> None:
        made = shop.subscribe()
        payment = stripe.InvoicePayment.list(invoice=str(made.latest_invoice)).data[0]
        intent = stripe.PaymentIntent.retrieve(str(payment.payment.payment_intent))
        charge = stripe.Charge.retrieve(str(intent.latest_charge))
        assert (payment.status, intent.status, charge.paid, charge.amount) == ("paid", "succeeded", True, 9_900)

    def test_show_the_last_error_of_a_failed_one(self, shop: Shop, owed: stripe.Invoice) -> None:
        intent = stripe.PaymentIntent.list(customer=shop.customer).data[0].to_dict()
        error = intent["last_payment_error"]
        assert (intent["status"], error["code"], error["decline_code"]) == (
            "requires_payment_method",
            "card_declined",
            "generic_decline",
        )
        assert stripe.Charge.list(customer=shop.customer).data[0].status == "failed"


class TestFinalize:
    def test_takes_drafts_only(self, shop: Shop) -> None:
        made = shop.subscribe()
        shop.sandbox.advance(shop.customer, to=made["items"]["data"][0]["current_period_end"])
        draft = stripe.Invoice.list(customer=shop.customer, status="draft").data[0]
        assert stripe.Invoice.finalize_invoice(draft.id, auto_advance=False).status == "open"
        with pytest.raises(stripe.InvalidRequestError, match="already finalized"):
            stripe.Invoice.finalize_invoice(draft.id)


class TestRefund:
    def test_gives_back_a_part_and_then_the_rest(self, shop: Shop) -> None:
        shop.subscribe()
        charge = stripe.Charge.list(customer=shop.customer).data[0]
        part = stripe.Refund.create(charge=charge.id, amount=900, reason="requested_by_customer")
        assert (part.amount, part.status) == (900, "succeeded")
        assert not stripe.Charge.retrieve(charge.id).refunded
        rest = stripe.Refund.create(payment_intent=str(charge.payment_intent))
        assert (rest.amount, stripe.Charge.retrieve(charge.id).refunded) == (9_000, True)
        assert shop.types().count("charge.refunded") == 2
        with pytest.raises(stripe.InvalidRequestError, match="already been refunded"):
            stripe.Refund.create(charge=charge.id)
        assert [r.id for r in stripe.Refund.list(charge=charge.id).data] == [rest.id, part.id]
