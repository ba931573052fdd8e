from datetime import timedelta

import pytest
import stripe

from tests.billing.sandbox.fixtures import Shop


def paid(shop: Shop) -> list[int]:
    """This function will give what each invoice cost, oldest first."""
    return [invoice.amount_paid for invoice in reversed(stripe.Invoice.list(customer=shop.customer).data)]


class TestDiscounts:
    def test_last_as_long_as_their_coupon_says(self, shop: Shop) -> None:
        coupon = stripe.Coupon.create(amount_off=1_000, currency="usd", duration="repeating", duration_in_months=2)
        shop.subscribe(discounts=[{"coupon": coupon.id}])
        shop.sandbox.advance(shop.customer, by=timedelta(days=95))
        assert paid(shop) == [8_900, 8_900, 9_900, 9_900]
        assert stripe.Coupon.retrieve(coupon.id).times_redeemed == 1

    def test_come_by_promotion_code(self, shop: Shop) -> None:
        coupon = stripe.Coupon.create(percent_off=100, duration="forever")
        code = stripe.PromotionCode.create(promotion={"type": "coupon", "coupon": coupon.id}, code="FREE")
        assert [c.id for c in stripe.PromotionCode.list(code="FREE").data] == [code.id]
        shop.subscribe(discounts=[{"promotion_code": code.id}])
        shop.sandbox.renew(shop.customer)
        assert paid(shop) == [0, 0]

    def test_need_a_coupon_that_exists_and_makes_sense(self, shop: Shop) -> None:
        with pytest.raises(stripe.InvalidRequestError, match="No such coupon"):
            shop.checkout(discounts=[{"coupon": "x"}])
        with pytest.raises(stripe.InvalidRequestError, match="percent_off or amount_off"):
            stripe.Coupon.create(duration="once")
        coupon = stripe.Coupon.create(percent_off=10, duration="once")
        assert stripe.Coupon.delete(coupon.id).deleted
        assert stripe.Coupon.list().data == []
