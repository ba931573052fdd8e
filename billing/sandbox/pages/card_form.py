"""The fields of a card, as a person types them: `number`, `exp`, `cvc` and `name`."""

import re
from datetime import UTC, datetime

from billing.sandbox import cards
from billing.sandbox.checkout import Card

PREFILLED = {"number": "4242 4242 4242 4242", "exp": "12/34", "cvc": "123", "name": ""}


class CardFormError(Exception):
    """What is wrong with the card, in words for its holder."""


def typed(form: dict[str, str]) -> dict[str, str]:
    """This function will give the fields to show again."""
    return {name: form.get(name, usual) for name, usual in PREFILLED.items()}


def read(form: dict[str, str], *, now: int) -> Card:
    """This function will read the card in a form; `now` in seconds since the epoch. Raises CardFormError."""
    number = cards.digits(form.get("number", ""))
    if not cards.is_valid_number(number):
        raise CardFormError("Your card number is incorrect.")
    match = re.fullmatch(r"\s*([0-9]{1,2})\s*/\s*(?:20)?([0-9]{2})\s*", form.get("exp", PREFILLED["exp"]))
    if not match or not 1 <= int(match[1]) <= 12:
        raise CardFormError("Your card's expiration date is not valid: write it as 12/34.")
    month, year = int(match[1]), 2000 + int(match[2])
    today = datetime.fromtimestamp(now, UTC)
    if (year, month) < (today.year, today.month):
        raise CardFormError("Your card's expiration date is in the past.")
    if not re.fullmatch(r"[0-9]{3,4}", form.get("cvc", PREFILLED["cvc"]).strip()):
        raise CardFormError("Your card's security code is not valid: it has three or four digits.")
    return Card(number=number, month=month, year=year, name=form.get("name", "").strip() or None)
