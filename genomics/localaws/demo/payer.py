"""The person who pays: subscribes a lab through the pages of the site and of Stripe's sandbox, and cancels."""

import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin

import requests
from django.conf import settings

from billing.models import Entitlement
from genomics.localaws.demo.browser import Browser
from genomics.localaws.demo.forms import Page

_CARD = "4000 0025 0000 3155"  # its bank asks for 3-D Secure
_TIMEOUT_SECONDS = 60


class Payer:
    """An owner of one lab, signed in."""

    def __init__(self, browser: Browser, lab: uuid.UUID) -> None:
        self._browser = browser
        self._lab = lab

    def promise(self) -> str:
        """This function will give what the upgrade page says that the lab gets back."""
        return self._upgrade_page().section("promise-title").partition(" How fast")[0]

    def subscribe(self) -> None:
        """This function will pay at the checkout, pass the bank and close the window: Stripe tells the site."""
        checkout = self._browser.press(self._upgrade_page(), "Go to payment")
        bank = self._browser.press(checkout, "Subscribe", number=_CARD, exp="12/34", cvc="123", name="A. Person")
        self._browser.press_and_leave(bank, "Complete")

    def progress(self) -> str:
        """This function will give what the upgrade page says about what has come back; empty: nothing yet."""
        return self._upgrade_page().section("returning-title")

    def cancel(self) -> str:
        """This function will cancel in the portal, and give what the billing page says then."""
        portal = self._browser.press(self._billing_page(), "Cancel Premium")
        self._browser.look(self._browser.press(portal, "Cancel plan").link("← Return"))
        return self.state()

    def state(self) -> str:
        """This function will give what the billing page says about the plan."""
        return self._billing_page().section("plan-title")

    def move_time(self, by: timedelta) -> None:
        """This function will move the lab's time at Stripe, by its test clock. Raises requests.HTTPError."""
        customer = self._ask("GET", f"customers/{Entitlement.objects.get(pk=self._lab).customer_id}")
        clock = self._ask("GET", f"test_helpers/test_clocks/{customer['test_clock']}")
        target = int(clock["frozen_time"] + by.total_seconds())
        self._ask("POST", f"test_helpers/test_clocks/{clock['id']}/advance", frozen_time=target)

    def _ask(self, method: str, path: str, **fields: int) -> dict[str, Any]:
        answer = requests.request(
            method,
            urljoin(settings.STRIPE_API_HOST, f"/v1/{path}"),
            data=fields,
            headers={"Authorization": f"Bearer {settings.STRIPE_SECRET_KEY}"},
            timeout=_TIMEOUT_SECONDS,
        )
        answer.raise_for_status()
        content: dict[str, Any] = answer.json()
        return content

    def _upgrade_page(self) -> Page:
        return self._browser.look(f"/billing/{self._lab}/upgrade/")

    def _billing_page(self) -> Page:
        return self._browser.look(f"/billing/{self._lab}/")
