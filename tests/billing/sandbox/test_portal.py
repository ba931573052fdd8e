from typing import Any

import pytest
import stripe

from billing.sandbox.errors import ApiError
from billing.sandbox.person import PaymentRefusedError, Visit
from tests.billing.sandbox.fixtures import Shop


def features(shop: Shop, **changes: Any) -> dict[str, Any]:
    return {
        "invoice_history": {"enabled": True},
        "payment_method_update": {"enabled": True},
        "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
        "subscription_update": {
            "enabled": True,
            "default_allowed_updates": ["price"],
            "proration_behavior": "create_prorations",
            "products": [{"product": shop.product, "prices": [shop.monthly, shop.yearly]}],
        },
    } | changes


def visit(shop: Shop, flow: dict[str, Any] | None = None, **changes: Any) -> Visit:
    """This function will open the portal for the shop's customer."""
    configuration = stripe.billing_portal.Configuration.create(features=features(shop, **changes))  # type: ignore[arg-type]
    wanted: dict[str, Any] = {"customer": shop.customer, "configuration": configuration.id}
    if flow:
        wanted["flow_data"] = flow
    return shop.sandbox.person.portal(stripe.billing_portal.Session.create(**wanted).url)


class TestConfigurations:
    def test_are_created_changed_and_listed(self, shop: Shop) -> None:
        made = stripe.billing_portal.Configuration.create(
            features=features(shop),  # type: ignore[arg-type]
            business_profile={"headline": "Genomics Cloud"},
            default_return_url="http://localhost:8000/billing",
            metadata={"version": "1"},
        )
        update: Any = {"subscription_cancel": {"enabled": False}}
        changed = stripe.billing_portal.Configuration.modify(made.id, features=update)
        assert (changed.features.subscription_cancel.enabled, changed.features.invoice_history.enabled) == (False, True)
        assert [c.id for c in stripe.billing_portal.Configuration.list(active=True).data] == [made.id]

    def test_have_a_default_where_none_is_named(self, shop: Shop) -> None:
        session = stripe.billing_portal.Session.create(customer=shop.customer)
        again = stripe.billing_portal.Session.create(customer=shop.customer)
        assert session.configuration == again.configuration
        assert stripe.billing_portal.Configuration.retrieve(str(session.configuration)).is_default


class TestCreateSession:
    @pytest.mark.parametrize(
        "wrong",
        [
            {"customer": "cus_x"},
            {"configuration": "bpc_x"},
            {"flow_data": {"type": "subscription_cancel", "subscription_cancel": {"subscription": "sub_x"}}},
            {"flow_data": {"type": "subscription_update"}},
        ],
    )
    def test_refuses(self, shop: Shop, wrong: dict[str, Any]) -> None:
        with pytest.raises(stripe.InvalidRequestError):
            stripe.billing_portal.Session.create(**({"customer": shop.customer} | wrong))

    @pytest.mark.parametrize("is_over", [True, False])
    def test_cancels_nothing_twice(self, shop: Shop, is_over: bool) -> None:
        subscription = shop.subscribe()
        if is_over:
            stripe.Subscription.cancel(subscription.id)
        else:
            stripe.Subscription.modify(subscription.id, cancel_at_period_end=True)
        with pytest.raises(stripe.InvalidRequestError, match="canceled already"):
            stripe.billing_portal.Session.create(
                customer=shop.customer,
                flow_data={"type": "subscription_cancel", "subscription_cancel": {"subscription": subscription.id}},
            )


class TestVisit:
    def test_cancels_and_keeps(self, shop: Shop) -> None:
        shop.subscribe()
        there = visit(shop)
        there.cancel()
        assert shop.subscription().cancel_at_period_end
        there.keep()
        assert not shop.subscription().cancel_at_period_end

    def test_cancels_at_once_where_configured(self, shop: Shop) -> None:
        shop.subscribe()
        visit(shop, subscription_cancel={"enabled": True, "mode": "immediately"}).cancel()
        assert shop.subscription().status == "canceled"

    def test_switches_where_allowed(self, shop: Shop) -> None:
        shop.subscribe()
        visit(shop).switch("premium_yearly")
        assert shop.subscription()["items"]["data"][0].price.id == shop.yearly
        with pytest.raises(ApiError, match="does not allow"):
            visit(shop, subscription_update={"enabled": False}).switch(shop.monthly)

    def test_changes_the_card_of_everything(self, shop: Shop) -> None:
        shop.subscribe()
        visit(shop).change_card("5555555555554444")
        customer = stripe.Customer.retrieve(shop.customer, expand=["invoice_settings.default_payment_method"]).to_dict()
        card = customer["invoice_settings"]["default_payment_method"]
        assert card["card"]["last4"] == "4444"
        assert shop.subscription().default_payment_method == card["id"]

    def test_refuses_cards_as_the_bank_does(self, shop: Shop) -> None:
        shop.subscribe()
        there = visit(shop)
        with pytest.raises(PaymentRefusedError, match="declined"):
            there.change_card("4000000000000002")
        with pytest.raises(PaymentRefusedError, match="authentication"):
            there.change_card("4000002500003155", authenticate=False)
        there.change_card("4000002500003155")
        shop.sandbox.renew(shop.customer)
        assert shop.subscription().status == "active"

    def test_pays_what_is_open(self, shop: Shop) -> None:
        shop.subscribe()
        shop.sandbox.fail_card(shop.customer)
        shop.sandbox.renew(shop.customer)
        there = visit(shop)
        with pytest.raises(PaymentRefusedError, match="declined"):
            there.pay()
        there.change_card()
        assert shop.subscription().status == "past_due"
        there.pay()
        assert shop.subscription().status == "active"

    def test_ends_a_flow_where_the_session_says(self, shop: Shop) -> None:
        made = shop.subscribe()
        after = {"type": "redirect", "redirect": {"return_url": "http://localhost:8000/billing?done"}}
        cancelling = {
            "type": "subscription_cancel",
            "subscription_cancel": {"subscription": made.id},
            "after_completion": after,
        }
        assert visit(shop, flow=cancelling).cancel() == "http://localhost:8000/billing?done"
        changing = {"type": "payment_method_update", "after_completion": after}
        assert visit(shop, flow=changing).change_card() == "http://localhost:8000/billing?done"
