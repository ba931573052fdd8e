"""The hosted invoice: `/invoices/{invoice}`, its PDF, and a receipt.

Form fields: `csrf_token`, `action` (`pay`: with the card on file; `pay_card`: with another one), and those of a card.
"""

from billing.sandbox import cards, collection, invoices
from billing.sandbox.checkout import Card
from billing.sandbox.errors import ApiError
from billing.sandbox.messages import Answer
from billing.sandbox.pages import bank, card_form, pdf
from billing.sandbox.pages.card_form import CardFormError
from billing.sandbox.pages.rendering import card_text, day, message, money, page, redirect
from billing.sandbox.pages.visit import Visit
from billing.sandbox.store import Json
from billing.sandbox.world import ACCOUNT_NAME


def show(visit: Visit, identifier: str) -> Answer:
    invoice = visit.world.store.get("invoice", identifier)
    if not visit.is_sent:
        return _page(visit, invoice, error=bank.failure(visit))
    if invoice["status"] != "open":
        return redirect(f"/invoices/{identifier}")
    if visit.form.get("action") == "pay":
        return _pay(visit, invoice, None, authenticated=False)
    try:
        card = card_form.read(visit.form, now=visit.world.now(invoice["customer"]))
    except CardFormError as error:
        return _page(visit, invoice, error=str(error))
    return _pay(visit, invoice, card, authenticated=False)


def finish(visit: Visit, identifier: str, card: Card | None) -> Answer:
    """This function will pay, as the bank agreed."""
    invoice = visit.world.store.get("invoice", identifier)
    if invoice["status"] != "open":
        return redirect(f"/invoices/{identifier}")
    return _pay(visit, invoice, card, authenticated=True)


def _pay(visit: Visit, invoice: Json, card: Card | None, *, authenticated: bool) -> Answer:
    world = visit.world
    method = invoices.payer(world, invoice)
    if card:
        outcome = cards.number_outcome(cards.digits(card.number), authenticated=authenticated)
        if outcome.kind == "succeeded":
            method = cards.make(world, card.number, month=card.month, year=card.year, authenticated=authenticated)
            cards.attach_to(world, method, invoice["customer"])
            outcome = collection.collect(world, invoice, method=method, authenticated=authenticated)
    else:
        outcome = collection.collect(world, invoice, authenticated=authenticated)
    if outcome.kind == "requires_action":
        return bank.ask(
            visit,
            purpose="invoice",
            target=invoice["id"],
            back=f"/invoices/{invoice['id']}",
            card=card,
            last4=bank.last4(card) if card else method["card"]["last4"] if method else "",
            amount=money(invoice["amount_due"], invoice["currency"]),
        )
    if outcome.kind == "declined":
        return _page(visit, invoice, error=outcome.message)
    return redirect(f"/invoices/{invoice['id']}")


def _page(visit: Visit, invoice: Json, *, error: str) -> Answer:
    if invoice["status"] == "draft":
        raise ApiError("This invoice is not finalized yet.", status=404)
    currency = invoice["currency"]
    off = sum(entry["amount"] for entry in invoice["total_discount_amounts"])
    credit = max(0, invoice["total"] - invoice["amount_due"])
    return page(
        "invoice.html",
        title=f"Invoice {invoice['number']}",
        status=402 if error else 200,
        csrf_token=visit.csrf_token,
        number=invoice["number"],
        merchant=ACCOUNT_NAME,
        date=day(invoice["created"]),
        email=invoice["customer_email"],
        state=invoice["status"],
        lines=[
            {
                "text": line["description"],
                "period": f"{day(line['period']['start'])} to {day(line['period']['end'])}",
                "amount": money(line["amount"], currency),
            }
            for line in invoice["lines"]["data"]
        ],
        discount=money(off, currency) if off else "",
        balance=money(credit, currency) if credit else "",
        total=money(invoice["amount_due"], currency),
        error=error,
        payable=invoice["status"] == "open" and invoice["amount_due"] > 0,
        card=card_text(invoices.payer(visit.world, invoice)),
        values=card_form.typed(visit.form),
        pdf=f"/invoices/{invoice['id']}/pdf",
    )


def as_pdf(visit: Visit, identifier: str) -> Answer:
    invoice = visit.world.store.get("invoice", identifier)
    currency = invoice["currency"]
    text = [
        "Sandbox: no real money",
        f"Invoice {invoice['number'] or 'draft'}",
        f"{ACCOUNT_NAME}, {day(invoice['created'])}",
        f"State: {invoice['status']}",
        "",
        *[f"{line['description']}: {money(line['amount'], currency)}" for line in invoice["lines"]["data"]],
        "",
        f"Total: {money(invoice['amount_due'], currency)}",
    ]
    headers = {
        "Content-Type": "application/pdf",
        "Content-Disposition": f'attachment; filename="{invoice["number"] or "draft"}.pdf"',
    }
    return Answer(status=200, body=pdf.one_page(text), headers=headers)


def receipt(visit: Visit, identifier: str) -> Answer:
    charge = visit.world.store.get("charge", identifier)
    paid = money(charge["amount"], charge["currency"])
    back = f", of which {money(charge['amount_refunded'], charge['currency'])} were given back"
    return message("Receipt", f"{paid} paid to {ACCOUNT_NAME}{back if charge['amount_refunded'] else ''}.")
