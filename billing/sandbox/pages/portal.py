"""The customer portal: `/portal/{session}`.

Form fields: `csrf_token`, `action` (`cancel`, `keep`, `switch` or `card`), `subscription`, `price`, and a card's.
"""

from billing.sandbox import cards, collection, portal, subscriptions
from billing.sandbox.checkout import Card
from billing.sandbox.errors import ApiError
from billing.sandbox.messages import Answer
from billing.sandbox.pages import bank, card_form
from billing.sandbox.pages.card_form import CardFormError
from billing.sandbox.pages.rendering import card_text, day, message, money, page, price_text, redirect
from billing.sandbox.pages.visit import Visit
from billing.sandbox.store import Json


def show(visit: Visit, identifier: str) -> Answer:
    session = portal.session_of(visit.world, identifier)
    if visit.world.store.find("customer", session["customer"]) is None:
        return message("Portal", "This customer was deleted.", status=410, link=session["return_url"])
    if not visit.is_sent:
        return _page(visit, session, error=bank.failure(visit))
    if visit.form.get("action") == "card":
        return _read_card(visit, session)
    try:
        _do(visit, session)
    except ApiError as error:
        return _page(visit, session, error=error.message)
    return _go_on(session)


def finish(visit: Visit, identifier: str, card: Card | None) -> Answer:
    """This function will change the card, as the bank agreed."""
    session = portal.session_of(visit.world, identifier)
    assert card is not None
    return _change_card(visit, session, card, authenticated=True)


def _do(visit: Visit, session: Json) -> None:
    subscription = visit.world.store.get("subscription", visit.form.get("subscription"))
    if subscription["customer"] != session["customer"]:
        raise ApiError("This plan belongs to somebody else.", status=403)
    match visit.form.get("action"):
        case "cancel":
            portal.cancel(visit.world, session, subscription)
        case "keep":
            portal.keep(visit.world, session, subscription)
        case "switch":
            portal.switch(visit.world, session, subscription, visit.form.get("price", ""))
        case other:
            raise ApiError(f"The portal cannot do this: {other}")


def _read_card(visit: Visit, session: Json) -> Answer:
    try:
        card = card_form.read(visit.form, now=visit.world.now(session["customer"]))
    except CardFormError as error:
        return _page(visit, session, error=str(error))
    return _change_card(visit, session, card, authenticated=False)


def _change_card(visit: Visit, session: Json, card: Card, *, authenticated: bool) -> Answer:
    try:
        outcome = portal.change_card(visit.world, session, card, authenticated=authenticated)
    except ApiError as error:
        return _page(visit, session, error=error.message)
    if outcome.kind == "requires_action":
        return bank.ask(
            visit,
            purpose="portal",
            target=session["id"],
            back=f"/portal/{session['id']}",
            card=card,
            last4=bank.last4(card),
            leads_to=portal.where_next(session),
        )
    return _page(visit, session, error=outcome.message) if outcome.kind == "declined" else _go_on(session)


def _go_on(session: Json) -> Answer:
    """This function will lead back to the start page, or to where a finished flow leads."""
    return redirect(portal.where_next(session) or f"/portal/{session['id']}?done=1")


def _page(visit: Visit, session: Json, *, error: str) -> Answer:
    flow = session["flow"]
    if flow and visit.request.query != "done=1":
        return _flow_page(visit, session, flow, error=error)
    world, customer = visit.world, visit.world.store.get("customer", session["customer"])
    features = portal.features_of(world, session)
    found = world.store.each("subscription", customer=customer["id"])
    return page(
        "portal.html",
        title="Manage billing",
        status=402 if error else 200,
        csrf_token=visit.csrf_token,
        email=customer["email"],
        error=error,
        plans=[_plan(visit, session, features, subscription) for subscription in reversed(found)],
        card=card_text(_card_on_file(visit, customer["id"], found)),
        can_change_card=features["payment_method_update"]["enabled"],
        values=card_form.typed(visit.form),
        invoices=_invoices(visit, customer["id"]) if features["invoice_history"]["enabled"] else None,
        back=session["return_url"],
    )


def _flow_page(visit: Visit, session: Json, flow: Json, *, error: str) -> Answer:
    wanted = (flow["subscription_cancel"] or {}).get("subscription")
    features = portal.features_of(visit.world, session)
    plan, consequence = None, ""
    if wanted:
        subscription = visit.world.store.get("subscription", wanted)
        plan = _plan(visit, session, features, subscription)
        at_once = features["subscription_cancel"]["mode"] == "immediately"
        consequence = "it ends now" if at_once else f"it ends on {day(subscriptions.period_end(subscription))}"
    return page(
        "flow.html",
        title="Manage billing",
        status=402 if error else 200,
        leads_to=[portal.where_next(session)],
        csrf_token=visit.csrf_token,
        flow=flow["type"],
        error=error,
        plan=plan,
        consequence=consequence,
        values=card_form.typed(visit.form),
        back=session["return_url"],
    )


def _plan(visit: Visit, session: Json, features: Json, subscription: Json) -> Json:
    item = subscription["items"]["data"][0]
    living = subscription["status"] not in collection.DEAD
    product = visit.world.store.peek(item["price"]["product"]) or {"name": item["price"]["product"]}
    return {
        "id": subscription["id"],
        "name": product["name"],
        "price": price_text(item["price"], item["quantity"]),
        "state": subscription["status"].replace("_", " "),
        "note": _note(subscription),
        "can_keep": living and subscription["cancel_at_period_end"],
        "can_cancel": living
        and features["subscription_cancel"]["enabled"]
        and not subscription["cancel_at_period_end"],
        "choices": [
            {"id": price["id"], "text": price_text(price)}
            for price in (portal.choices(visit.world, session, subscription) if living else [])
        ],
    }


def _note(subscription: Json) -> str:
    if subscription["ended_at"]:
        return f"ended on {day(subscription['ended_at'])}"
    if subscription["cancel_at"]:
        return f"ends on {day(subscription['cancel_at'])}"
    if subscription["status"] in ("active", "trialing"):
        return f"renews on {day(subscriptions.period_end(subscription))}"
    return ""


def _card_on_file(visit: Visit, customer: str, found: list[Json]) -> Json | None:
    living = [subscription for subscription in found if subscription["status"] not in collection.DEAD]
    return cards.default_of(visit.world, customer, living[-1] if living else None)


def _invoices(visit: Visit, customer: str) -> list[Json]:
    return [
        {
            "url": f"/invoices/{invoice['id']}" if invoice["number"] else None,
            "number": invoice["number"],
            "date": day(invoice["created"]),
            "state": invoice["status"],
            "amount": money(invoice["amount_due"], invoice["currency"]),
        }
        for invoice in reversed(visit.world.store.each("invoice", customer=customer))
    ]
