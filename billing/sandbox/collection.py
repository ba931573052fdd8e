"""What a payment, or a failed one, means for a subscription: incomplete, active, past due, dunning."""

from billing.sandbox import cards, invoices
from billing.sandbox.cards import Outcome
from billing.sandbox.errors import ApiError, declined
from billing.sandbox.events import changing, emit
from billing.sandbox.forms import Params
from billing.sandbox.store import Json
from billing.sandbox.world import World

DEAD = ("canceled", "incomplete_expired")


def collect(world: World, invoice: Json, *, method: Json | None = None, authenticated: bool = False) -> Outcome:
    """This function will charge an open invoice to this card (or to its own), and move its subscription accordingly."""
    subscription = world.store.get("subscription", invoices.subscription_of(invoice))
    payer = method or invoices.payer(world, invoice)
    outcome = invoices.attempt(world, invoice, payer, authenticated=authenticated)
    if outcome.kind == "succeeded":
        recover(world, subscription, invoice)
        return outcome
    if subscription["status"] not in (*DEAD, "incomplete", "unpaid"):
        _fall_behind(world, subscription, invoice)
    if outcome.kind == "requires_action":
        emit(world, "invoice.payment_action_required", invoice)
    emit(world, "invoice.payment_failed", invoice)
    if _has_given_up(world, subscription, invoice):
        _give_up(world, subscription)
    return outcome


def recover(world: World, subscription: Json, invoice: Json) -> None:
    """This function will let a subscription be active after its invoice was paid, unless a newer one is open."""
    if (
        subscription["status"] in ("incomplete", "past_due", "unpaid")
        and subscription["latest_invoice"] == invoice["id"]
    ):
        with changing(world, "customer.subscription.updated", subscription):
            subscription["status"] = "active"
    _set_delinquent(world, subscription["customer"])


def _fall_behind(world: World, subscription: Json, invoice: Json) -> None:
    """This function will let a subscription be past due, and date the next attempt by the account's rules."""
    waits = world.rules.retry_after
    retries = invoice["attempt_count"] - 1
    invoice["next_payment_attempt"] = (
        world.now(invoice["customer"]) + int(waits[retries].total_seconds()) if retries < len(waits) else None
    )
    with changing(world, "customer.subscription.updated", subscription):
        subscription["status"] = "past_due"
    _set_delinquent(world, subscription["customer"])


def _has_given_up(world: World, subscription: Json, invoice: Json) -> bool:
    attempts: int = invoice["attempt_count"]
    return subscription["status"] == "past_due" and attempts > len(world.rules.retry_after)


def _give_up(world: World, subscription: Json) -> None:
    if world.rules.after_retries == "cancel":
        end(world, subscription, reason="payment_failed")
    elif world.rules.after_retries == "unpaid":
        with changing(world, "customer.subscription.updated", subscription):
            subscription["status"] = "unpaid"


def end(world: World, subscription: Json, *, reason: str | None) -> None:
    """This function will end a subscription now; what is still open is not collected any more."""
    now = world.now(subscription["customer"])
    subscription.update(status="canceled", canceled_at=subscription["canceled_at"] or now, ended_at=now)
    subscription["cancellation_details"]["reason"] = reason
    for invoice in invoices.of_subscription(world, subscription["id"]):
        if invoice["status"] in ("draft", "open"):
            invoice.update(auto_advance=False, next_payment_attempt=None, automatically_finalizes_at=None)
    emit(world, "customer.subscription.deleted", subscription)


def _set_delinquent(world: World, customer: str) -> None:
    owner = world.store.find("customer", customer)
    if owner is None:
        return
    behind = any(s["status"] in ("past_due", "unpaid") for s in world.store.each("subscription", customer=customer))
    with changing(world, "customer.updated", owner):
        owner["delinquent"] = behind


def pay(world: World, params: Params, identifier: str) -> Json:
    """This function will answer POST /v1/invoices/{id}/pay."""
    invoice = world.store.get("invoice", identifier, param="invoice")
    if invoice["status"] == "paid":
        raise ApiError("Invoice is already paid")
    if invoice["status"] not in ("draft", "open"):
        raise ApiError(f"Invoice is {invoice['status']} and cannot be paid.")
    if invoice["status"] == "draft":
        invoices.finalize(world, invoice)
    params.get("off_session")  # nothing here depends on who is at the screen
    if params.get("paid_out_of_band"):
        invoices.settle(world, invoice)
        recover(world, world.store.get("subscription", invoices.subscription_of(invoice)), invoice)
        return invoice
    method = cards.find(world, params["payment_method"]) if "payment_method" in params else None
    outcome = collect(world, invoice, method=method)
    if outcome.kind == "requires_action":
        raise declined(
            "Payment for this invoice requires additional user action before it can be completed successfully. "
            "Payment can be completed using the PaymentIntent associated with this invoice.",
            code="invoice_payment_intent_requires_action",
        )
    if outcome.kind == "declined":
        raise outcome.refusal()
    return invoice


def finalize(world: World, params: Params, identifier: str) -> Json:
    """This function will answer POST /v1/invoices/{id}/finalize."""
    invoice = world.store.get("invoice", identifier, param="invoice")
    if invoice["status"] != "draft":
        raise ApiError("This invoice is already finalized, you can't re-finalize a non-draft invoice.")
    if "auto_advance" in params:
        invoice["auto_advance"] = params["auto_advance"]
    invoices.finalize(world, invoice)
    return invoice
