import pytest
import stripe

from tests.billing.sandbox.fixtures import Shop


class TestProducts:
    def test_are_created_changed_and_listed(self, shop: Shop) -> None:
        product = stripe.Product.modify(shop.product, description="All tracks", metadata={"plan": "PREMIUM"})
        assert (product.description, product.metadata.to_dict()) == ("All tracks", {"plan": "PREMIUM"})
        assert [p.id for p in stripe.Product.list(ids=[shop.product]).data] == [shop.product]
        assert shop.types()[-1] == "product.updated"

    def test_cannot_take_an_id_twice(self, shop: Shop) -> None:
        with pytest.raises(stripe.InvalidRequestError, match="already exists"):
            stripe.Product.create(id=shop.product, name="Again")

    def test_with_prices_stay(self, shop: Shop) -> None:
        with pytest.raises(stripe.InvalidRequestError, match="cannot be deleted"):
            stripe.Product.delete(shop.product)
        bare = stripe.Product.create(name="Bare")
        assert stripe.Product.delete(bare.id).deleted

    def test_have_no_features(self, shop: Shop) -> None:
        assert stripe.Product.list_features(shop.product).data == []


class TestPrices:
    def test_are_found_by_lookup_key(self, shop: Shop) -> None:
        found = stripe.Price.list(lookup_keys=["premium_monthly", "nothing"], active=True, expand=["data.product"])
        assert [price.id for price in found.data] == [shop.monthly]
        assert found.data[0].to_dict()["product"]["name"] == "Genomics Cloud Premium"

    def test_keep_a_lookup_key_for_one(self, shop: Shop) -> None:
        wanted = {"currency": "usd", "unit_amount": 11_900, "product": shop.product, "lookup_key": "premium_monthly"}
        with pytest.raises(stripe.InvalidRequestError, match="already uses that lookup key"):
            stripe.Price.create(**wanted)  # type: ignore[arg-type]
        dearer = stripe.Price.create(**wanted, transfer_lookup_key=True)  # type: ignore[arg-type]
        assert dearer.lookup_key == "premium_monthly"
        assert stripe.Price.retrieve(shop.monthly).lookup_key is None

    def test_that_are_inactive_or_for_once_sell_no_subscription(self, shop: Shop) -> None:
        once = stripe.Price.create(currency="usd", unit_amount=1, product=shop.product)
        stripe.Price.modify(shop.yearly, active=False)
        for price, words in ((once.id, "one_time"), (shop.yearly, "inactive")):
            with pytest.raises(stripe.InvalidRequestError, match=words):
                stripe.Subscription.create(customer=shop.customer, items=[{"price": price}])
