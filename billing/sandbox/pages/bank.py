"""The bank's page: 3-D Secure, as a step between a form and what it does.

The form field `answer` is `complete` or `fail`.
"""

import dataclasses
from collections.abc import Callable

from billing.sandbox import cards
from billing.sandbox.checkout import Card
from billing.sandbox.ids import new_id
from billing.sandbox.messages import Answer
from billing.sandbox.pages.rendering import message, page, redirect
from billing.sandbox.pages.visit import Visit
from billing.sandbox.store import Json
from billing.sandbox.world import ACCOUNT_NAME

FAILED = "We are unable to authenticate your payment method. Please choose a different payment method and try again."
# Goes on with what waits for the bank: (visit, id of its object, card) -> answer.
Finish = Callable[[Visit, str, Card | None], Answer]


def ask(
    visit: Visit,
    *,
    purpose: str,
    target: str,
    back: str,
    card: Card | None,
    last4: str,
    amount: str = "",
    leads_to: str | None = None,
) -> Answer:
    """This function will send the person to the bank, and `back` if that fails. card: None: the one on file."""
    challenge: Json = {
        "id": new_id("bank"),
        "at": visit.world.now(),
        "purpose": purpose,
        "target": target,
        "back": back,
        "card": dataclasses.asdict(card) if card else None,
        "last4": last4,
        "amount": amount,
        "leads_to": leads_to,
    }
    visit.world.store.put("challenge", challenge)
    return redirect(f"/bank/{challenge['id']}")


def show(visit: Visit, identifier: str, *, finish: dict[str, Finish]) -> Answer:
    """This function will show the bank's question, and do what follows its answer."""
    challenge = visit.world.store.find("challenge", identifier)
    if challenge is None:
        return message("3-D Secure", "This question was answered already.", status=404)
    answer = visit.form.get("answer")
    if answer not in ("complete", "fail"):
        return page(
            "bank.html",
            title="3-D Secure",
            csrf_token=visit.csrf_token,
            last4=challenge["last4"],
            amount=challenge["amount"],
            merchant=ACCOUNT_NAME,
            leads_to=[challenge["leads_to"]],
        )
    visit.world.store.drop(identifier)
    if answer == "fail":
        return redirect(f"{challenge['back']}?failed=authentication")
    card = Card(**challenge["card"]) if challenge["card"] else None
    return finish[challenge["purpose"]](visit, challenge["target"], card)


def failure(visit: Visit) -> str:
    """This function will give what to tell a person who comes back without the bank's consent; empty otherwise."""
    return FAILED if visit.request.query == "failed=authentication" and not visit.is_sent else ""


def last4(card: Card) -> str:
    return cards.digits(card.number)[-4:]
