"""Subscriptions as the API creates, changes and ends them."""

from typing import Any

from billing.sandbox import cards, catalogue, collection, discounts, invoices, lines, listing, switching
from billing.sandbox.collection import DEAD
from billing.sandbox.errors import ApiError, unsupported
from billing.sandbox.events import changing, emit
from billing.sandbox.forms import Params
from billing.sandbox.ids import new_id
from billing.sandbox.intervals import add_interval
from billing.sandbox.shapes import fresh, listed, merge_metadata, shaped
from billing.sandbox.store import Json
from billing.sandbox.world import World

_DAY = 86400


def create(world: World, params: Params) -> Json:
    """This function will answer POST /v1/subscriptions."""
    customer = params.get("customer")
    if not customer:
        raise ApiError("Missing required param: customer.", code="parameter_missing", param="customer")
    world.store.get("customer", customer, param="customer")
    params.get("off_session"), params.get("proration_behavior")  # nothing depends on them at creation
    return subscribe(world, customer, params)


def subscribe(world: World, customer: str, params: Params, *, authenticated: bool = False) -> Json:
    """This function will start a subscription and ask for its first payment.

    Reads from params: items, trial_period_days or trial_end, default_payment_method, payment_behavior, discounts,
    metadata, description, cancel_at_period_end and settings that are kept as they come.
    """
    subscription = _new(world, customer, params)
    world.store.put("subscription", subscription)
    discounts.grant(world, subscription, params.get("discounts") or [])
    emit(world, "customer.subscription.created", subscription)
    free = subscription["status"] == "trialing"
    invoice = invoices.draft(
        world, subscription, reason="subscription_create", lines=lines.of_period(world, subscription, free=free)
    )
    invoices.finalize(world, invoice)
    _first_payment(world, invoice, params.get("payment_behavior"), authenticated=authenticated)
    if free:
        warn_of_trial_end(world, subscription)
    if params.get("cancel_at_period_end"):
        set_cancel_at_period_end(world, subscription, wanted=True)
    return subscription


def _first_payment(world: World, invoice: Json, behavior: str | None, *, authenticated: bool) -> None:
    if behavior == "default_incomplete" and invoice["amount_due"] > 0:
        return
    outcome = collection.collect(world, invoice, authenticated=authenticated)
    if outcome.kind != "succeeded" and behavior == "error_if_incomplete":
        raise outcome.refusal(keeps=False)


def _new(world: World, customer: str, params: Params) -> Json:
    now = world.now(customer)
    trial_end = _trial_end(params, now)
    sent = params.get("items")
    if not sent:
        raise ApiError("Missing required param: items.", code="parameter_missing", param="items")
    method = params.get("default_payment_method")
    subscription = fresh(
        world,
        "subscription",
        "sub",
        customer=customer,
        automatic_tax={"disabled_reason": None, "enabled": False, "liability": None},
        billing_cycle_anchor=trial_end or now,
        billing_mode={"type": "flexible", "flexible": {"proration_discounts": "included"}, "updated_at": now},
        billing_schedules=[],
        cancel_at_period_end=False,
        cancellation_details={"comment": None, "feedback": None, "reason": None},
        collection_method=params.get("collection_method", "charge_automatically"),
        default_payment_method=cards.find(world, method, param="default_payment_method")["id"] if method else None,
        default_tax_rates=[],
        description=params.get("description"),
        discounts=[],
        invoice_settings={"account_tax_ids": None, "issuer": {"type": "self"}},
        payment_settings=_payment_settings(params.get("payment_settings")),
        start_date=now,
        status="trialing" if trial_end else "incomplete",
        test_clock=world.clock_of(customer),
        trial_end=trial_end,
        trial_start=now if trial_end else None,
        trial_settings=params.get("trial_settings") or {"end_behavior": {"missing_payment_method": "create_invoice"}},
    )
    if subscription["collection_method"] != "charge_automatically":
        raise unsupported("collection_method=send_invoice")
    items = [_item(world, subscription, entry, index) for index, entry in enumerate(sent)]
    subscription["items"] = listed(items, f"/v1/subscription_items?subscription={subscription['id']}")
    subscription["currency"] = items[0]["price"]["currency"]
    merge_metadata(subscription, params.get("metadata"))
    return subscription


def _trial_end(params: Params, now: int) -> int | None:
    """This function will give when the trial ends; None without one."""
    days, end = params.get("trial_period_days"), params.get("trial_end")
    if days and end:
        raise ApiError("You cannot set both trial_end and trial_period_days.", param="trial_end")
    if days:
        return now + int(days) * _DAY
    if isinstance(end, int):
        if end <= now:
            raise ApiError("Timestamp must be in the future.", param="trial_end")
        return end
    return None


def _payment_settings(sent: Any) -> Json:
    usual = {
        "payment_method_options": None,
        "payment_method_types": None,
        "save_default_payment_method": "off",
    }
    return usual | (sent or {})


def _item(world: World, subscription: Json, sent: Json, index: int) -> Json:
    if "price" not in sent:
        raise unsupported(f"items[{index}] without price")
    price = catalogue.recurring_price(world, sent["price"], param=f"items[{index}][price]")
    recurring, now = price["recurring"], subscription["start_date"]
    end = subscription["trial_end"] or add_interval(now, recurring["interval"], recurring["interval_count"])
    return shaped(
        "subscription_item",
        id=new_id("si"),
        created=now,
        current_period_start=now,
        current_period_end=end,
        discounts=[],
        metadata=sent.get("metadata") or {},
        plan=catalogue.plan_of(price),
        price=price,
        quantity=sent.get("quantity", 1),
        subscription=subscription["id"],
        tax_rates=[],
    )


def warn_of_trial_end(world: World, subscription: Json) -> None:
    """This function will say once that a trial is about to end."""
    secret = world.store.private(subscription["id"])
    warn_at = subscription["trial_end"] - int(world.rules.trial_warning.total_seconds())
    if not secret.get("warned") and world.now(subscription["customer"]) >= warn_at:
        secret["warned"] = True
        emit(world, "customer.subscription.trial_will_end", subscription)


def period_end(subscription: Json) -> int:
    """This function will give the end of what is paid for, in seconds since the epoch."""
    return min(int(item["current_period_end"]) for item in subscription["items"]["data"])


def modify(world: World, params: Params, identifier: str) -> Json:
    """This function will answer POST /v1/subscriptions/{id}."""
    subscription = world.store.get("subscription", identifier)
    if subscription["status"] in DEAD and set(params) - {"cancellation_details", "metadata"}:
        raise ApiError("A canceled subscription can only update its cancellation_details and metadata.")
    with changing(world, "customer.subscription.updated", subscription):
        merge_metadata(subscription, params.get("metadata"))
        subscription["cancellation_details"].update(params.get("cancellation_details") or {})
        subscription.update(params.take("description", "trial_settings"))
        subscription["payment_settings"].update(params.get("payment_settings") or {})
        if "default_payment_method" in params:
            method = params["default_payment_method"]
            subscription["default_payment_method"] = _own_card(world, subscription, method) if method else None
        if "discounts" in params:
            subscription["discounts"] = []
            discounts.grant(world, subscription, params["discounts"] or [])
        _change_cancellation(world, subscription, params)
    if "items" in params or "trial_end" in params:
        switching.switch(world, subscription, params)
    return subscription


def _own_card(world: World, subscription: Json, identifier: str) -> str:
    method = cards.find(world, identifier, param="default_payment_method")
    if method["customer"] != subscription["customer"]:
        raise ApiError(
            f"The customer does not have a payment method with the ID {identifier}. "
            "The payment method must be attached to the customer.",
            code="resource_missing",
            param="default_payment_method",
        )
    own: str = method["id"]
    return own


def _change_cancellation(world: World, subscription: Json, params: Params) -> None:
    now = world.now(subscription["customer"])
    if "cancel_at_period_end" in params:
        _mark(subscription, now, wanted=params["cancel_at_period_end"])
    if "cancel_at" in params:
        moment = params["cancel_at"] or None
        if isinstance(moment, str):
            raise unsupported(f"cancel_at={moment}")
        if moment is not None and moment <= now:
            raise ApiError("`cancel_at` must be in the future.", param="cancel_at")
        subscription.update(cancel_at=moment, canceled_at=now if moment else None, cancel_at_period_end=False)


def set_cancel_at_period_end(world: World, subscription: Json, *, wanted: bool) -> None:
    """This function will let the subscription end with its period, or go on after all."""
    with changing(world, "customer.subscription.updated", subscription):
        _mark(subscription, world.now(subscription["customer"]), wanted=wanted)


def _mark(subscription: Json, now: int, *, wanted: bool) -> None:
    if subscription["cancel_at_period_end"] == wanted:
        return
    subscription.update(
        cancel_at_period_end=wanted,
        cancel_at=period_end(subscription) if wanted else None,
        canceled_at=now if wanted else None,
    )
    subscription["cancellation_details"]["reason"] = "cancellation_requested" if wanted else None


def cancel(world: World, params: Params, identifier: str) -> Json:
    """This function will answer DELETE /v1/subscriptions/{id}."""
    subscription = world.store.get("subscription", identifier)
    if subscription["status"] in DEAD:
        raise ApiError(f"No such subscription: '{identifier}'", status=404, code="resource_missing", param="id")
    for option in ("invoice_now", "prorate"):
        if params.get(option):
            raise unsupported(option)
    subscription["cancellation_details"].update(params.get("cancellation_details") or {})
    collection.end(world, subscription, reason="cancellation_requested")
    return subscription


def resume(world: World, params: Params, identifier: str) -> Json:
    """This function will let a subscription that paused at its trial's end go on, for money."""
    subscription = world.store.get("subscription", identifier)
    if subscription["status"] != "paused":
        raise ApiError("The subscription cannot be resumed because it is not paused.")
    params.get("billing_cycle_anchor"), params.get("proration_behavior")  # always from now on
    with changing(world, "customer.subscription.updated", subscription):
        subscription["status"] = "active"
    switching.restart_period(subscription, world.now(subscription["customer"]))
    emit(world, "customer.subscription.resumed", subscription)
    invoice = invoices.draft(
        world, subscription, reason="subscription_cycle", lines=lines.of_period(world, subscription)
    )
    invoices.finalize(world, invoice)
    collection.collect(world, invoice)
    return subscription


def retrieve(world: World, _params: Params, identifier: str) -> Json:
    return world.store.get("subscription", identifier)


def list_all(world: World, params: Params) -> Json:
    found = listing.matching(world.store.scan("subscription"), params, "customer", "collection_method", "test_clock")
    status, price = params.get("status"), params.get("price")
    return listing.page(
        [
            subscription
            for subscription in found
            if _has_status(subscription, status)
            and (price is None or any(item["price"]["id"] == price for item in subscription["items"]["data"]))
        ],
        "/v1/subscriptions",
        params,
    )


def _has_status(subscription: Json, wanted: str | None) -> bool:
    if wanted == "all":
        return True
    if wanted == "ended":
        return subscription["status"] in DEAD
    return subscription["status"] == wanted if wanted else subscription["status"] not in DEAD


def list_items(world: World, params: Params) -> Json:
    items: list[Json] = world.store.get("subscription", params["subscription"], param="subscription")["items"]["data"]
    return listing.page(list(reversed(items)), "/v1/subscription_items", params)


def retrieve_item(world: World, _params: Params, identifier: str) -> Json:
    for subscription in world.store.scan("subscription"):
        for item in subscription["items"]["data"]:
            if item["id"] == identifier:
                found: Json = item
                return found
    return world.store.get("subscription_item", identifier)
