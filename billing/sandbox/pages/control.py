"""The control page, `/_sandbox/`: move the clock, fail a card, refund, delete, chaos, deliveries, requests.

A program may send the same forms with its test key instead of `csrf_token`.
"""

import dataclasses
from collections.abc import Callable
from datetime import timedelta

from billing.sandbox import cards, timeline
from billing.sandbox.api import Call
from billing.sandbox.chaos import Chaos
from billing.sandbox.collection import DEAD
from billing.sandbox.errors import ApiError, SandboxError
from billing.sandbox.intervals import add_interval
from billing.sandbox.messages import Answer
from billing.sandbox.pages.csrf import FIELD
from billing.sandbox.pages.rendering import card_text, day, minute, page, redirect
from billing.sandbox.pages.visit import Visit
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.store import Json

_HOME = "/_sandbox/"
_SHOWN = 40


def show(visit: Visit) -> Answer:
    return _page(visit)


def move_clock(visit: Visit) -> Answer:
    """This function will move the wall clock; form field `by`: `hour`, `day`, `month` or `next`."""
    now = visit.world.now()
    upcoming = [
        timeline.next_moment(visit.world, c["id"]) for c in visit.sandbox.objects("customer") if not c["test_clock"]
    ]
    moments = {
        "hour": now + 3600,
        "day": now + 86400,
        "month": add_interval(now, "month", 1),
        "next": max(now, min((moment for moment in upcoming if moment is not None), default=now)),
    }
    by = visit.form.get("by", "")
    if by not in moments:
        return _page(visit, error="The clock moves by hour, day, month or next.")
    visit.sandbox.advance(to=moments[by])
    return redirect(_HOME)


def act_on_customer(visit: Visit, customer: str) -> Answer:
    """This function will do what `action` says: `renew`, `fail_card`, `mend_card`, `refund`, `cancel` or `delete`."""
    visit.world.store.get("customer", customer)
    sandbox = visit.sandbox
    actions: dict[str, Callable[[str], object]] = {
        "renew": sandbox.renew,
        "fail_card": sandbox.fail_card,
        "mend_card": sandbox.mend_card,
        "refund": sandbox.refund,
        "cancel": lambda owner: _cancel_all(sandbox, owner),
        "delete": sandbox.delete_customer,
    }
    action = visit.form.get("action", "")
    if action not in actions:
        return _page(visit, error="There is no such action.")
    try:
        actions[action](customer)
    except (SandboxError, ApiError) as error:
        return _page(visit, error=str(error))
    return redirect(_HOME)


def _cancel_all(sandbox: Sandbox, customer: str) -> None:
    for subscription in sandbox.objects("subscription"):
        if subscription["customer"] == customer and subscription["status"] not in DEAD:
            sandbox.cancel(subscription["id"])


def set_chaos(visit: Visit) -> Answer:
    """This function will set the switches of chaos.py that are sent, by their names; others stay as they are."""
    try:
        visit.sandbox.set_chaos(**{name: value for name, value in visit.form.items() if name != FIELD})
    except SandboxError as error:
        return _page(visit, error=str(error))
    return redirect(_HOME)


def resend_event(visit: Visit, event: str) -> Answer:
    visit.sandbox.resend(event)
    return redirect(_HOME)


def send_event(visit: Visit) -> Answer:
    """This function will send an event; form fields: `type`, and `object`: the id of what it is about."""
    document = visit.world.store.peek(visit.form.get("object", ""))
    if document is None or "object" not in document:
        return _page(visit, error="There is no such object.")
    visit.sandbox.emit(visit.form.get("type", ""), document)
    return redirect(_HOME)


def _page(visit: Visit, *, error: str = "") -> Answer:
    sandbox, ahead = visit.sandbox, visit.world.offset
    return page(
        "control.html",
        title="Control",
        status=400 if error else 200,
        wide=True,
        csrf_token=visit.csrf_token,
        error=error,
        now=minute(visit.world.now()),
        ahead=str(timedelta(seconds=ahead)) if ahead else "",
        customers=[_customer(visit, customer) for customer in reversed(sandbox.objects("customer"))],
        switches=[_switch(sandbox.chaos, field) for field in dataclasses.fields(Chaos)],
        deliveries=[_delivery(delivery) for delivery in reversed(sandbox.deliveries[-_SHOWN:])],
        calls=[_call(call) for call in reversed(sandbox.calls[-_SHOWN:])],
    )


def _customer(visit: Visit, customer: Json) -> Json:
    found = [s for s in visit.sandbox.objects("subscription") if s["customer"] == customer["id"]]
    living = [subscription for subscription in found if subscription["status"] not in DEAD]
    moment = timeline.next_moment(visit.world, customer["id"])
    card = cards.default_of(visit.world, customer["id"], living[-1] if living else None)
    failing = visit.sandbox.is_card_failing(customer["id"])
    return {
        "id": customer["id"],
        "email": customer["email"],
        "plans": [s["status"] + (" (ends)" if s["cancel_at"] else "") for s in found],
        "next": day(moment) if moment else "",
        "card": (card_text(card) or "none") + (" (fails)" if failing else ""),
        "failing": failing,
        "renews": bool(living),
    }


def _switch(chaos: Chaos, field: "dataclasses.Field[object]") -> Json:
    return {
        "name": field.name,
        "value": getattr(chaos, field.name),
        "is_flag": field.type is bool,
        "highest": 60 if field.name.endswith("_seconds") else 1,
    }


def _delivery(delivery: Json) -> Json:
    answer = "" if delivery["status"] is None else delivery["status"] or "none"
    return delivery | {"answer": answer, "at": minute(delivery["at"]) if delivery["at"] else ""}


def _call(call: Call) -> Json:
    problems = [problem.message for problem in (*call.problems, *call.answer_problems)]
    return {
        "method": call.method,
        "path": call.path,
        "status": call.status,
        "replayed": call.replayed,
        "key": call.idempotency_key,
        "problem": problems[0] if problems else "",
        "at": minute(call.at),
    }
