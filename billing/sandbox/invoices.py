"""An invoice's own life: draft, open, paid, void."""

from billing.sandbox import cards, discounts, listing, payments
from billing.sandbox.cards import SUCCEEDED, Outcome
from billing.sandbox.errors import ApiError
from billing.sandbox.events import changing, emit
from billing.sandbox.forms import Params
from billing.sandbox.shapes import fresh, listed, merge_metadata
from billing.sandbox.store import Json
from billing.sandbox.world import ACCOUNT_NAME, World


def draft(world: World, subscription: Json, *, reason: str, lines: list[Json], keep: bool = True) -> Json:
    """This function will draft an invoice with these lines, discounts and the customer's balance; keep: no preview."""
    customer = world.store.get("customer", subscription["customer"])
    subtotal = sum(line["amount"] for line in lines)
    taken = discounts.amounts(world, subscription, subtotal, first=not of_subscription(world, subscription["id"]))
    total = subtotal - sum(entry["amount"] for entry in taken)
    due = max(0, total + customer["balance"])
    invoice = fresh(
        world,
        "invoice",
        "in",
        customer=customer["id"],
        **_parties(customer),
        **_amounts(subtotal, total, due, customer["balance"]),
        attempt_count=0,
        attempted=False,
        auto_advance=True,
        automatic_tax={"disabled_reason": None, "enabled": False, "liability": None, "provider": None, "status": None},
        billing_reason=reason,
        collection_method=subscription["collection_method"],
        currency=subscription["currency"],
        default_tax_rates=[],
        discounts=list(subscription["discounts"]),
        issuer={"type": "self"},
        parent={
            "quote_details": None,
            "subscription_details": {
                "metadata": dict(subscription["metadata"]),
                "subscription": subscription["id"],
            },
            "type": "subscription_details",
        },
        payment_settings={"default_mandate": None, "payment_method_options": None, "payment_method_types": None},
        period_end=world.now(customer["id"]),
        period_start=world.now(customer["id"]),
        status="draft",
        status_transitions=dict.fromkeys(("finalized_at", "marked_uncollectible_at", "paid_at", "voided_at")),
        test_clock=customer["test_clock"],
        total_discount_amounts=taken,
    )
    invoice["lines"] = listed(lines, f"/v1/invoices/{invoice['id']}/lines")
    for line in lines:
        line["invoice"] = invoice["id"]
    if keep:
        world.store.put("invoice", invoice)
        subscription["latest_invoice"] = invoice["id"]
        emit(world, "invoice.created", invoice)
    return invoice


def _parties(customer: Json) -> Json:
    return {
        "account_country": "US",
        "account_name": ACCOUNT_NAME,
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_tax_exempt": "none",
        "customer_tax_ids": [],
    }


def _amounts(subtotal: int, total: int, due: int, balance: int) -> Json:
    return {
        "amount_due": due,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_remaining": due,
        "amount_shipping": 0,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "starting_balance": balance,
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal,
        "total": total,
        "total_excluding_tax": total,
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
    }


def finalize(world: World, invoice: Json) -> None:
    """This function will give a draft its number and its payment intent; it cannot be changed any more."""
    customer = world.store.get("customer", invoice["customer"])
    now = world.now(customer["id"])
    due = max(0, invoice["total"] + customer["balance"])
    invoice.update(starting_balance=customer["balance"], amount_due=due, amount_remaining=due)
    number = customer["next_invoice_sequence"]
    customer["next_invoice_sequence"] = number + 1
    customer["balance"] += invoice["total"] - due  # below 0: credit for later invoices
    invoice.update(
        status="open",
        number=f"{customer['invoice_prefix']}-{number:04d}",
        effective_at=now,
        ending_balance=customer["balance"],
        automatically_finalizes_at=None,
        hosted_invoice_url=f"{world.base_url}/invoices/{invoice['id']}",
        invoice_pdf=f"{world.base_url}/invoices/{invoice['id']}/pdf",
    )
    invoice["status_transitions"]["finalized_at"] = now
    if invoice["amount_due"] > 0:
        _expect_payment(world, invoice)
    emit(world, "invoice.finalized", invoice)


def _expect_payment(world: World, invoice: Json) -> None:
    intent = payments.intend(
        world,
        customer=invoice["customer"],
        amount=invoice["amount_due"],
        currency=invoice["currency"],
        description="Subscription update" if invoice["billing_reason"] == "subscription_update" else "Subscription",
        invoice=invoice["id"],
    )
    payment = fresh(
        world,
        "invoice_payment",
        "inpay",
        amount_requested=invoice["amount_due"],
        currency=invoice["currency"],
        invoice=invoice["id"],
        is_default=True,
        payment={"type": "payment_intent", "payment_intent": intent["id"]},
        status="open",
        status_transitions={"canceled_at": None, "paid_at": None},
    )
    payment["created"] = invoice["status_transitions"]["finalized_at"]
    world.store.put("invoice_payment", payment)


def attempt(world: World, invoice: Json, method: Json | None, *, authenticated: bool) -> Outcome:
    """This function will try to pay an open invoice; what follows for its subscription is collection's business."""
    if invoice["amount_due"] == 0:
        invoice["attempted"] = True
        settle(world, invoice)
        return SUCCEEDED
    invoice.update(attempted=True, attempt_count=invoice["attempt_count"] + 1)
    outcome = payments.confirm(world, intent_of(world, invoice), method, authenticated=authenticated)
    if outcome.kind == "succeeded":
        settle(world, invoice)
    return outcome


def settle(world: World, invoice: Json) -> None:
    """This function will let an invoice be paid."""
    now = world.now(invoice["customer"])
    with changing(world, "invoice.updated", invoice):
        invoice.update(status="paid", amount_paid=invoice["amount_due"], amount_remaining=0, next_payment_attempt=None)
        invoice["status_transitions"]["paid_at"] = now
    for payment in world.store.each("invoice_payment", invoice=invoice["id"]):
        payment.update(status="paid", amount_paid=payment["amount_requested"])
        payment["status_transitions"]["paid_at"] = now
    emit(world, "invoice.paid", invoice)
    emit(world, "invoice.payment_succeeded", invoice)


def void(world: World, invoice: Json) -> None:
    """This function will let an invoice count no more."""
    now = world.now(invoice["customer"])
    invoice.update(status="void", next_payment_attempt=None, auto_advance=False)
    invoice["status_transitions"]["voided_at"] = now
    for payment in world.store.each("invoice_payment", invoice=invoice["id"], status="open"):
        payment["status"] = "canceled"
        payment["status_transitions"]["canceled_at"] = now
        payments.cancel_intent(world, intent_of(world, invoice), reason="void_invoice")
    emit(world, "invoice.voided", invoice)


def intent_of(world: World, invoice: Json) -> Json:
    payment = world.store.each("invoice_payment", invoice=invoice["id"])[-1]
    return world.store.get("payment_intent", payment["payment"]["payment_intent"])


def subscription_of(invoice: Json) -> str:
    identifier: str = invoice["parent"]["subscription_details"]["subscription"]
    return identifier


def of_subscription(world: World, subscription: str) -> list[Json]:
    """This function will give the subscription's invoices, oldest first."""
    found = [i["id"] for i in world.store.scan("invoice") if subscription_of(i) == subscription]
    return [world.store.get("invoice", identifier) for identifier in found]


def retrieve(world: World, _params: Params, identifier: str) -> Json:
    return world.store.get("invoice", identifier, param="invoice")


def modify(world: World, params: Params, identifier: str) -> Json:
    invoice = world.store.get("invoice", identifier, param="invoice")
    with changing(world, "invoice.updated", invoice):
        invoice.update(params.take("auto_advance", "description", "footer", "default_payment_method"))
        merge_metadata(invoice, params.get("metadata"))
    return invoice


def list_all(world: World, params: Params) -> Json:
    found = listing.matching(world.store.scan("invoice"), params, "customer", "status", "collection_method")
    subscription = params.get("subscription")
    found = [invoice for invoice in found if subscription is None or subscription_of(invoice) == subscription]
    return listing.page(found, "/v1/invoices", params)


def list_lines(world: World, params: Params, identifier: str) -> Json:
    invoice = world.store.get("invoice", identifier, param="invoice")
    lines: list[Json] = invoice["lines"]["data"]
    return listing.page(list(reversed(lines)), f"/v1/invoices/{identifier}/lines", params)


def list_payments(world: World, params: Params) -> Json:
    found = listing.matching(world.store.scan("invoice_payment"), params, "invoice", "status")
    intent = (params.get("payment") or {}).get("payment_intent")
    found = [payment for payment in found if intent is None or payment["payment"]["payment_intent"] == intent]
    return listing.page(found, "/v1/invoice_payments", params)


def retrieve_payment(world: World, _params: Params, identifier: str) -> Json:
    return world.store.get("invoice_payment", identifier)


def void_invoice(world: World, _params: Params, identifier: str) -> Json:
    invoice = world.store.get("invoice", identifier, param="invoice")
    if invoice["status"] not in ("open", "uncollectible"):
        raise ApiError(f"You can only pass in open or uncollectible invoices. This invoice is {invoice['status']}.")
    void(world, invoice)
    return invoice


def payer(world: World, invoice: Json) -> Json | None:
    """This function will give the card that this invoice is charged to; None where there is none."""
    own = world.store.find("payment_method", invoice["default_payment_method"])
    subscription = world.store.find("subscription", subscription_of(invoice))
    return own or cards.default_of(world, invoice["customer"], subscription)
