import pytest
import stripe

from billing.sandbox.errors import ApiError
from tests.billing.sandbox.fixtures import Shop


class TestModify:
    def test_merges_metadata_and_tells_what_was_before(self, shop: Shop) -> None:
        stripe.Customer.modify(shop.customer, metadata={"lab": "7", "old": "x"})
        changed = stripe.Customer.modify(shop.customer, metadata={"old": ""}, email="new@example.org")
        assert changed.to_dict()["metadata"] == {"lab": "7"}
        event = shop.sandbox.events[-1]
        assert (event["type"], event["data"]["previous_attributes"]) == (
            "customer.updated",
            {"email": "lab@example.org", "metadata": {"lab": "7", "old": "x"}},
        )

    def test_is_silent_when_nothing_changes(self, shop: Shop) -> None:
        before = len(shop.sandbox.events)
        stripe.Customer.modify(shop.customer, email="lab@example.org")
        assert len(shop.sandbox.events) == before


class TestDelete:
    def test_ends_subscriptions_at_once_and_remembers_them(self, shop: Shop) -> None:
        subscription = shop.subscribe()
        stripe.Customer.delete(shop.customer)
        assert shop.types()[-2:] == ["customer.subscription.deleted", "customer.deleted"]
        assert stripe.Customer.retrieve(shop.customer).deleted
        kept = stripe.Subscription.list(customer=shop.customer, status="all").data
        assert [(s.id, s.status) for s in kept] == [(subscription.id, "canceled")]
        assert stripe.Customer.list(email="lab@example.org").data == []

    def test_leaves_a_customer_who_can_buy_nothing(self, shop: Shop) -> None:
        session = shop.checkout()
        stripe.Customer.delete(shop.customer)
        with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
            shop.checkout()
        with pytest.raises(ApiError, match="No such customer"):
            shop.sandbox.person.pay(session.id)


class TestList:
    def test_hides_customers_on_test_clocks_unless_asked(self, shop: Shop) -> None:
        clock = stripe.Customer.retrieve(shop.customer).test_clock
        assert stripe.Customer.list().data == []
        assert [c.id for c in stripe.Customer.list(test_clock=str(clock)).data] == [shop.customer]
