"""The hosted pages: which function shows which address, and who may send forms to them."""

import functools
import json
import re
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from billing.sandbox.errors import ApiError, SandboxError
from billing.sandbox.messages import Answer, Request
from billing.sandbox.pages import bank, checkout, control, csrf, invoice, portal
from billing.sandbox.pages.bank import Finish
from billing.sandbox.pages.rendering import message, redirect, stylesheet
from billing.sandbox.pages.visit import Visit
from billing.sandbox.store import Json

if TYPE_CHECKING:
    from billing.sandbox.sandbox import Sandbox

_FINISH: dict[str, Finish] = {"checkout": checkout.finish, "portal": portal.finish, "invoice": invoice.finish}
_ID = r"(\w+)"
_PAGES: tuple[tuple[str, str, Callable[..., Answer]], ...] = (
    ("GET POST", rf"/checkout/{_ID}", checkout.show),
    ("GET POST", rf"/bank/{_ID}", functools.partial(bank.show, finish=_FINISH)),
    ("GET POST", rf"/portal/{_ID}", portal.show),
    ("GET POST", rf"/invoices/{_ID}", invoice.show),
    ("GET", rf"/invoices/{_ID}/pdf", invoice.as_pdf),
    ("GET", rf"/receipts/{_ID}", invoice.receipt),
    ("GET", r"/_sandbox/", control.show),
    ("POST", r"/_sandbox/clock", control.move_clock),
    ("POST", r"/_sandbox/chaos", control.set_chaos),
    ("POST", r"/_sandbox/events", control.send_event),
    ("POST", rf"/_sandbox/events/{_ID}", control.resend_event),
    ("POST", rf"/_sandbox/customers/{_ID}", control.act_on_customer),
)
_COMMON_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def answer(sandbox: "Sandbox", request: Request) -> Answer:
    """This function will answer a request for a page, all within one unit of work."""
    if request.path == "/assets/sandbox.css":
        return stylesheet()
    if request.path == "/_sandbox/health":
        return Answer(status=200, body=b"ok\n", headers={"Content-Type": "text/plain"})
    if request.path in ("/", "/_sandbox"):
        return redirect("/_sandbox/")
    cookie = csrf.cookie_of(request)
    known = cookie or csrf.new_cookie()
    headers = dict(_COMMON_HEADERS)
    if cookie is None:
        headers["Set-Cookie"] = csrf.header(known)
    found = _answer(sandbox, request, csrf.token(sandbox.world, known))
    return Answer(status=found.status, body=found.body, headers={**headers, **found.headers})


def _answer(sandbox: "Sandbox", request: Request, token: str) -> Answer:
    if request.path == "/_sandbox/state.json" and request.method == "GET":
        return _state(sandbox)
    for methods, pattern, show in _PAGES:
        match = re.fullmatch(pattern, request.path)
        if match:
            visit = Visit(sandbox=sandbox, request=request, csrf_token=token)
            return _refusal(visit, methods) or _shown(visit, show, match.groups())
    return message("Not found", "There is no such page.", status=404)


def _refusal(visit: Visit, methods: str) -> Answer | None:
    """This function will give the answer to what nobody may send here; None where all is well."""
    if visit.request.method not in methods.split():
        return message("Not allowed", f"{visit.request.method} means nothing here.", status=405)
    if visit.is_sent and not _may_send(visit.sandbox, visit.request):
        return message("Please try again", "The form was too old. Load the page and send it again.", status=403)
    return None


def _shown(visit: Visit, show: Callable[..., Answer], ids: tuple[str, ...]) -> Answer:
    try:
        with visit.world.store.unit():
            return show(visit, *ids)
    except ApiError as error:
        return message("Not found" if error.status == 404 else "Refused", error.message, status=error.status)
    except SandboxError as error:
        return message("Refused", str(error), status=400)


def _may_send(sandbox: "Sandbox", request: Request) -> bool:
    """This function will let our own pages send forms, and at the control page programs that show the key."""
    if request.path.startswith("/_sandbox/") and sandbox.knows_key(request):
        return True
    return csrf.is_own(sandbox.world, request)


def _state(sandbox: "Sandbox") -> Answer:
    """This function will give what the control page shows, for programs."""
    with sandbox.world.store.unit():
        state = {
            "now": sandbox.world.now(),
            "offset": sandbox.world.offset,
            "chaos": {name: getattr(sandbox.chaos, name) for name in type(sandbox.chaos).__slots__},
            "tally": _tally(sandbox.deliveries),
            "refused": _refused(sandbox.deliveries),
            "deliveries": sandbox.deliveries[-500:],
            "requests": [call.as_json() for call in sandbox.calls[-500:]],
        }
    return Answer(status=200, body=json.dumps(state).encode(), headers={"Content-Type": "application/json"})


def _tally(deliveries: list[Json]) -> dict[str, int]:
    """This function will count the deliveries in each state, and the attempts at all of them."""
    return {**Counter(one["state"] for one in deliveries), "attempts": sum(one["attempt"] for one in deliveries)}


def _refused(deliveries: list[Json]) -> list[str]:
    """This function will give the events that were given up because their listener answered with an error."""
    delivered = {one["event"] for one in deliveries if one["state"] == "delivered"}
    failed = {one["event"] for one in deliveries if one["state"] == "failed" and one["status"]}
    return sorted(failed - delivered)
