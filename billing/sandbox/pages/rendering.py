"""Pages from templates, and the headers that keep them harmless."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jinja2

from billing.sandbox.messages import Answer
from billing.sandbox.store import Json

_HERE = Path(__file__).parent
_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_STYLE = (_HERE / "assets.css").read_bytes()
_ZERO_DECIMAL = frozenset({"bif", "clp", "jpy", "krw", "pyg", "ugx", "vnd", "xaf", "xof"})


def page(template: str, *, status: int = 200, leads_to: Iterable[str | None] = (), **values: Any) -> Answer:
    """This function will make a page; leads_to: addresses elsewhere to which its forms may redirect (form-action)."""
    text = _TEMPLATES.get_template(template).render({"wide": False, **values})
    origins = sorted({_origin(url) for url in leads_to if url})
    targets = " ".join(["'self'", *origins])
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": (
            "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'; "
            f"form-action {targets}"
        ),
    }
    return Answer(status=status, body=text.encode(), headers=headers)


def message(title: str, text: str, *, status: int = 200, link: str | None = None, link_text: str = "Back") -> Answer:
    """This function will give a page that only says something."""
    return page("message.html", status=status, title=title, text=text, link=link, link_text=link_text)


def redirect(url: str) -> Answer:
    return Answer(status=303, body=b"", headers={"Location": url})


def stylesheet() -> Answer:
    headers = {"Content-Type": "text/css; charset=utf-8", "Cache-Control": "max-age=300"}
    return Answer(status=200, body=_STYLE, headers=headers)


def money(amount: int, currency: str) -> str:
    """This function will give an amount in the currency's smallest unit, for people: `99.00 USD`."""
    if currency in _ZERO_DECIMAL:
        return f"{amount:,} {currency.upper()}"
    return f"{amount / 100:,.2f} {currency.upper()}"


def day(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%-d %B %Y}"


def minute(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M:%S} UTC"


def price_text(price: Json, quantity: int = 1) -> str:
    """This function will give what a price costs: `99.00 USD / month`."""
    recurring = price["recurring"]
    count = recurring["interval_count"]
    every = recurring["interval"] if count == 1 else f"{count} {recurring['interval']}s"
    return f"{money(price['unit_amount'] * quantity, price['currency'])} / {every}"


def card_text(method: Json | None) -> str:
    """This function will give a card for people: `Visa ending in 4242`; empty without one."""
    return f"{method['card']['brand'].title()} ending in {method['card']['last4']}" if method else ""


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
