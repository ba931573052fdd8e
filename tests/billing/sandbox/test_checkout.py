import time
from datetime import timedelta

import pytest
import stripe

from billing.sandbox.person import PaymentRefusedError
from tests.billing.sandbox.fixtures import Shop


class TestCreate:
    def test_opens_a_page(self, shop: Shop) -> None:
        session = shop.checkout(client_reference_id="lab-7", metadata={"lab": "7"})
        assert (session.status, session.amount_total, session.currency) == ("open", 9_900, "usd")
        assert session.url == f"http://localhost:12111/checkout/{session.id}"
        items = stripe.checkout.Session.list_line_items(session.id).data
        assert [(item.description, item.amount_total) for item in items] == [("Genomics Cloud Premium", 9_900)]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"mode": "payment"},
            {"customer": "cus_x"},
            {"line_items": []},
            {"line_items": [{"price": "price_x", "quantity": 1}]},
            {"customer_email": "two@example.org"},
            {"ui_mode": "elements"},
        ],
    )
    def test_refuses(self, shop: Shop, wrong: dict[str, object]) -> None:
        with pytest.raises(stripe.InvalidRequestError):
            shop.checkout(**wrong)
        assert shop.sandbox.objects("checkout.session") == []


class TestPay:
    def test_subscribes_and_leads_back(self, shop: Shop) -> None:
        session = shop.checkout(subscription_data={"metadata": {"lab": "7"}})
        url = shop.sandbox.person.pay(str(session.url))
        assert url == f"http://localhost:8000/done?session={session.id}"
        done = stripe.checkout.Session.retrieve(session.id, expand=["subscription", "line_items"]).to_dict()
        assert (done["status"], done["payment_status"], done["url"]) == ("complete", "paid", None)
        assert (done["subscription"]["status"], done["subscription"]["metadata"]) == ("active", {"lab": "7"})
        assert shop.types()[-1] == "checkout.session.completed"

    def test_subscribes_once_when_paid_twice(self, shop: Shop) -> None:
        session = shop.checkout()
        assert shop.sandbox.person.pay(session.id) == shop.sandbox.person.pay(session.id)
        assert len(stripe.Subscription.list(customer=shop.customer).data) == 1

    @pytest.mark.parametrize(
        ("card", "words"),
        [
            ("4000000000000002", "declined"),
            ("4000000000009995", "insufficient funds"),
            ("4000000000000069", "expired"),
            ("4000000000000341", "declined"),
        ],
    )
    def test_subscribes_nobody_when_declined(self, shop: Shop, card: str, words: str) -> None:
        session = shop.checkout()
        with pytest.raises(PaymentRefusedError, match=words):
            shop.sandbox.person.pay(session.id, card=card)
        assert stripe.checkout.Session.retrieve(session.id).status == "open"
        assert stripe.Subscription.list(customer=shop.customer, status="all").data == []
        shop.sandbox.person.pay(session.id)
        assert shop.subscription().status == "active"

    @pytest.mark.parametrize("card", ["4000002500003155", "4000002760003184", "4000000000003220"])
    def test_passes_3d_secure_or_not(self, shop: Shop, card: str) -> None:
        session = shop.checkout()
        with pytest.raises(PaymentRefusedError, match="authenticate"):
            shop.sandbox.person.pay(session.id, card=card, authenticate=False)
        shop.sandbox.person.pay(session.id, card=card)
        assert shop.subscription().status == "active"

    def test_takes_a_trial_with_a_card_that_fails_later(self, shop: Shop) -> None:
        shop.subscribe(card="4000000000000341", subscription_data={"trial_period_days": 7})
        shop.sandbox.renew(shop.customer)
        assert shop.subscription().status == "past_due"

    def test_needs_no_card_for_a_trial_if_the_session_says_so(self, shop: Shop) -> None:
        session = shop.checkout(subscription_data={"trial_period_days": 7}, payment_method_collection="if_required")
        shop.sandbox.person.pay(session.id, card=None)
        assert stripe.checkout.Session.retrieve(session.id).payment_status == "no_payment_required"
        assert shop.subscription().default_payment_method is None

    def test_makes_a_customer_where_there_is_none(self, shop: Shop) -> None:
        session = stripe.checkout.Session.create(
            mode="subscription",
            line_items=[{"price": shop.monthly, "quantity": 1}],
            customer_email="new@example.org",
            success_url="http://localhost:8000/",
        )
        shop.sandbox.person.pay(session.id)
        customer = stripe.checkout.Session.retrieve(session.id, expand=["customer"]).to_dict()["customer"]
        assert customer["email"] == "new@example.org"

    def test_takes_a_discount_off_the_first_invoice(self, shop: Shop) -> None:
        coupon = stripe.Coupon.create(percent_off=50, duration="once")
        shop.subscribe(discounts=[{"coupon": coupon.id}])
        shop.sandbox.renew(shop.customer)
        assert [i.amount_paid for i in stripe.Invoice.list(customer=shop.customer).data] == [9_900, 4_950]


class TestExpire:
    def test_ends_an_open_session(self, shop: Shop) -> None:
        session = shop.checkout()
        assert stripe.checkout.Session.expire(session.id).status == "expired"
        with pytest.raises(PaymentRefusedError, match="expired"):
            shop.sandbox.person.pay(session.id)
        with pytest.raises(stripe.InvalidRequestError, match="can be expired"):
            stripe.checkout.Session.expire(session.id)

    def test_comes_by_itself(self, shop: Shop) -> None:
        session = shop.checkout(expires_at=int(time.time()) + 1800)
        shop.sandbox.advance(by=timedelta(minutes=29))
        assert stripe.checkout.Session.retrieve(session.id).status == "open"
        shop.sandbox.advance(by=timedelta(minutes=2))
        assert stripe.checkout.Session.retrieve(session.id).status == "expired"
        assert shop.types()[-1] == "checkout.session.expired"


class TestList:
    def test_filters(self, shop: Shop) -> None:
        paid, unpaid = shop.checkout(), shop.checkout()
        shop.sandbox.person.pay(paid.id)
        assert [s.id for s in stripe.checkout.Session.list(status="open").data] == [unpaid.id]
        assert [s.id for s in stripe.checkout.Session.list(customer=shop.customer).data] == [unpaid.id, paid.id]
        assert [s.id for s in stripe.checkout.Session.list(subscription=shop.subscription().id).data] == [paid.id]
