import pytest
import stripe

from tests.billing.sandbox.fixtures import Shop
from tests.billing.sandbox.pages.browser import Browser

CARD = {"number": "4242 4242 4242 4242", "exp": "12/34", "cvc": "123", "name": "Ada"}


class TestShow:
    def test_says_what_is_bought_and_that_no_money_is_real(self, shop: Shop, visitor: Browser) -> None:
        page = visitor.get(str(shop.checkout().url))
        assert page.status == 200
        for text in ("no real money", "Genomics Cloud Premium", "99.00 USD / month", "Due today", "lab@example.org"):
            assert text in page.text
        assert 'value="4242 4242 4242 4242"' in page.text
        assert " autofocus" in page.text

    def test_says_what_a_trial_costs(self, shop: Shop, visitor: Browser) -> None:
        page = visitor.get(str(shop.checkout(subscription_data={"trial_period_days": 14}).url))
        assert "0.00 USD" in page.text
        assert "Free until" in page.text
        assert "Start trial" in page.text

    def test_subscribes_and_leads_back(self, shop: Shop, visitor: Browser) -> None:
        session = shop.checkout()
        page = visitor.send(str(session.url), action="pay", **CARD)
        assert (page.status, page.leads_to) == (303, f"http://localhost:8000/done?session={session.id}")
        card = stripe.PaymentMethod.list(customer=shop.customer).data[0].to_dict()
        assert (card["billing_details"]["name"], card["card"]["exp_month"]) == ("Ada", 12)

    def test_subscribes_once_when_sent_twice(self, shop: Shop, visitor: Browser) -> None:
        session = shop.checkout()
        form = {"csrf_token": visitor.token(str(session.url)), "action": "pay", **CARD}
        for _ in range(2):
            page = visitor.post(str(session.url), **form)
            assert page.leads_to == f"http://localhost:8000/done?session={session.id}"
        assert len(shop.sandbox.objects("subscription")) == 1

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"number": "4000000000000002"}, "declined"),
            ({"number": "4000000000009995"}, "insufficient"),
            ({"number": "4242424242424241"}, "incorrect"),
            ({"number": ""}, "incorrect"),
            ({"exp": "13/34"}, "not valid"),
            ({"exp": "12/20"}, "in the past"),
            ({"cvc": "1"}, "three or four digits"),
        ],
    )
    def test_says_what_is_wrong_with_a_card(
        self, shop: Shop, visitor: Browser, wrong: dict[str, str], words: str
    ) -> None:
        session = shop.checkout()
        page = visitor.send(str(session.url), action="pay", **(CARD | wrong))
        assert (page.status, words in page.error) == (402, True)
        assert shop.sandbox.objects("subscription") == []

    def test_goes_by_the_bank(self, shop: Shop, visitor: Browser) -> None:
        session = shop.checkout()
        bank = visitor.send(str(session.url), action="pay", **(CARD | {"number": "4000002500003155"}))
        assert "card ending in 3155" in bank.text
        assert "99.00 USD" in bank.text
        back = visitor.send(bank.path, answer="fail")
        assert "unable to authenticate" in back.error
        assert visitor.get(bank.path).status == 404
        bank = visitor.send(str(session.url), action="pay", **(CARD | {"number": "4000002500003155"}))
        assert visitor.send(bank.path, answer="complete").leads_to == f"http://localhost:8000/done?session={session.id}"
        assert shop.subscription().status == "active"

    def test_goes_without_a_card_where_it_may(self, shop: Shop, visitor: Browser) -> None:
        strict = shop.checkout(subscription_data={"trial_period_days": 7})
        assert "without a card" not in visitor.get(str(strict.url)).text
        assert visitor.send(str(strict.url), action="skip", number="").status == 402
        free = shop.checkout(subscription_data={"trial_period_days": 7}, payment_method_collection="if_required")
        assert visitor.send(str(free.url), action="skip").status == 303

    def test_is_over_when_the_session_is(self, shop: Shop, visitor: Browser) -> None:
        session = shop.checkout()
        stripe.checkout.Session.expire(session.id)
        assert visitor.get(str(session.url)).status == 410
        assert visitor.get("/checkout/cs_test_x").status == 404

    def test_escapes_what_others_wrote(self, shop: Shop, visitor: Browser) -> None:
        stripe.Product.modify(shop.product, name="<script>alert(1)</script>")
        page = visitor.get(str(shop.checkout().url))
        assert "<script>" not in page.text
        again = visitor.send(str(shop.checkout().url), action="pay", number='"><script>', exp="1", cvc="1", name="x")
        assert "<script>" not in again.text
