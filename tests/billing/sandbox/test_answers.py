"""Every kind of object that the sandbox gives, against stripe-python's classes."""

from datetime import timedelta

import stripe

from billing.sandbox import contract, routes
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.schema import params_class
from tests.billing.sandbox.fixtures import Shop

KINDS = {
    "account",
    "billing_portal.configuration",
    "billing_portal.session",
    "charge",
    "checkout.session",
    "coupon",
    "customer",
    "discount",
    "event",
    "invoice",
    "invoice_payment",
    "payment_intent",
    "payment_method",
    "price",
    "product",
    "promotion_code",
    "refund",
    "setup_intent",
    "subscription",
    "test_helpers.test_clock",
    "webhook_endpoint",
}


def live_through_everything(shop: Shop) -> None:
    """This function will make at least one object of each kind, in many of its states."""
    sandbox = shop.sandbox
    stripe.Account.retrieve()
    stripe.WebhookEndpoint.create(url="http://localhost:8000/hook", enabled_events=["*"])
    coupon = stripe.Coupon.create(percent_off=25, duration="once")
    stripe.PromotionCode.create(promotion={"type": "coupon", "coupon": coupon.id}, code="SPRING")
    shop.subscribe(subscription_data={"trial_period_days": 14}, discounts=[{"coupon": coupon.id}])
    stripe.SetupIntent.create(customer=shop.customer, payment_method="pm_card_visa", confirm=True)
    stripe.SetupIntent.create(payment_method="pm_card_authenticationRequired", confirm=True)
    sandbox.renew(shop.customer)
    sandbox.refund(shop.customer, amount=100)
    stripe.Subscription.modify(shop.subscription().id, cancel_at_period_end=True)
    stripe.Subscription.modify(shop.subscription().id, cancel_at_period_end=False)
    stripe.Invoice.create_preview(subscription=shop.subscription().id)
    portal = stripe.billing_portal.Session.create(customer=shop.customer, return_url="http://localhost:8000/")
    sandbox.person.portal(portal.url).change_card("4000002760003184")
    sandbox.renew(shop.customer)
    sandbox.advance(shop.customer, by=timedelta(days=20))
    other = stripe.Subscription.create(
        customer=shop.customer,
        items=[{"price": shop.yearly}],
        default_payment_method=stripe.PaymentMethod.attach("pm_card_chargeCustomerFail", customer=shop.customer).id,
    )
    assert other.status == "incomplete"
    sandbox.advance(shop.customer, by=timedelta(days=1))


class TestAnswers:
    def test_keep_the_contract_for_every_kind(self, shop: Shop) -> None:
        live_through_everything(shop)
        stored = {
            document["object"]: document
            for document in map(shop.sandbox.world.store.peek, _all_ids(shop.sandbox))
            if document and "object" in document
        }
        assert set(stored) | {"account"} == KINDS
        faults = {
            identifier: problems
            for identifier in _all_ids(shop.sandbox)
            if "object" in (document := shop.sandbox.world.store.peek(identifier) or {})
            and (problems := contract.check_answer(document))
        }
        assert faults == {}
        assert [
            (c.path, c.problems, c.answer_problems) for c in shop.sandbox.calls if c.problems or c.answer_problems
        ] == []

    def test_keep_the_contract_when_expanded(self, shop: Shop) -> None:
        subscription = shop.subscribe()
        stripe.Subscription.retrieve(subscription.id, expand=["customer", "latest_invoice.confirmation_secret"])
        stripe.Subscription.retrieve(subscription.id, expand=["latest_invoice.payments.data.payment"])
        stripe.Customer.retrieve(shop.customer, expand=["subscriptions", "sources"])
        stripe.Charge.list(expand=["data.refunds", "data.payment_intent.latest_charge"])
        stripe.checkout.Session.list(expand=["data.line_items", "data.subscription.customer"])
        assert [call.answer_problems for call in shop.sandbox.calls if call.answer_problems] == []


class TestRoutes:
    def test_name_types_that_the_library_has(self) -> None:
        assert all(params_class(route.params) for route in routes.ROUTES)


def _all_ids(sandbox: Sandbox) -> list[str]:
    return list(sandbox.world.store._kind_of)
