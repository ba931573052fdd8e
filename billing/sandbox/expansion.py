"""Answer with whole objects where a request asks to `expand` their ids."""

from collections.abc import Callable
from typing import Any

from billing.sandbox.collection import DEAD
from billing.sandbox.errors import ApiError
from billing.sandbox.shapes import listed
from billing.sandbox.store import Json, copied
from billing.sandbox.world import World

_DEEPEST = 4


def expanded(world: World, document: Json, paths: list[str]) -> Json:
    """This function will give a copy of the answer with whole objects at these paths (`data.customer`)."""
    answer = copied(document)
    for path in paths:
        if len(path.split(".")) > _DEEPEST:
            raise ApiError(
                f"You cannot expand more than {_DEEPEST} levels of a property. Property: {path}", param="expand"
            )
        _expand(world, answer, path.split("."), path)
    return answer


def _expand(world: World, place: Any, path: list[str], whole: str) -> None:
    if isinstance(place, list):
        for item in place:
            _expand(world, item, path, whole)
        return
    if not path or not isinstance(place, dict) or place.get("deleted"):
        return
    name = path[0]
    if name not in place:
        place[name] = _on_request(world, place, name, whole)
    elif isinstance(place[name], str):
        place[name] = _object(world, place[name], whole)
    elif isinstance(place[name], list):
        place[name] = [_object(world, v, whole) if isinstance(v, str) else v for v in place[name]]
    elif place[name] is not None and not isinstance(place[name], dict):
        raise _not_expandable(whole)
    _expand(world, place[name], path[1:], whole)


def _object(world: World, identifier: str, whole: str) -> Json:
    document = world.store.peek(identifier)
    if document is None or "object" not in document:
        raise _not_expandable(whole)
    return copied(document)


def _on_request(world: World, place: Json, name: str, whole: str) -> Json | None:
    builder = _BUILDERS.get((place.get("object", ""), name))
    if builder is None:
        raise _not_expandable(whole)
    built = builder(world, place)
    return None if built is None else copied(built)


def _not_expandable(path: str) -> ApiError:
    return ApiError(
        f"This property cannot be expanded ({path}). You may want to try expanding a property of it.", param="expand"
    )


def _payments(world: World, invoice: Json) -> Json:
    found = [payment for payment in world.store.scan("invoice_payment") if payment["invoice"] == invoice["id"]]
    return listed(found, f"/v1/invoice_payments?invoice={invoice['id']}")


def _confirmation_secret(world: World, invoice: Json) -> Json:
    for payment in world.store.scan("invoice_payment"):
        if payment["invoice"] == invoice["id"]:
            intent = world.store.peek(payment["payment"]["payment_intent"]) or {}
            return {"client_secret": intent["client_secret"], "type": "payment_intent"}
    raise ApiError("This invoice has no payment intent yet.", param="expand")


def _line_items(world: World, session: Json) -> Json:
    items: list[Json] = world.store.private(session["id"])["line_items"]
    return listed(items, f"/v1/checkout/sessions/{session['id']}/line_items")


def _refunds(world: World, charge: Json) -> Json:
    found = [refund for refund in world.store.scan("refund") if refund["charge"] == charge["id"]]
    return listed(list(reversed(found)), f"/v1/charges/{charge['id']}/refunds")


def _subscriptions(world: World, customer: Json) -> Json:
    found = [
        subscription
        for subscription in world.store.scan("subscription")
        if subscription["customer"] == customer["id"] and subscription["status"] not in DEAD
    ]
    return listed(list(reversed(found)), f"/v1/customers/{customer['id']}/subscriptions")


def _sources(_world: World, customer: Json) -> Json:
    return listed([], f"/v1/customers/{customer['id']}/sources")


def _currency_options(_world: World, price: Json) -> Json:
    names = ("custom_unit_amount", "tax_behavior", "unit_amount", "unit_amount_decimal")
    return {price["currency"]: {name: price[name] for name in names}}


def _breakdown(_world: World, _totals: Json) -> Json:
    return {"discounts": [], "taxes": []}


def _nothing(_world: World, _place: Json) -> None:
    """This function will answer for what Stripe knows and the sandbox never has."""


_BUILDERS: dict[tuple[str, str], Callable[[World, Json], Json | None]] = {
    ("", "breakdown"): _breakdown,  # of a session's totals
    ("coupon", "applies_to"): _nothing,
    ("price", "currency_options"): _currency_options,
    ("price", "tiers"): _nothing,
    ("charge", "refunds"): _refunds,
    ("checkout.session", "line_items"): _line_items,
    ("customer", "sources"): _sources,
    ("customer", "subscriptions"): _subscriptions,
    ("invoice", "confirmation_secret"): _confirmation_secret,
    ("invoice", "payments"): _payments,
}
