"""Money moves: payment intents, charges and refunds."""

from typing import Any

from billing.sandbox import cards, listing
from billing.sandbox.cards import Outcome
from billing.sandbox.errors import ApiError
from billing.sandbox.events import emit
from billing.sandbox.forms import Params
from billing.sandbox.ids import new_id
from billing.sandbox.shapes import fresh, merge_metadata
from billing.sandbox.store import Json
from billing.sandbox.world import World


def intend(world: World, *, customer: str, amount: int, currency: str, description: str, invoice: str) -> Json:
    """This function will give a new payment intent for an invoice."""
    intent = fresh(
        world,
        "payment_intent",
        "pi",
        customer=customer,
        amount=amount,
        amount_capturable=0,
        amount_received=0,
        capture_method="automatic",
        confirmation_method="automatic",
        currency=currency,
        description=description,
        payment_method_options={"card": {"request_three_d_secure": "automatic"}},
        payment_method_types=["card"],
        setup_future_usage="off_session",
        status="requires_payment_method",
    )
    intent["client_secret"] = new_id(f"{intent['id']}_secret")
    world.store.put("payment_intent", intent)
    world.store.private(intent["id"])["invoice"] = invoice
    emit(world, "payment_intent.created", intent)
    return intent


def confirm(world: World, intent: Json, method: Json | None, *, authenticated: bool) -> Outcome:
    """This function will ask the bank to pay this intent with this card; intent, charge and events tell the answer."""
    outcome = cards.charge_outcome(world, method, authenticated=authenticated)
    intent["payment_method"] = method["id"] if method else None
    if outcome.kind == "succeeded" and method:
        if authenticated:
            world.store.private(method["id"])["authenticated"] = True
        _succeed(world, intent, method)
    elif outcome.kind == "requires_action":
        _wait_for_person(world, intent)
    else:
        _fail(world, intent, method, outcome)
    return outcome


def _succeed(world: World, intent: Json, method: Json) -> None:
    charge = _charge(world, intent, method, None)
    intent.update(
        status="succeeded",
        amount_received=intent["amount"],
        latest_charge=charge["id"],
        last_payment_error=None,
        next_action=None,
    )
    emit(world, "charge.succeeded", charge)
    emit(world, "payment_intent.succeeded", intent)


def _wait_for_person(world: World, intent: Json) -> None:
    url = f"{world.base_url}/invoices/{world.store.private(intent['id'])['invoice']}"
    intent.update(
        status="requires_action",
        next_action={"type": "redirect_to_url", "redirect_to_url": {"return_url": None, "url": url}},
    )
    emit(world, "payment_intent.requires_action", intent)


def _fail(world: World, intent: Json, method: Json | None, outcome: Outcome) -> None:
    error: dict[str, Any] = {"type": "card_error", "code": outcome.code, "message": outcome.message}
    if outcome.decline_code:
        error["decline_code"] = outcome.decline_code
    if method:
        charge = _charge(world, intent, method, outcome)
        intent["latest_charge"] = charge["id"]
        error |= {"charge": charge["id"], "payment_method": dict(method)}
        emit(world, "charge.failed", charge)
    else:
        error["code"] = "payment_intent_payment_attempt_failed"
    intent.update(status="requires_payment_method", last_payment_error=error, next_action=None, payment_method=None)
    emit(world, "payment_intent.payment_failed", intent)


def _charge(world: World, intent: Json, method: Json, failure: Outcome | None) -> Json:
    card = method["card"]
    charge = fresh(
        world,
        "charge",
        "ch",
        customer=intent["customer"],
        amount=intent["amount"],
        amount_captured=0 if failure else intent["amount"],
        amount_refunded=0,
        billing_details=method["billing_details"],
        captured=not failure,
        currency=intent["currency"],
        description=intent["description"],
        disputed=False,
        failure_code=failure.code if failure else None,
        failure_message=failure.message if failure else None,
        fraud_details={},
        outcome=_verdict(failure),
        paid=not failure,
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details={
            "type": "card",
            "card": {
                key: card[key]
                for key in ("brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4")
            }
            | {"network": card["brand"], "three_d_secure": None, "wallet": None},
        },
        refunded=False,
        status="failed" if failure else "succeeded",
    )
    charge["receipt_url"] = None if failure else f"{world.base_url}/receipts/{charge['id']}"
    return world.store.put("charge", charge)


def _verdict(failure: Outcome | None) -> Json:
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "declined_by_network" if failure else "approved_by_network",
        "reason": failure.decline_code if failure else None,
        "risk_level": "normal",
        "risk_score": 12,
        "seller_message": failure.message if failure else "Payment complete.",
        "type": "issuer_declined" if failure else "authorized",
    }


def cancel_intent(world: World, intent: Json, *, reason: str) -> None:
    if intent["status"] not in ("succeeded", "canceled"):
        intent.update(status="canceled", canceled_at=world.now(intent["customer"]), cancellation_reason=reason)
        intent["next_action"] = None
        emit(world, "payment_intent.canceled", intent)


def refund_charge(world: World, charge: Json, *, amount: int | None = None, reason: str | None = None) -> Json:
    """This function will give back a charge, or a part of it (in the currency's smallest unit)."""
    left = charge["amount_captured"] - charge["amount_refunded"]
    if left <= 0:
        raise ApiError(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    wanted = left if amount is None else amount
    if not 0 < wanted <= left:
        raise ApiError(f"Refund amount ({wanted}) is greater than unrefunded amount on charge ({left})", param="amount")
    refund = fresh(
        world,
        "refund",
        "re",
        amount=wanted,
        charge=charge["id"],
        currency=charge["currency"],
        payment_intent=charge["payment_intent"],
        payment_method=charge["payment_method"],
        reason=reason,
        status="succeeded",
        destination_details={"card": {"type": "refund"}, "type": "card"},
    )
    refund["created"] = world.now(charge["customer"])
    refund["customer"] = charge["customer"]
    world.store.put("refund", refund)
    before = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    charge["amount_refunded"] += wanted
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    emit(world, "refund.created", refund)
    emit(world, "charge.refunded", charge, previous=before)
    return refund


def create_refund(world: World, params: Params) -> Json:
    if "charge" in params:
        charge = world.store.get("charge", params["charge"], param="charge")
    else:
        intent = world.store.get("payment_intent", params.get("payment_intent"), param="payment_intent")
        charge = world.store.get("charge", intent["latest_charge"], param="payment_intent")
    refund = refund_charge(world, charge, amount=params.get("amount"), reason=params.get("reason"))
    merge_metadata(refund, params.get("metadata"))
    return refund


def retrieve_refund(world: World, _params: Params, identifier: str) -> Json:
    return world.store.get("refund", identifier)


def list_refunds(world: World, params: Params) -> Json:
    found = listing.matching(world.store.scan("refund"), params, "charge", "payment_intent")
    return listing.page(found, "/v1/refunds", params)


def list_refunds_of_charge(world: World, params: Params, charge: str) -> Json:
    world.store.get("charge", charge)
    found = [refund for refund in world.store.scan("refund") if refund["charge"] == charge]
    return listing.page(found, f"/v1/charges/{charge}/refunds", params)


def retrieve_charge(world: World, _params: Params, identifier: str) -> Json:
    return world.store.get("charge", identifier)


def list_charges(world: World, params: Params) -> Json:
    found = listing.matching(world.store.scan("charge"), params, "customer", "payment_intent")
    return listing.page(found, "/v1/charges", params)


def retrieve_intent(world: World, _params: Params, identifier: str) -> Json:
    return world.store.get("payment_intent", identifier, param="intent")


def list_intents(world: World, params: Params) -> Json:
    found = listing.matching(world.store.scan("payment_intent"), params, "customer")
    return listing.page(found, "/v1/payment_intents", params)
