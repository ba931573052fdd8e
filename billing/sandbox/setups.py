"""Setup intents: keep a card for later payments."""

from billing.sandbox import cards, listing
from billing.sandbox.errors import ApiError
from billing.sandbox.events import emit
from billing.sandbox.forms import Params
from billing.sandbox.ids import new_id
from billing.sandbox.shapes import fresh, merge_metadata
from billing.sandbox.store import Json
from billing.sandbox.world import World


def create(world: World, params: Params) -> Json:
    customer, method = params.get("customer"), params.get("payment_method")
    if customer:
        world.store.get("customer", customer, param="customer")
    intent = fresh(
        world,
        "setup_intent",
        "seti",
        customer=customer,
        description=params.get("description"),
        payment_method=cards.find(world, method)["id"] if method else None,
        payment_method_types=params.get("payment_method_types") or ["card"],
        status="requires_confirmation" if method else "requires_payment_method",
        usage=params.get("usage", "off_session"),
    )
    intent["client_secret"] = new_id(f"{intent['id']}_secret")
    merge_metadata(intent, params.get("metadata"))
    world.store.put("setup_intent", intent)
    emit(world, "setup_intent.created", intent)
    return _confirm(world, intent) if params.get("confirm") else intent


def confirm(world: World, params: Params, identifier: str) -> Json:
    intent = world.store.get("setup_intent", identifier, param="intent")
    if intent["status"] == "succeeded":
        raise ApiError("This SetupIntent has already succeeded.", code="setup_intent_unexpected_state")
    if "payment_method" in params:
        intent["payment_method"] = cards.find(world, params["payment_method"])["id"]
    return _confirm(world, intent)


def _confirm(world: World, intent: Json) -> Json:
    method = world.store.get("payment_method", intent["payment_method"], param="payment_method")
    outcome = cards.setup_outcome(world.store.private(method["id"])["number"], authenticated=False)
    if outcome.kind == "declined":
        intent["status"] = "requires_payment_method"
        emit(world, "setup_intent.setup_failed", intent)
        raise outcome.refusal()
    if outcome.kind == "requires_action":
        intent.update(status="requires_action", next_action={"type": "use_stripe_sdk", "use_stripe_sdk": {}})
        emit(world, "setup_intent.requires_action", intent)
        return intent
    if intent["customer"]:
        cards.attach_to(world, method, intent["customer"])
    intent.update(status="succeeded", next_action=None)
    emit(world, "setup_intent.succeeded", intent)
    return intent


def retrieve(world: World, _params: Params, identifier: str) -> Json:
    return world.store.get("setup_intent", identifier, param="intent")


def list_all(world: World, params: Params) -> Json:
    found = listing.matching(world.store.scan("setup_intent"), params, "customer", "payment_method")
    return listing.page(found, "/v1/setup_intents", params)
