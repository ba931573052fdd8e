"""Another price or quantity in the middle of a period, with what is given back and what is asked for."""

from billing.sandbox import catalogue, collection, invoices, lines
from billing.sandbox.errors import ApiError, unsupported
from billing.sandbox.events import changing
from billing.sandbox.forms import Params
from billing.sandbox.intervals import add_interval
from billing.sandbox.store import Json, copied
from billing.sandbox.world import World


def switch(world: World, subscription: Json, params: Params) -> None:
    """This function will change the items of a subscription, as `POST /v1/subscriptions/{id}` asks.

    Another interval starts a new period now and is paid at once; the same interval changes the next invoice, or is
    paid at once with proration_behavior=always_invoice. A trial goes on, free.
    """
    behavior = params.get("proration_behavior", "create_prorations")
    now = world.now(subscription["customer"])
    with changing(world, "customer.subscription.updated", subscription):
        prorations, restarted = _apply(world, subscription, params.get("items") or [], now, behavior=behavior)
        if "trial_end" in params:
            restarted = _change_trial(subscription, params["trial_end"], now) or restarted
    if restarted:
        _invoice(world, subscription, prorations + lines.of_period(world, subscription), params)
    elif behavior == "always_invoice" and prorations:
        _invoice(world, subscription, prorations, params)
    else:
        pending: list[Json] = world.store.private(subscription["id"]).setdefault("pending_lines", [])
        pending.extend(prorations)


def _apply(world: World, subscription: Json, sent: list[Json], now: int, *, behavior: str) -> tuple[list[Json], bool]:
    """This function will change the items, and give the proration lines and whether a new period starts."""
    prorations: list[Json] = []
    restarted = False
    paid = subscription["status"] in ("active", "past_due")
    for index, wanted in enumerate(sent):
        item = _item_of(subscription, wanted, index)
        old = copied(item)
        _change(world, item, wanted, index)
        another = item["price"]["recurring"] != old["price"]["recurring"] and paid
        restarted = restarted or another
        if paid and behavior != "none" and _cost(old) != _cost(item):
            prorations += lines.for_switch(world, subscription, item, old, now=now, charge_new=not another)
    if restarted:
        restart_period(subscription, now)
    return prorations, restarted


def _item_of(subscription: Json, wanted: Json, index: int) -> Json:
    if wanted.get("deleted"):
        raise unsupported(f"items[{index}][deleted]")
    items: list[Json] = subscription["items"]["data"]
    for item in items:
        if item["id"] == wanted.get("id"):
            return item
    if "id" in wanted:
        raise ApiError(f"No such subscription item: '{wanted['id']}'", code="resource_missing", param=f"items[{index}]")
    raise unsupported(f"items[{index}] without id, which adds an item")


def _change(world: World, item: Json, wanted: Json, index: int) -> None:
    if "price" in wanted:
        price = catalogue.recurring_price(world, wanted["price"], param=f"items[{index}][price]")
        item.update(price=price, plan=catalogue.plan_of(price))
    item["quantity"] = wanted.get("quantity", item["quantity"])
    item["metadata"] = wanted.get("metadata") or item["metadata"]


def _cost(item: Json) -> tuple[str, int]:
    return item["price"]["id"], item["quantity"]


def restart_period(subscription: Json, now: int) -> None:
    """This function will start a new period now, which sets the day of later ones."""
    subscription["billing_cycle_anchor"] = now
    for item in subscription["items"]["data"]:
        recurring = item["price"]["recurring"]
        item["current_period_start"] = now
        item["current_period_end"] = add_interval(now, recurring["interval"], recurring["interval_count"])
    if subscription["cancel_at_period_end"]:
        subscription["cancel_at"] = min(item["current_period_end"] for item in subscription["items"]["data"])


def _change_trial(subscription: Json, wanted: int | str, now: int) -> bool:
    """This function will move a trial's end, and tell whether it is over and payment starts."""
    if subscription["status"] != "trialing":
        raise unsupported("trial_end of a subscription that is not trialing")
    if wanted == "now":
        subscription.update(trial_end=now, status="active")
        restart_period(subscription, now)
        return True
    subscription.update(trial_end=wanted, billing_cycle_anchor=wanted)
    for item in subscription["items"]["data"]:
        item["current_period_end"] = wanted
    return False


def _invoice(world: World, subscription: Json, charged: list[Json], params: Params) -> None:
    invoice = invoices.draft(world, subscription, reason="subscription_update", lines=charged)
    invoices.finalize(world, invoice)
    behavior = params.get("payment_behavior", "allow_incomplete")
    if behavior in ("pending_if_incomplete", "default_incomplete"):
        raise unsupported(f"payment_behavior={behavior} when a price changes")
    outcome = collection.collect(world, invoice)
    if outcome.kind != "succeeded" and behavior == "error_if_incomplete":
        raise outcome.refusal(keeps=False)


def preview(world: World, params: Params) -> Json:
    """This function will give the next invoice, or the one that a change would cause; nothing is kept."""
    subscription = copied(world.store.get("subscription", params.get("subscription"), param="subscription"))
    if "customer" in params and params["customer"] != subscription["customer"]:
        raise ApiError("The subscription does not belong to this customer.", param="subscription")
    details = Params(params.get("subscription_details") or {})
    now = details.get("proration_date", world.now(subscription["customer"]))
    if subscription["cancel_at_period_end"] or subscription["status"] in collection.DEAD:
        raise ApiError("No upcoming invoices for customer", status=404, code="invoice_upcoming_none")
    behavior = details.get("proration_behavior", "create_prorations")
    prorations, restarted = _apply(world, subscription, details.get("items") or [], now, behavior=behavior)
    if not restarted and behavior != "always_invoice":
        now = min(item["current_period_end"] for item in subscription["items"]["data"])
        next_period(subscription)
    pending = list(world.store.private(subscription["id"]).get("pending_lines", []))
    charged = [] if behavior == "always_invoice" and not restarted else lines.of_period(world, subscription)
    with world.at(now):
        invoice = invoices.draft(
            world, subscription, reason="upcoming", lines=pending + prorations + charged, keep=False
        )
    invoice.update(id="upcoming_" + invoice["id"], next_payment_attempt=now, period_end=now, created=now)
    for line in invoice["lines"]["data"]:
        line["invoice"] = invoice["id"]
    return invoice


def next_period(subscription: Json) -> None:
    """This function will let the period after the current one begin."""
    for item in subscription["items"]["data"]:
        recurring = item["price"]["recurring"]
        start = item["current_period_end"]
        item["current_period_start"] = start
        item["current_period_end"] = add_interval(
            start, recurring["interval"], recurring["interval_count"], anchor=subscription["billing_cycle_anchor"]
        )
