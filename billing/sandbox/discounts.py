"""Coupons, promotion codes, and the discounts that they give to a subscription."""

from billing.sandbox import listing
from billing.sandbox.errors import ApiError
from billing.sandbox.events import emit
from billing.sandbox.forms import Params
from billing.sandbox.ids import new_id
from billing.sandbox.intervals import add_interval
from billing.sandbox.shapes import fresh, merge_metadata, shaped
from billing.sandbox.store import Json
from billing.sandbox.world import World


def create_coupon(world: World, params: Params) -> Json:
    if ("percent_off" in params) == ("amount_off" in params):
        raise ApiError("Must provide one of percent_off or amount_off.", param="percent_off")
    coupon = fresh(
        world,
        "coupon",
        "coupon",
        **params.take(
            "amount_off", "currency", "duration_in_months", "max_redemptions", "name", "percent_off", "redeem_by"
        ),
        duration=params.get("duration", "once"),
        times_redeemed=0,
        valid=True,
    )
    coupon["id"] = params.get("id") or coupon["id"]
    merge_metadata(coupon, params.get("metadata"))
    world.store.put("coupon", coupon)
    emit(world, "coupon.created", coupon)
    return coupon


def retrieve_coupon(world: World, _params: Params, identifier: str) -> Json:
    return world.store.get("coupon", identifier, param="coupon")


def list_coupons(world: World, params: Params) -> Json:
    return listing.page(world.store.scan("coupon"), "/v1/coupons", params)


def delete_coupon(world: World, _params: Params, identifier: str) -> Json:
    coupon = world.store.get("coupon", identifier, param="coupon")
    world.store.drop(identifier)
    emit(world, "coupon.deleted", coupon)
    return {"id": identifier, "object": "coupon", "deleted": True}


def create_promotion_code(world: World, params: Params) -> Json:
    coupon = world.store.get("coupon", params["promotion"].get("coupon"), param="promotion[coupon]")
    code = fresh(
        world,
        "promotion_code",
        "promo",
        active=params.get("active", True),
        code=params.get("code") or new_id("x", length=8)[2:].upper(),
        customer=params.get("customer"),
        expires_at=params.get("expires_at"),
        max_redemptions=params.get("max_redemptions"),
        promotion={"type": "coupon", "coupon": coupon["id"]},
        restrictions={"first_time_transaction": False, "minimum_amount": None, "minimum_amount_currency": None},
        times_redeemed=0,
    )
    merge_metadata(code, params.get("metadata"))
    world.store.put("promotion_code", code)
    emit(world, "promotion_code.created", code)
    return code


def retrieve_promotion_code(world: World, _params: Params, identifier: str) -> Json:
    return world.store.get("promotion_code", identifier, param="promotion_code")


def list_promotion_codes(world: World, params: Params) -> Json:
    found = listing.matching(world.store.scan("promotion_code"), params, "active", "code", "customer")
    return listing.page(found, "/v1/promotion_codes", params)


def coupon_of(world: World, sent: Json) -> Json:
    """This function will find the coupon of a request's discount, maybe by its promotion code. Raises ApiError."""
    if "promotion_code" in sent:
        code = world.store.get("promotion_code", sent["promotion_code"], param="discounts[0][promotion_code]")
        if not code["active"]:
            raise ApiError("This promotion code is inactive.", param="discounts[0][promotion_code]")
        return world.store.get("coupon", code["promotion"]["coupon"])
    return world.store.get("coupon", sent.get("coupon"), param="discounts[0][coupon]")


def grant(world: World, subscription: Json, sent: list[Json]) -> None:
    """This function will let these discounts of a request count for a subscription."""
    now = world.now(subscription["customer"])
    for wanted in sent:
        coupon = coupon_of(world, wanted)
        end = None
        if coupon["duration"] == "repeating":
            end = add_interval(now, "month", coupon["duration_in_months"])
        discount = shaped(
            "discount",
            id=new_id("di"),
            customer=subscription["customer"],
            end=end,
            promotion_code=wanted.get("promotion_code"),
            source={"type": "coupon", "coupon": coupon["id"]},
            start=now,
            subscription=subscription["id"],
        )
        coupon["times_redeemed"] += 1
        world.store.put("discount", discount)
        subscription["discounts"].append(discount["id"])
        emit(world, "customer.discount.created", discount)


def amounts(world: World, subscription: Json, subtotal: int, *, first: bool) -> list[Json]:
    """This function will give what each discount takes off an invoice; `first`: it is the subscription's first."""
    left, taken = max(subtotal, 0), []
    for identifier in subscription["discounts"]:
        discount = world.store.get("discount", identifier)
        coupon = world.store.peek(discount["source"]["coupon"])
        if coupon is None or not _counts(discount, coupon, world.now(subscription["customer"]), first=first):
            continue
        amount = reduction(coupon, left)
        left -= amount
        taken.append({"amount": amount, "discount": identifier})
    return taken


def reduction(coupon: Json, amount: int) -> int:
    """This function will give what a coupon takes off this amount."""
    if coupon["percent_off"] is not None:
        share: float = coupon["percent_off"]
        return round(amount * share / 100)
    return min(amount, int(coupon["amount_off"]))


def _counts(discount: Json, coupon: Json, now: int, *, first: bool) -> bool:
    if coupon["duration"] == "once":
        return first
    end: int | None = discount["end"]
    return end is None or now < end
