import json

import pytest
import stripe

from tests.billing.sandbox.fixtures import KEY, Shop
from tests.billing.sandbox.pages.browser import Browser

HOME = "/_sandbox/"


def subscribed(shop: Shop) -> str:
    """This function will subscribe a customer without a test clock."""
    customer = stripe.Customer.create(email="wall@example.org").id
    shop.sandbox.person.pay(shop.checkout(customer=customer).id)
    return customer


def act(visitor: Browser, path: str, **form: str) -> str:
    """This function will send one of the page's forms, and give the error that it shows."""
    page = visitor.post(path, csrf_token=visitor.token(HOME), **form)
    assert page.status in (303, 400)
    return page.error


class TestShow:
    def test_tells_everything(self, shop: Shop, visitor: Browser) -> None:
        subscribed(shop)
        shop.sandbox.add_webhook("http://testserver/hook")
        shop.sandbox.courier.deliver = lambda *_: 500
        stripe.Customer.create(email="<b>@example.org", idempotency_key="k-1")
        shop.sandbox.flush()
        page = visitor.get(HOME)
        for text in (
            "wall@example.org",
            "active",
            "Visa ending in 4242",
            "customer.created",
            ">500<",
            "k-1",
            "POST /v1/",
        ):
            assert text in page.text
        assert "<b>" not in page.text

    def test_tells_programs(self, shop: Shop, visitor: Browser) -> None:
        state = json.loads(visitor.get("/_sandbox/state.json").text)
        assert state["offset"] == 0
        assert state["requests"][0]["path"] == "/v1/products"
        assert state["chaos"]["drop"] == 0


class TestMoveClock:
    def test_moves_for_all_without_a_test_clock(self, shop: Shop, visitor: Browser) -> None:
        customer = subscribed(shop)
        for by in ("hour", "day", "month", "next"):
            act(visitor, "/_sandbox/clock", by=by)
        assert [i.status for i in stripe.Invoice.list(customer=customer).data] == ["draft", "paid", "paid"]
        assert "ahead of the real clock" in visitor.get(HOME).text
        assert "moves by" in act(visitor, "/_sandbox/clock", by="year")


class TestActOnCustomer:
    def test_fails_and_mends_the_card(self, shop: Shop, visitor: Browser) -> None:
        customer = subscribed(shop)
        path = f"/_sandbox/customers/{customer}"
        act(visitor, path, action="fail_card")
        assert "(fails)" in visitor.get(HOME).text
        act(visitor, path, action="renew")
        assert stripe.Subscription.list(customer=customer).data[0].status == "past_due"
        act(visitor, path, action="mend_card")
        assert "(fails)" not in visitor.get(HOME).text

    def test_refunds_cancels_and_deletes(self, shop: Shop, visitor: Browser) -> None:
        customer = subscribed(shop)
        path = f"/_sandbox/customers/{customer}"
        act(visitor, path, action="refund")
        assert stripe.Charge.list(customer=customer).data[0].refunded
        assert "paid nothing" in act(visitor, path, action="refund")
        act(visitor, path, action="cancel")
        assert stripe.Subscription.list(customer=customer).data == []
        assert "no such action" in act(visitor, path, action="fly")
        act(visitor, path, action="delete")
        assert stripe.Customer.retrieve(customer).deleted


class TestSetChaos:
    def test_sets_what_was_sent(self, shop: Shop, visitor: Browser) -> None:
        act(visitor, "/_sandbox/chaos", drop="0.25", duplicate="1")
        act(visitor, "/_sandbox/chaos", reorder="1")
        chaos = shop.sandbox.chaos
        assert (chaos.drop, chaos.duplicate, chaos.reorder) == (0.25, True, True)
        assert "between 0 and 1" in act(visitor, "/_sandbox/chaos", drop="7")


class TestEvents:
    def test_are_sent_and_resent(self, shop: Shop, visitor: Browser) -> None:
        shop.sandbox.add_webhook("http://testserver/hook")
        shop.sandbox.courier.deliver = lambda *_: 200
        act(visitor, "/_sandbox/events", type="customer.updated", object=shop.customer)
        event = shop.sandbox.events[-1]["id"]
        act(visitor, f"/_sandbox/events/{event}")
        assert shop.sandbox.flush() == [("customer.updated", 200)] * 2
        assert "no such object" in act(visitor, "/_sandbox/events", type="customer.updated", object="cus_x")


class TestWhoMaySend:
    @pytest.mark.parametrize("path", ["/_sandbox/clock", "/_sandbox/chaos", "/_sandbox/events"])
    def test_is_our_own_page_only(self, shop: Shop, visitor: Browser, path: str) -> None:
        visitor.get(HOME)
        assert visitor.post(path, by="day").status == 403
        assert visitor.post(path, by="day", csrf_token="x").status == 403
        token = visitor.token(HOME)
        visitor.headers = {"sec-fetch-site": "cross-site"}
        assert visitor.post(path, by="day", csrf_token=token).status == 403
        visitor.headers, visitor.cookie = {}, ""
        assert visitor.post(path, by="day", csrf_token=token).status == 403
        assert shop.sandbox.world.offset == 0

    def test_is_a_program_that_shows_the_key(self, shop: Shop, visitor: Browser) -> None:
        visitor.headers = {"authorization": f"Bearer {KEY}"}
        assert visitor.post("/_sandbox/clock", by="day").status == 303
        assert shop.sandbox.world.offset == 86_400
        visitor.headers = {"authorization": "Bearer sk_test_other"}
        assert visitor.post("/_sandbox/clock", by="day").status == 403

    def test_is_no_key_at_the_hosted_pages(self, shop: Shop, visitor: Browser) -> None:
        session = shop.checkout()
        visitor.headers = {"authorization": f"Bearer {KEY}"}
        assert visitor.post(str(session.url), action="pay", number="4242424242424242").status == 403
        assert shop.sandbox.objects("subscription") == []
