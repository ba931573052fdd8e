"""The hosted checkout: `/checkout/{session}`.

Form fields: `number`, `exp`, `cvc`, `name`, `csrf_token`, and `action`: `pay`, or `skip` where no card is needed.
"""

from billing.sandbox import checkout
from billing.sandbox.checkout import Card
from billing.sandbox.messages import Answer
from billing.sandbox.pages import bank, card_form
from billing.sandbox.pages.card_form import CardFormError
from billing.sandbox.pages.rendering import day, message, money, page, price_text, redirect
from billing.sandbox.pages.visit import Visit
from billing.sandbox.store import Json


def show(visit: Visit, identifier: str) -> Answer:
    session = visit.world.store.get("checkout.session", identifier)
    if session["status"] == "complete":
        return redirect(checkout.success_url(session))
    if session["status"] == "expired":
        return message(
            "Checkout", "This checkout session has expired.", status=410, link=session["cancel_url"], link_text="Back"
        )
    if not visit.is_sent:
        return _form(visit, session, error=bank.failure(visit))
    if visit.form.get("action") == "skip" and _needs_no_card(session):
        return _pay(visit, session, None)
    try:
        card = card_form.read(visit.form, now=visit.world.now(session["customer"]))
    except CardFormError as error:
        return _form(visit, session, error=str(error))
    return _pay(visit, session, card)


def finish(visit: Visit, identifier: str, card: Card | None) -> Answer:
    """This function will subscribe, as the bank agreed."""
    session = visit.world.store.get("checkout.session", identifier)
    return _pay(visit, session, card, authenticated=True)


def _pay(visit: Visit, session: Json, card: Card | None, *, authenticated: bool = False) -> Answer:
    payment = checkout.pay(visit.world, session, card, authenticated=authenticated)
    if payment.kind == "complete":
        return redirect(checkout.success_url(session))
    if payment.kind == "requires_action" and card:
        return bank.ask(
            visit,
            purpose="checkout",
            target=session["id"],
            back=f"/checkout/{session['id']}",
            card=card,
            last4=bank.last4(card),
            amount=money(session["amount_total"], session["currency"]) if session["amount_total"] else "",
            leads_to=session["success_url"],
        )
    return _form(visit, session, error=payment.message)


def _form(visit: Visit, session: Json, *, error: str) -> Answer:
    world = visit.world
    secret = world.store.private(session["id"])
    customer = world.store.peek(session["customer"]) if session["customer"] else None
    trial_end = checkout.trial_of(secret["subscription_data"], world.now(session["customer"]))
    items: list[Json] = secret["line_items"]
    currency = session["currency"]
    off = session["total_details"]["amount_discount"]
    return page(
        "checkout.html",
        title="Checkout",
        status=402 if error else 200,
        leads_to=[session["success_url"]],
        csrf_token=visit.csrf_token,
        email=customer["email"] if customer else session["customer_email"],
        items=[
            {"name": i["description"], "quantity": i["quantity"], "price": price_text(i["price"], i["quantity"])}
            for i in items
        ],
        discount=money(off, currency) if off else "",
        total=money(session["amount_total"], currency),
        trial_end=day(trial_end) if trial_end else "",
        after_trial=" and ".join(price_text(i["price"], i["quantity"]) for i in items),
        error=error,
        values=card_form.typed(visit.form),
        without_card=_needs_no_card(session),
        back=session["cancel_url"],
    )


def _needs_no_card(session: Json) -> bool:
    total: int = session["amount_total"]
    return session["payment_method_collection"] == "if_required" and total == 0
