from datetime import timedelta

import pytest
import stripe

from tests.billing.sandbox.fixtures import Shop


class TestAdvance:
    def test_moves_only_its_own_customers(self, shop: Shop) -> None:
        shop.subscribe()
        other = stripe.Customer.create().id
        shop.sandbox.person.pay(shop.checkout(customer=other).id)
        clock = str(stripe.Customer.retrieve(shop.customer).test_clock)
        now = stripe.test_helpers.TestClock.retrieve(clock).frozen_time
        moved = stripe.test_helpers.TestClock.advance(clock, frozen_time=now + 40 * 86_400)
        assert (moved.status, moved.frozen_time) == ("ready", now + 40 * 86_400)
        assert len(stripe.Invoice.list(customer=shop.customer).data) == 2
        assert len(stripe.Invoice.list(customer=other).data) == 1
        assert shop.types()[-1] == "test_helpers.test_clock.ready"

    def test_goes_forward_and_two_periods_at_most(self, shop: Shop) -> None:
        shop.subscribe()
        clock = str(stripe.Customer.retrieve(shop.customer).test_clock)
        now = shop.sandbox.now(shop.customer)
        for wrong in (now, now - 1, now + 70 * 86_400):
            with pytest.raises(stripe.InvalidRequestError):
                stripe.test_helpers.TestClock.advance(clock, frozen_time=wrong)


class TestDelete:
    def test_takes_its_customers_along(self, shop: Shop) -> None:
        shop.subscribe()
        clock = str(stripe.Customer.retrieve(shop.customer).test_clock)
        assert stripe.test_helpers.TestClock.delete(clock).deleted
        assert stripe.Customer.retrieve(shop.customer).deleted
        assert stripe.test_helpers.TestClock.list().data == []
        shop.sandbox.advance(by=timedelta(days=60))
