"""Stripe's test cards, and payment methods made of them."""

import hashlib
import re
from dataclasses import dataclass
from typing import Any, Literal

from billing.sandbox import listing
from billing.sandbox.errors import ApiError, declined, missing
from billing.sandbox.events import changing, emit
from billing.sandbox.forms import Params
from billing.sandbox.shapes import fresh, merge_metadata
from billing.sandbox.store import Json
from billing.sandbox.world import World

VISA = "4242424242424242"
_MESSAGES = {
    "generic_decline": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
}
# number -> decline code, at once or only when it is charged later
_DECLINES = {
    "4000000000000002": "generic_decline",
    "4000000000009995": "insufficient_funds",
    "4000000000000069": "expired_card",
}
_CHARGE_DECLINES = {"4000000000000341": "generic_decline"}
# 3-D Secure: at every payment, or once
_ALWAYS_AUTHENTICATE = frozenset({"4000002760003184"})
_AUTHENTICATE_ONCE = frozenset({"4000002500003155", "4000000000003220"})
TOKENS = {
    "pm_card_visa": VISA,
    "pm_card_mastercard": "5555555555554444",
    "pm_card_chargeCustomerFail": "4000000000000341",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_chargeDeclinedExpiredCard": "4000000000000069",
    "pm_card_authenticationRequired": "4000002760003184",
    "pm_card_authenticationRequiredOnSetup": "4000002500003155",
    "pm_card_threeDSecure2Required": "4000000000003220",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the bank says."""

    kind: Literal["succeeded", "declined", "requires_action"]
    code: str | None = None
    decline_code: str | None = None
    message: str = ""

    def refusal(self, **more: Any) -> ApiError:
        return declined(self.message, code=self.code or "card_declined", decline_code=self.decline_code, **more)


SUCCEEDED = Outcome(kind="succeeded")
NO_CARD = Outcome(
    kind="declined",
    code="missing_payment_method",
    message="This customer has no attached payment source or default payment method.",
)
REQUIRES_ACTION = Outcome(
    kind="requires_action",
    code="authentication_required",
    decline_code="authentication_required",
    message="Your card was declined. This transaction requires authentication.",
)


def digits(number: str) -> str:
    return re.sub(r"[^0-9]", "", number)


def is_valid_number(number: str) -> bool:
    """This function will tell whether a card may have this number: its length and its check digit (Luhn)."""
    if not re.fullmatch(r"[0-9]{13,19}", number):
        return False
    doubled = [int(d) * (1 + i % 2) for i, d in enumerate(reversed(number))]
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0


def setup_outcome(number: str, *, authenticated: bool) -> Outcome:
    """This function will give what the bank says when this card is to be kept for later."""
    if number in _DECLINES:
        return _decline(_DECLINES[number])
    if number in _ALWAYS_AUTHENTICATE | _AUTHENTICATE_ONCE and not authenticated:
        return REQUIRES_ACTION
    return SUCCEEDED


def charge_outcome(world: World, method: Json | None, *, authenticated: bool) -> Outcome:
    """This function will give what the bank says to this charge; authenticated: the person just did 3-D Secure."""
    if method is None:
        return NO_CARD
    secret = world.store.private(method["id"])
    if secret.get("fails"):
        return _decline(secret["fails"])
    return number_outcome(secret["number"], authenticated=authenticated, set_up=secret.get("authenticated", False))


def number_outcome(number: str, *, authenticated: bool, set_up: bool = False) -> Outcome:
    """This function will give what the bank says to charging a number; set_up: 3-D Secure was done before."""
    code = (_DECLINES | _CHARGE_DECLINES).get(number)
    if code:
        return _decline(code)
    if authenticated:
        return SUCCEEDED
    asks = number in _ALWAYS_AUTHENTICATE or (number in _AUTHENTICATE_ONCE and not set_up)
    return REQUIRES_ACTION if asks else SUCCEEDED


def _decline(code: str) -> Outcome:
    return Outcome(
        kind="declined",
        code="expired_card" if code == "expired_card" else "card_declined",
        decline_code=code,
        message=_MESSAGES.get(code, "Your card was declined."),
    )


def make(
    world: World,
    number: str,
    *,
    month: int = 12,
    year: int = 2034,
    name: str | None = None,
    authenticated: bool = False,
) -> Json:
    """This function will give a new payment method of this card, attached to nobody."""
    number = digits(number)
    brand = {"3": "amex", "5": "mastercard"}.get(number[0], "visa")
    address = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    method = fresh(
        world,
        "payment_method",
        "pm",
        allow_redisplay="unspecified",
        billing_details={"address": address, "email": None, "name": name, "phone": None, "tax_id": None},
        card={
            "brand": brand,
            "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
            "country": "US",
            "display_brand": brand,
            "exp_month": month,
            "exp_year": year,
            "fingerprint": hashlib.sha256(number.encode()).hexdigest()[:16],
            "funding": "credit",
            "generated_from": None,
            "last4": number[-4:],
            "networks": {"available": [brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        customer=None,
        type="card",
    )
    world.store.put("payment_method", method)
    world.store.private(method["id"]).update(number=number, authenticated=authenticated)
    return method


def find(world: World, identifier: str, *, param: str = "payment_method") -> Json:
    """This function will give the payment method of this id, or a new one for one of Stripe's test tokens."""
    if identifier in TOKENS:
        return make(world, TOKENS[identifier])
    return world.store.get("payment_method", identifier, param=param)


def attach_to(world: World, method: Json, customer: str) -> Json:
    """This function will let the customer keep this card. Raises ApiError (402) where the bank refuses."""
    if method["customer"] not in (None, customer):
        raise ApiError("The payment method you provided has already been attached to a customer.")
    number = world.store.private(method["id"])["number"]
    outcome = setup_outcome(number, authenticated=True)
    if outcome.kind == "declined":
        raise outcome.refusal()
    if method["customer"] is None:
        method["customer"] = customer
        emit(world, "payment_method.attached", method)
    return method


def default_of(world: World, customer: str, subscription: Json | None = None) -> Json | None:
    """This function will give the card that pays: the subscription's own, or the customer's default."""
    owner = world.store.find("customer", customer)
    wanted = (subscription or {}).get("default_payment_method") or (
        owner["invoice_settings"]["default_payment_method"] if owner else None
    )
    return world.store.find("payment_method", wanted)


def create(world: World, params: Params) -> Json:
    card = params.get("card") or {}
    if params.get("type") != "card" or not ("number" in card or "token" in card):
        raise ApiError("The sandbox makes payment methods of cards only.", param="type")
    number = digits(card["number"]) if "number" in card else TOKENS.get(card["token"].replace("tok_", "pm_card_"), "")
    if not is_valid_number(number):
        raise declined("Your card number is incorrect.", code="incorrect_number", param="number", keeps=False)
    method = make(world, number, month=card.get("exp_month", 12), year=card.get("exp_year", 2034))
    method["billing_details"].update(params.get("billing_details") or {})
    merge_metadata(method, params.get("metadata"))
    return method


def retrieve(world: World, _params: Params, identifier: str) -> Json:
    return world.store.get("payment_method", identifier, param="payment_method")


def modify(world: World, params: Params, identifier: str) -> Json:
    method = world.store.get("payment_method", identifier, param="payment_method")
    with changing(world, "payment_method.updated", method):
        merge_metadata(method, params.get("metadata"))
        method["billing_details"].update(params.get("billing_details") or {})
        method["card"].update(params.get("card") or {})
    return method


def attach(world: World, params: Params, identifier: str) -> Json:
    customer = params.get("customer")
    if not customer:
        raise ApiError("Missing required param: customer.", code="parameter_missing", param="customer")
    world.store.get("customer", customer, param="customer")
    return attach_to(world, find(world, identifier), customer)


def detach(world: World, _params: Params, identifier: str) -> Json:
    method = world.store.get("payment_method", identifier, param="payment_method")
    if method["customer"] is None:
        raise ApiError("The payment method you provided is not attached to a customer so detachment is impossible.")
    release(world, method)
    return method


def release(world: World, method: Json) -> None:
    """This function will take a card from its customer; nothing pays with it any more."""
    before = method["customer"]
    owner = world.store.find("customer", before)
    if owner and owner["invoice_settings"]["default_payment_method"] == method["id"]:
        owner["invoice_settings"]["default_payment_method"] = None
    for subscription in world.store.each("subscription", default_payment_method=method["id"]):
        subscription["default_payment_method"] = None
    method["customer"] = None
    emit(world, "payment_method.detached", method, previous={"customer": before})


def list_all(world: World, params: Params) -> Json:
    if "customer" not in params:
        return listing.page([], "/v1/payment_methods", params)
    found = listing.matching(world.store.scan("payment_method"), params, "customer", "type")
    return listing.page(found, "/v1/payment_methods", params)


def list_of_customer(world: World, params: Params, customer: str) -> Json:
    world.store.get("customer", customer, param="customer")
    found = [
        m for m in listing.matching(world.store.scan("payment_method"), params, "type") if m["customer"] == customer
    ]
    return listing.page(found, f"/v1/customers/{customer}/payment_methods", params)


def retrieve_of_customer(world: World, _params: Params, customer: str, identifier: str) -> Json:
    method = world.store.get("payment_method", identifier, param="payment_method")
    if method["customer"] != customer:
        raise missing("payment_method", identifier, param="payment_method")
    return method
