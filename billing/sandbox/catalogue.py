"""Products and prices."""

from typing import Any

from billing.sandbox import listing
from billing.sandbox.errors import ApiError, unsupported
from billing.sandbox.events import changing, emit
from billing.sandbox.forms import Params
from billing.sandbox.shapes import fresh, listed, merge_metadata, shaped
from billing.sandbox.store import Json
from billing.sandbox.world import World

_PRODUCT_FIELDS = ("active", "description", "images", "marketing_features", "name", "statement_descriptor", "tax_code")
_PRODUCT_EXTRAS = ("unit_label", "url", "shippable", "package_dimensions")


def create_product(world: World, params: Params) -> Json:
    identifier = params.get("id")
    if identifier and world.store.find("product", identifier):
        raise ApiError("Product already exists.", code="resource_already_exists")
    product = _product(world, **params.take(*_PRODUCT_FIELDS, *_PRODUCT_EXTRAS))
    product["id"] = identifier or product["id"]
    merge_metadata(product, params.get("metadata"))
    world.store.put("product", product)
    emit(world, "product.created", product)
    if "default_price_data" in params:
        price = create_price(world, Params({**params["default_price_data"], "product": product["id"]}))
        product["default_price"] = price["id"]
    return product


def _product(world: World, **given: Any) -> Json:
    usual: Json = {"active": True, "images": [], "marketing_features": [], "type": "service", "updated": world.now()}
    return fresh(world, "product", "prod", **(usual | given))


def modify_product(world: World, params: Params, identifier: str) -> Json:
    product = world.store.get("product", identifier)
    with changing(world, "product.updated", product):
        product.update(params.take(*_PRODUCT_FIELDS, *_PRODUCT_EXTRAS, "default_price"))
        merge_metadata(product, params.get("metadata"))
        product["updated"] = world.now()
    return product


def retrieve_product(world: World, _params: Params, identifier: str) -> Json:
    return world.store.get("product", identifier)


def list_products(world: World, params: Params) -> Json:
    found = listing.matching(world.store.scan("product"), params, "active", "url", "shippable", "type")
    wanted = params.get("ids")
    return listing.page([p for p in found if wanted is None or p["id"] in wanted], "/v1/products", params)


def delete_product(world: World, _params: Params, identifier: str) -> Json:
    product = world.store.get("product", identifier)
    if any(price["product"] == identifier for price in world.store.scan("price")):
        raise ApiError("This product cannot be deleted because it has one or more user-created prices.")
    world.store.drop(identifier)
    emit(world, "product.deleted", product)
    return {"id": identifier, "object": "product", "deleted": True}


def list_features(_world: World, _params: Params, product: str) -> Json:
    return listed([], f"/v1/products/{product}/features")


def create_price(world: World, params: Params) -> Json:
    if "unit_amount" not in params:
        raise unsupported("prices without unit_amount")
    _release_lookup_key(world, params)
    product = _product_of_price(world, params)
    recurring = params.get("recurring")
    price = fresh(
        world,
        "price",
        "price",
        active=params.get("active", True),
        billing_scheme=params.get("billing_scheme", "per_unit"),
        currency=params["currency"].lower(),
        lookup_key=params.get("lookup_key"),
        nickname=params.get("nickname"),
        product=product,
        recurring=_recurring(recurring) if recurring else None,
        tax_behavior=params.get("tax_behavior", "unspecified"),
        type="recurring" if recurring else "one_time",
        unit_amount=params["unit_amount"],
        unit_amount_decimal=str(params["unit_amount"]),
    )
    merge_metadata(price, params.get("metadata"))
    world.store.put("price", price)
    emit(world, "price.created", price)
    return price


def _recurring(sent: Json) -> Json:
    return {
        "interval": sent["interval"],
        "interval_count": sent.get("interval_count", 1),
        "meter": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }


def _product_of_price(world: World, params: Params) -> str:
    if "product_data" in params:
        sent = dict(params["product_data"])
        return str(create_product(world, Params(sent))["id"])
    if "product" not in params:
        raise ApiError("Missing required param: product.", code="parameter_missing", param="product")
    identifier: str = world.store.get("product", params["product"], param="product")["id"]
    return identifier


def _release_lookup_key(world: World, params: Params, *, but: str | None = None) -> None:
    """This function will take a lookup key, which names one price, from another that has it, if the request says so."""
    wanted = params.get("lookup_key")
    transfer = params.get("transfer_lookup_key")
    for other in world.store.each("price", lookup_key=wanted) if wanted else []:
        if other["id"] == but:
            continue
        if not transfer:
            raise ApiError(f"A price (`{other['id']}`) already uses that lookup key.", param="lookup_key")
        with changing(world, "price.updated", other):
            other["lookup_key"] = None


def modify_price(world: World, params: Params, identifier: str) -> Json:
    price = world.store.get("price", identifier, param="price")
    _release_lookup_key(world, params, but=identifier)
    with changing(world, "price.updated", price):
        price.update(params.take("active", "nickname", "lookup_key", "tax_behavior"))
        merge_metadata(price, params.get("metadata"))
    return price


def retrieve_price(world: World, _params: Params, identifier: str) -> Json:
    return world.store.get("price", identifier, param="price")


def list_prices(world: World, params: Params) -> Json:
    found = listing.matching(world.store.scan("price"), params, "active", "currency", "product", "type")
    keys = params.get("lookup_keys")
    interval = (params.get("recurring") or {}).get("interval")
    return listing.page(
        [
            price
            for price in found
            if (keys is None or price["lookup_key"] in keys)
            and (interval is None or (price["recurring"] or {}).get("interval") == interval)
        ],
        "/v1/prices",
        params,
    )


def recurring_price(world: World, identifier: str, *, param: str) -> Json:
    """This function will give the price of a subscription. Raises ApiError where it is no active, recurring price."""
    price = world.store.get("price", identifier, param=param)
    if not price["recurring"]:
        raise ApiError(
            "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.",
            param=param,
        )
    if not price["active"]:
        raise ApiError(f"The price specified is inactive: {identifier}", param=param)
    return price


def plan_of(price: Json) -> Json:
    """This function will give the price in the older shape that subscription items still carry."""
    recurring = price["recurring"]
    return shaped(
        "plan",
        id=price["id"],
        active=price["active"],
        amount=price["unit_amount"],
        amount_decimal=price["unit_amount_decimal"],
        billing_scheme=price["billing_scheme"],
        created=price["created"],
        currency=price["currency"],
        interval=recurring["interval"],
        interval_count=recurring["interval_count"],
        livemode=False,
        metadata=price["metadata"],
        nickname=price["nickname"],
        product=price["product"],
        usage_type="licensed",
    )
