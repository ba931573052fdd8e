"""Customers: who pays."""

from billing.sandbox import cards, collection, listing
from billing.sandbox.collection import DEAD
from billing.sandbox.errors import missing
from billing.sandbox.events import changing, emit
from billing.sandbox.forms import Params
from billing.sandbox.ids import new_id
from billing.sandbox.shapes import fresh, listed, merge_metadata
from billing.sandbox.store import Json
from billing.sandbox.world import World

_FIELDS = ("address", "business_name", "description", "email", "individual_name", "name", "phone", "shipping")
_SETTINGS = ("preferred_locales", "tax_exempt", "balance", "invoice_prefix", "next_invoice_sequence")


def create(world: World, params: Params) -> Json:
    clock = params.get("test_clock")
    if clock:
        world.store.get("test_helpers.test_clock", clock, param="test_clock")
    customer = fresh(
        world,
        "customer",
        "cus",
        **{
            "balance": 0,
            "delinquent": False,
            "invoice_prefix": new_id("x", length=8)[2:].upper(),
            "invoice_settings": dict.fromkeys(
                ("custom_fields", "default_payment_method", "footer", "rendering_options")
            ),
            "next_invoice_sequence": 1,
            "preferred_locales": [],
            "tax_exempt": "none",
            "test_clock": clock,
        }
        | params.take(*_FIELDS, *_SETTINGS),
    )
    world.store.put("customer", customer)
    customer["created"] = world.now(customer["id"])
    merge_metadata(customer, params.get("metadata"))
    if "payment_method" in params:
        cards.attach_to(world, cards.find(world, params["payment_method"]), customer["id"])
    _apply_invoice_settings(world, customer, params)
    emit(world, "customer.created", customer)
    return customer


def modify(world: World, params: Params, identifier: str) -> Json:
    customer = world.store.get("customer", identifier)
    with changing(world, "customer.updated", customer):
        customer.update(params.take(*_FIELDS, *_SETTINGS))
        merge_metadata(customer, params.get("metadata"))
        _apply_invoice_settings(world, customer, params)
    return customer


def _apply_invoice_settings(world: World, customer: Json, params: Params) -> None:
    sent = dict(params.get("invoice_settings") or {})
    if sent.get("default_payment_method"):
        method = cards.find(world, sent["default_payment_method"], param="invoice_settings[default_payment_method]")
        if method["customer"] != customer["id"]:
            raise missing("payment_method", method["id"], param="invoice_settings[default_payment_method]")
        sent["default_payment_method"] = method["id"]
    customer["invoice_settings"].update({key: value or None for key, value in sent.items()})


def delete(world: World, _params: Params, identifier: str) -> Json:
    """This function will delete a customer: subscriptions end at once, cards are released; what was billed stays."""
    customer = world.store.get("customer", identifier)
    for subscription in world.store.each("subscription", customer=identifier):
        if subscription["status"] not in DEAD:
            collection.end(world, subscription, reason="cancellation_requested")
    for method in world.store.each("payment_method", customer=identifier):
        method["customer"] = None
    emit(world, "customer.deleted", customer)
    world.store.drop(identifier)
    return world.store.put("deleted_customer", {"id": identifier, "object": "customer", "deleted": True})


def retrieve(world: World, _params: Params, identifier: str) -> Json:
    return world.store.find("deleted_customer", identifier) or world.store.get("customer", identifier)


def list_all(world: World, params: Params) -> Json:
    found = listing.matching(world.store.scan("customer"), params, "email", "test_clock")
    if "test_clock" not in params:
        found = [customer for customer in found if customer["test_clock"] is None]
    return listing.page(found, "/v1/customers", params)


def list_sources(world: World, params: Params, identifier: str) -> Json:
    world.store.get("customer", identifier)
    params.take("object", "limit", "starting_after")
    return listed([], f"/v1/customers/{identifier}/sources")
