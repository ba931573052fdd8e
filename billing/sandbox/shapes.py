"""Objects in Stripe's shape: what is given, and null for everything else that the resource class knows."""

from typing import Any

from billing.sandbox.ids import new_id
from billing.sandbox.schema import Choice, Scalar, fields, resource_class
from billing.sandbox.store import Json
from billing.sandbox.world import World

# Fields that Stripe sends only when asked to expand them, or only on some objects.
_ONLY_WHEN_ASKED: dict[str, frozenset[str]] = {
    "charge": frozenset({"refunds"}),
    "checkout.session": frozenset({"line_items"}),
    "coupon": frozenset({"applies_to", "currency_options"}),
    "customer": frozenset({"cash_balance", "sources", "subscriptions", "tax", "tax_ids", "invoice_credit_balance"}),
    "invoice": frozenset({"confirmation_secret", "payments"}),
    "price": frozenset({"currency_options", "tiers"}),
    "webhook_endpoint": frozenset({"secret"}),
}
_ALWAYS_ABSENT = frozenset({"deleted"})


def shaped(kind: str, **given: Any) -> Json:
    """This function will make a whole object of this kind. Raises TypeError where its class has no such field."""
    known = fields(resource_class(kind))
    unknown = set(given) - set(known)
    if unknown:
        raise TypeError(f"{kind} has no {sorted(unknown)}")
    absent = _ALWAYS_ABSENT | _ONLY_WHEN_ASKED.get(kind, frozenset())
    empty = {
        name: None
        for name, field in known.items()
        if not field.required and name not in absent and _nullable(field.node) and kind != "payment_method"
    }
    return {**empty, "object": kind, **given}


def _nullable(node: object) -> bool:
    return isinstance(node, Choice) and Scalar(type(None)) in node.options


def fresh(world: World, kind: str, prefix: str, *, customer: str | None = None, **given: Any) -> Json:
    """This function will make a whole new object, with an id, a time of creation and test mode."""
    known = fields(resource_class(kind))
    usual: dict[str, Any] = {
        "id": new_id(prefix),
        "created": world.now(customer),
        "customer": customer,
        "livemode": False,
        "metadata": {},
    }
    return shaped(kind, **{name: value for name, value in usual.items() if name in known} | given)


def listed(items: list[Json], url: str, *, has_more: bool = False) -> Json:
    """This function will give Stripe's list object."""
    return {"object": "list", "data": items, "has_more": has_more, "url": url}


def merge_metadata(target: Json, sent: Any) -> None:
    """This function will apply sent metadata: an empty value removes its key, an empty text removes all."""
    if sent == "":
        target["metadata"] = {}
        return
    for key, value in (sent or {}).items():
        if value == "":
            target["metadata"].pop(key, None)
        else:
            target["metadata"][key] = value
