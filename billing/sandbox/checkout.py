"""Checkout sessions, and what happens when a person pays one."""

from dataclasses import dataclass
from typing import Any, Literal

from billing.sandbox import cards, catalogue, customers, discounts, listing, subscriptions
from billing.sandbox.cards import Outcome
from billing.sandbox.errors import ApiError, unsupported
from billing.sandbox.events import emit
from billing.sandbox.forms import Params
from billing.sandbox.ids import new_id
from billing.sandbox.shapes import fresh, listed, merge_metadata, shaped
from billing.sandbox.store import Json
from billing.sandbox.world import World

_KIND = "checkout.session"
_EXPIRES_SECONDS = 24 * 3600
_ECHOED = (
    "allow_promotion_codes",
    "billing_address_collection",
    "cancel_url",
    "client_reference_id",
    "consent_collection",
    "customer",
    "customer_email",
    "locale",
    "origin_context",
    "payment_method_collection",
    "phone_number_collection",
    "submit_type",
    "success_url",
    "tax_id_collection",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a person typed."""

    number: str
    month: int = 12
    year: int = 2034
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """How an attempt to pay a session went."""

    kind: Literal["complete", "declined", "requires_action"]
    message: str = ""  # for the person, where it was declined


def create(world: World, params: Params) -> Json:
    if params.get("mode") != "subscription":
        raise unsupported("mode other than subscription")
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise unsupported("ui_mode other than hosted_page")
    if "success_url" not in params:
        raise ApiError("Missing required param: success_url.", code="parameter_missing", param="success_url")
    if "customer" in params:
        if "customer_email" in params:
            raise ApiError("You may only specify one of these parameters: customer, customer_email.")
        world.store.get("customer", params["customer"], param="customer")
    items = _line_items(world, params)
    session = _new(world, params, items)
    merge_metadata(session, params.get("metadata"))
    world.store.put(_KIND, session)
    world.store.private(session["id"]).update(
        line_items=items,
        subscription_data=params.get("subscription_data") or {},
        discounts=params.get("discounts") or [],
    )
    return session


def _new(world: World, params: Params, items: list[Json]) -> Json:
    subtotal = sum(item["amount_subtotal"] for item in items)
    off = _reduction(world, params.get("discounts") or [], subtotal)
    trial = trial_of(params.get("subscription_data") or {}, world.now(params.get("customer")))
    tax = params.get("automatic_tax") or {"enabled": False}
    params.get("customer_update"), params.get("payment_method_options")  # nothing to keep of them
    session = fresh(
        world,
        _KIND,
        "cs_test",
        **params.take(*_ECHOED),
        amount_subtotal=0 if trial else subtotal,
        amount_total=0 if trial else subtotal - off,
        automatic_tax={"enabled": tax["enabled"], "liability": None, "provider": None, "status": None},
        currency=items[0]["currency"],
        custom_fields=[],
        custom_text=dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance"))
        | (params.get("custom_text") or {}),
        customer_creation=None if "customer" in params else "always",
        discounts=[{"coupon": None, "promotion_code": None} | sent for sent in params.get("discounts") or []],
        expires_at=params.get("expires_at", world.now() + _EXPIRES_SECONDS),
        mode="subscription",
        payment_method_types=params.get("payment_method_types") or ["card"],
        payment_status="unpaid",
        shipping_options=[],
        status="open",
        total_details={"amount_discount": 0 if trial else off, "amount_shipping": 0, "amount_tax": 0},
        ui_mode="hosted_page",
    )
    session["id"] = new_id("cs_test", length=58)
    session["payment_method_collection"] = session["payment_method_collection"] or "always"
    session["url"] = f"{world.base_url}/checkout/{session['id']}"
    return session


def _line_items(world: World, params: Params) -> list[Json]:
    sent = params.get("line_items")
    if not sent:
        raise ApiError("Missing required param: line_items.", code="parameter_missing", param="line_items")
    return [_line_item(world, entry, index) for index, entry in enumerate(sent)]


def _line_item(world: World, sent: Json, index: int) -> Json:
    if "price" not in sent:
        raise unsupported(f"line_items[{index}] without price")
    price = catalogue.recurring_price(world, sent["price"], param=f"line_items[{index}][price]")
    if "quantity" not in sent:
        raise ApiError("Quantity is required. Add `quantity` to `line_items[0]`", param=f"line_items[{index}]")
    amount = price["unit_amount"] * sent["quantity"]
    return shaped(
        "item",
        id=new_id("li"),
        amount_discount=0,
        amount_subtotal=amount,
        amount_tax=0,
        amount_total=amount,
        currency=price["currency"],
        description=world.store.get("product", price["product"])["name"],
        price=price,
        quantity=sent["quantity"],
    )


def _reduction(world: World, sent: list[Json], subtotal: int) -> int:
    return sum(discounts.reduction(discounts.coupon_of(world, wanted), subtotal) for wanted in sent)


def trial_of(data: Json, now: int) -> int | None:
    """This function will give the end of the trial that a session offers; None without one."""
    if data.get("trial_period_days"):
        return now + int(data["trial_period_days"]) * 86400
    end: int | None = data.get("trial_end")
    return end


def pay(world: World, session: Json, card: Card | None, *, authenticated: bool = False) -> Payment:
    """This function will pay a session; card: None where it needs none. Paying twice subscribes once."""
    if session["status"] != "open":
        return Payment(kind="complete")
    outcome = _ask_bank(session, card, authenticated=authenticated)
    if outcome.kind == "declined":
        return Payment(kind="declined", message=outcome.message)
    if outcome.kind == "requires_action":
        return Payment(kind="requires_action")
    customer = _customer(world, session, card)
    method = None
    if card:
        method = cards.make(
            world, card.number, month=card.month, year=card.year, name=card.name, authenticated=authenticated
        )
        cards.attach_to(world, method, customer)
    _complete(world, session, customer, method, authenticated=authenticated)
    return Payment(kind="complete")


def _ask_bank(session: Json, card: Card | None, *, authenticated: bool) -> Outcome:
    if card is None:
        return cards.SUCCEEDED
    number = cards.digits(card.number)
    if session["amount_total"] == 0:
        return cards.setup_outcome(number, authenticated=authenticated)
    return cards.number_outcome(number, authenticated=authenticated)


def _customer(world: World, session: Json, card: Card | None) -> str:
    if session["customer"]:
        world.store.get("customer", session["customer"], param="customer")
        return str(session["customer"])
    email = session["customer_email"] or "buyer@sandbox.invalid"
    return str(customers.create(world, Params({"email": email, "name": card.name if card else None}))["id"])


def _complete(world: World, session: Json, customer: str, method: Json | None, *, authenticated: bool) -> None:
    secret = world.store.private(session["id"])
    wanted: dict[str, Any] = {
        **secret["subscription_data"],
        "items": [{"price": i["price"]["id"], "quantity": i["quantity"]} for i in secret["line_items"]],
        "discounts": secret["discounts"],
    }
    if method:
        wanted["default_payment_method"] = method["id"]
    subscription = subscriptions.subscribe(world, customer, Params(wanted), authenticated=authenticated)
    owner = world.store.get("customer", customer)
    session.update(
        customer=customer,
        customer_details={
            key: owner[key] for key in ("address", "business_name", "email", "individual_name", "name", "phone")
        }
        | {"tax_exempt": "none", "tax_ids": []},
        invoice=subscription["latest_invoice"],
        payment_status="paid" if session["amount_total"] else "no_payment_required",  # a trial pays later
        status="complete",
        subscription=subscription["id"],
        url=None,
    )
    emit(world, "checkout.session.completed", session)


def success_url(session: Json) -> str:
    url: str = session["success_url"]
    return url.replace("{CHECKOUT_SESSION_ID}", session["id"])


def retrieve(world: World, _params: Params, identifier: str) -> Json:
    return world.store.get(_KIND, identifier, param="session")


def list_all(world: World, params: Params) -> Json:
    found = listing.matching(world.store.scan(_KIND), params, "customer", "payment_intent", "status", "subscription")
    email = (params.get("customer_details") or {}).get("email")
    found = [s for s in found if email is None or (s["customer_details"] or {}).get("email") == email]
    return listing.page(found, "/v1/checkout/sessions", params)


def list_line_items(world: World, params: Params, identifier: str) -> Json:
    world.store.get(_KIND, identifier, param="session")
    params.take("limit", "starting_after", "ending_before")
    return listed(world.store.private(identifier)["line_items"], f"/v1/checkout/sessions/{identifier}/line_items")


def expire(world: World, _params: Params, identifier: str) -> Json:
    session = world.store.get(_KIND, identifier, param="session")
    if session["status"] != "open":
        raise ApiError(
            f'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of `{session['status']}`."
        )
    session.update(status="expired", url=None)
    emit(world, "checkout.session.expired", session)
    return session
