from typing import Any

import stripe

from tests.billing.sandbox.fixtures import Shop
from tests.billing.sandbox.pages.browser import Browser
from tests.billing.sandbox.test_portal import features


def open_portal(shop: Shop, **wanted: Any) -> str:
    configuration = stripe.billing_portal.Configuration.create(features=features(shop))  # type: ignore[arg-type]
    return stripe.billing_portal.Session.create(
        customer=shop.customer, configuration=configuration.id, return_url="http://localhost:8000/billing", **wanted
    ).url


class TestShow:
    def test_tells_plan_card_and_invoices(self, shop: Shop, visitor: Browser) -> None:
        shop.subscribe()
        page = visitor.get(open_portal(shop))
        for text in ("Genomics Cloud Premium", "active", "renews on", "Visa ending in 4242", "-0001", "localhost:8000"):
            assert text in page.text

    def test_cancels_keeps_and_switches(self, shop: Shop, visitor: Browser) -> None:
        made = shop.subscribe()
        url = open_portal(shop)
        page = visitor.send(url, action="cancel", subscription=made.id)
        assert "ends on" in page.text
        assert "Keep plan" in page.text
        assert "renews on" in visitor.send(url, action="keep", subscription=made.id).text
        page = visitor.send(url, action="switch", subscription=made.id, price=shop.yearly)
        assert "990.00 USD / year" in page.text
        assert shop.subscription()["items"]["data"][0].price.id == shop.yearly

    def test_changes_the_card_by_the_bank(self, shop: Shop, visitor: Browser) -> None:
        shop.subscribe()
        url = open_portal(shop)
        assert "declined" in visitor.send(url, action="card", number="4000000000000002").error
        assert "incorrect" in visitor.send(url, action="card", number="1").error
        bank = visitor.send(url, action="card", number="4000002500003155")
        assert "unable to authenticate" in visitor.send(bank.path, answer="fail").error
        bank = visitor.send(url, action="card", number="4000002500003155")
        assert "ending in 3155" in visitor.send(bank.path, answer="complete").text

    def test_refuses_what_is_not_the_customers(self, shop: Shop, visitor: Browser) -> None:
        other = stripe.Customer.create().id
        shop.sandbox.person.pay(shop.checkout(customer=other).id)
        theirs = stripe.Subscription.list(customer=other).data[0].id
        url = open_portal(shop)
        assert "somebody else" in visitor.send(url, action="cancel", subscription=theirs).error
        assert "No such subscription" in visitor.send(url, action="cancel", subscription="sub_x").error
        shop.subscribe()
        assert (
            "does not allow"
            in visitor.send(url, action="switch", subscription=shop.subscription().id, price="price_x").error
        )
        assert "cannot do this" in visitor.send(url, action="fly", subscription=shop.subscription().id).error

    def test_shows_only_the_flow_and_leads_on(self, shop: Shop, visitor: Browser) -> None:
        made = shop.subscribe()
        after = {"type": "redirect", "redirect": {"return_url": "http://localhost:8000/after"}}
        url = open_portal(
            shop,
            flow_data={
                "type": "subscription_cancel",
                "subscription_cancel": {"subscription": made.id},
                "after_completion": after,
            },
        )
        page = visitor.get(url)
        assert "Cancel plan?" in page.text
        assert "Invoices" not in page.text
        assert "form-action 'self' http://localhost:8000" in page.answer.headers["Content-Security-Policy"]
        assert visitor.send(url, action="cancel", subscription=made.id).leads_to == "http://localhost:8000/after"
        url = open_portal(shop, flow_data={"type": "payment_method_update"})
        assert "Update card" in visitor.get(url).text
        assert "Manage billing" in visitor.send(url, action="card", number="4242424242424242").text

    def test_is_closed_to_the_deleted(self, shop: Shop, visitor: Browser) -> None:
        url = open_portal(shop)
        stripe.Customer.delete(shop.customer)
        assert visitor.get(url).status == 410
