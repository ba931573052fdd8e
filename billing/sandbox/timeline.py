"""What happens by itself when time passes: trials end, periods renew, drafts are finalized, payments are retried."""

from billing.sandbox import cards, collection, invoices, lines, subscriptions, switching
from billing.sandbox.collection import DEAD
from billing.sandbox.events import changing, emit
from billing.sandbox.store import Json
from billing.sandbox.world import World


def run(world: World, clock: str | None, until: int) -> None:
    """This function will play what is due up to this moment on a test clock (None: the wall clock), in order."""
    while True:
        moments = [(_due(world, s), s["id"]) for s in world.store.scan("subscription") if s["test_clock"] == clock]
        moments += [(s["expires_at"], s["id"]) for s in _open_sessions(world)] if clock is None else []
        due = sorted((moment, identifier) for moment, identifier in moments if moment is not None and moment <= until)
        if not due:
            return
        moment, identifier = due[0]
        if clock is None:
            with world.at(moment):
                _play(world, identifier)
            continue
        document = world.store.get("test_helpers.test_clock", clock)
        document["frozen_time"] = max(document["frozen_time"], moment)
        _play(world, identifier)


def next_moment(world: World, customer: str) -> int | None:
    """This function will give when something happens by itself to this customer's subscriptions; None if never."""
    moments = [_due(world, s) for s in world.store.scan("subscription") if s["customer"] == customer]
    return min((moment for moment in moments if moment is not None), default=None)


def _open_sessions(world: World) -> list[Json]:
    return [session for session in world.store.scan("checkout.session") if session["status"] == "open"]


def _play(world: World, identifier: str) -> None:
    session = world.store.find("checkout.session", identifier)
    if session:
        session.update(status="expired", url=None)
        emit(world, "checkout.session.expired", session)
        return
    _step(world, world.store.get("subscription", identifier))


def _due(world: World, subscription: Json) -> int | None:
    """This function will give the next moment at which something happens to this subscription."""
    status = subscription["status"]
    if status in DEAD or status == "paused":
        return None
    if status == "incomplete":
        return int(subscription["created"] + world.rules.incomplete_expires_after.total_seconds())
    moments = [subscriptions.period_end(subscription), subscription["cancel_at"]]
    if status == "trialing" and not (world.store.peek(f"private:{subscription['id']}") or {}).get("warned"):
        moments.append(subscription["trial_end"] - int(world.rules.trial_warning.total_seconds()))
    for invoice in world.store.scan("invoice"):
        if invoices.subscription_of(invoice) == subscription["id"] and invoice["auto_advance"]:
            moments += [invoice["automatically_finalizes_at"], invoice["next_payment_attempt"]]
    return min(int(moment) for moment in moments if moment is not None)


def _step(world: World, subscription: Json) -> None:
    """This function will do the one thing that is due now."""
    now = world.now(subscription["customer"])
    if subscription["status"] == "incomplete":
        _expire(world, subscription)
    elif _collect_due_invoice(world, subscription, now):
        return
    elif subscription["cancel_at"] is not None and subscription["cancel_at"] <= now:
        collection.end(world, subscription, reason="cancellation_requested")
    elif subscriptions.period_end(subscription) <= now:
        _end_period(world, subscription)
    else:
        subscriptions.warn_of_trial_end(world, subscription)


def _expire(world: World, subscription: Json) -> None:
    """This function will let a subscription expire whose first payment never came."""
    invoices.void(world, world.store.get("invoice", subscription["latest_invoice"]))
    with changing(world, "customer.subscription.updated", subscription):
        subscription.update(status="incomplete_expired", ended_at=world.now(subscription["customer"]))


def _collect_due_invoice(world: World, subscription: Json, now: int) -> bool:
    """This function will finalize or charge the invoice whose moment has come, and tell whether there was one."""
    for invoice in invoices.of_subscription(world, subscription["id"]):
        if not invoice["auto_advance"]:
            continue
        if invoice["status"] == "draft" and _has_come(invoice["automatically_finalizes_at"], now):
            invoices.finalize(world, invoice)
            collection.collect(world, invoice)
            return True
        if invoice["status"] == "open" and _has_come(invoice["next_payment_attempt"], now):
            collection.collect(world, invoice)
            return True
    return False


def _has_come(moment: int | None, now: int) -> bool:
    return moment is not None and moment <= now


def _end_period(world: World, subscription: Json) -> None:
    if subscription["status"] == "trialing" and _ends_without_card(world, subscription):
        return
    with changing(world, "customer.subscription.updated", subscription):
        switching.next_period(subscription)
        if subscription["status"] == "trialing":
            subscription["status"] = "active"
        if subscription["cancel_at_period_end"]:
            subscription["cancel_at"] = subscriptions.period_end(subscription)
    _bill_period(world, subscription)


def _ends_without_card(world: World, subscription: Json) -> bool:
    """This function will end a trial that nobody can pay for as its settings say, and tell whether it did."""
    behavior = subscription["trial_settings"]["end_behavior"]["missing_payment_method"]
    if behavior == "create_invoice" or cards.default_of(world, subscription["customer"], subscription):
        return False
    if behavior == "cancel":
        collection.end(world, subscription, reason=None)
        return True
    with changing(world, "customer.subscription.updated", subscription):
        subscription["status"] = "paused"
    emit(world, "customer.subscription.paused", subscription)
    return True


def _bill_period(world: World, subscription: Json) -> None:
    """This function will draft the invoice of the period that begins; while unpaid, drafts stay drafts."""
    pending: list[Json] = world.store.private(subscription["id"]).pop("pending_lines", [])
    invoice = invoices.draft(
        world, subscription, reason="subscription_cycle", lines=pending + lines.of_period(world, subscription)
    )
    if subscription["status"] == "unpaid":
        invoice["auto_advance"] = False
        return
    wait = int(world.rules.finalize_after.total_seconds())
    invoice["automatically_finalizes_at"] = world.now(subscription["customer"]) + wait
