"""What people do at the sandbox's hosted pages, as they do at Stripe's: pay, confirm, cancel."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.core.management import call_command
from playwright.sync_api import Page, expect

from billing import gateway
from billing.models import Entitlement
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.server import Server
from genomics.users.models import Lab

VISA = "4242 4242 4242 4242"
DECLINED = "4000 0000 0000 0002"
ASKS_THE_BANK = "4000 0025 0000 3155"
DECLINED_LATER = "4000 0000 0000 0341"


@contextmanager
def open_shop(*, webhooks: bool = False) -> Iterator[Sandbox]:
    """This function will serve a sandbox where the settings expect Stripe, with what billing needs in it.

    Webhooks that Stripe would send by itself wait for `sandbox.flush()`, unless `webhooks`.
    """
    sandbox = Sandbox(base_url=settings.SANDBOX_ORIGIN, api_key=settings.STRIPE_SECRET_KEY)
    if not webhooks:
        sandbox.courier.start = lambda: None  # type: ignore[method-assign]
    server = Server(sandbox, port=settings.SANDBOX_PORT)
    server.start()
    gateway.configure()  # no connection to the shop of another test is kept
    try:
        call_command("billing_bootstrap", verbosity=0)
        yield sandbox
    finally:
        server.close()


def pay(page: Page, *, card: str = VISA) -> None:
    """This function will fill in the checkout and send it, and confirm at the bank's page if that comes."""
    expect(page.get_by_role("heading", name="Subscribe")).to_be_visible()
    fill_card(page, card)
    page.get_by_role("button", name=re.compile("^(Subscribe|Start trial)$")).click()


def fill_card(page: Page, card: str) -> None:
    page.get_by_label("Card number").fill(card)
    page.get_by_label("Expires").fill("12/34")
    page.get_by_label("CVC").fill("123")


def confirm_at_bank(page: Page, *, answer: str = "Complete") -> None:
    expect(page.get_by_role("heading", name="3-D Secure")).to_be_visible()
    page.get_by_role("button", name=answer).click()


def move_clock(sandbox: Sandbox, lab: Lab, *, by: timedelta) -> None:
    """This function will let time go by for the lab's customer, and nobody tell of what happens meanwhile."""
    sandbox.advance(Entitlement.objects.get(lab=lab).customer_id, by=by)
