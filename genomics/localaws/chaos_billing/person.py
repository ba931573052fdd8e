"""Somebody of a lab in a browser: on the product's pages and, where those lead, on Stripe's.

A person whose page does not come presses again; the tries are counted.
"""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin

import requests

from genomics.localaws.demo.browser import Browser
from genomics.localaws.demo.forms import Page

VISA = "4242424242424242"
DECLINED = "4000000000000002"
FAILS_LATER = "4000000000000341"  # is taken, and declined when it is charged
ASKS_ONCE = "4000002500003155"
ASKS_ALWAYS = "4000002760003184"

_TIMEOUT_SECONDS = 60
_PATIENCE_SECONDS = 150.0
_PAUSE_SECONDS = 0.5


class PersonGaveUpError(Exception):
    """The site did not let somebody do what it offers, for minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What came of one request."""

    page: Page
    status: int
    leads_to: str  # absolute; empty: nowhere


class Person(Browser):
    """One person of one lab."""

    def __init__(self, origin: str, *, lab_id: uuid.UUID, stripe_origin: str) -> None:
        super().__init__(origin)
        self.tries = 0  # in vain
        self._lab_id = lab_id
        self._stripe_origin = stripe_origin

    def twin(self) -> "Person":
        """This function will give the same person in a second tab."""
        other = Person(self.origin, lab_id=self._lab_id, stripe_origin=self._stripe_origin)
        other._session.cookies.update(self._session.cookies)
        return other

    def choose_plan(self, price: str) -> str:
        """This function will send the upgrade page's form until it leads to Stripe, and give the address there."""
        return self._insist(self._page("upgrade/"), self._page("subscribe/"), price=price)

    def open_portal(self, door: str = "start") -> str:
        """This function will give the address of the lab's portal at Stripe."""
        return self._insist(self._page(), self._page(f"portal/{door}/"))

    def keep(self) -> None:
        """This function will press once what takes a cancellation back on the lab's own page, whatever comes of it."""
        self._post(self._page(), self._page("keep/"))

    def come_back(self, url: str) -> None:
        """This function will go where Stripe leads when all is done; whether the page comes matters to nobody."""
        self.send("GET", url)

    def pay(self, url: str, *button: str, card: str) -> str:
        """This function will give a card on one of Stripe's pages, and what the bank asks; it gives where that leads.

        Empty: the card was declined, or the page is over.
        """
        leads_to = self.submit(url, *button, number=card)
        return self.submit(leads_to, "Complete") if "/bank/" in leads_to else leads_to

    def submit(self, url: str, *button: str, **typed: str) -> str:
        """This function will open one of Stripe's pages, fill in a form, and press its button, known by how it begins.

        It gives where that leads. Empty: nowhere, or there is no such button.
        """
        seen = self.send("GET", url)
        try:
            words = seen.page.button(*button)
        except LookupError:
            return ""
        form = seen.page.form(words)
        return self.send("POST", form.action, {**form.fields, **typed, **form.buttons[words]}).leads_to

    def send(self, method: str, url: str, form: Mapping[str, str] | None = None) -> Seen:
        """This function will send one request, again while nobody answers or the site fails."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                answer = self._session.request(
                    method, self.url(url), data=form, timeout=_TIMEOUT_SECONDS, allow_redirects=False
                )
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
                said = str(error)
            else:
                if answer.status_code < requests.codes.server_error:
                    return _seen(answer)
                said = f"{answer.status_code}"
            self._wait(end, what=f"{method} {url}: {said}")

    def _insist(self, page: str, path: str, **typed: str) -> str:
        """This function will send a form of a page, again until it leads to Stripe, and give the address there."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while True:
            answer = self._post(page, path, **typed)
            if answer.leads_to.startswith(self._stripe_origin):
                return answer.leads_to
            self._wait(end, what=f"{path} leads to {answer.leads_to or answer.status}")

    def _post(self, page: str, path: str, **typed: str) -> Seen:
        """This function will open a page and send to `path` what its form would, even if the page is an older one.

        What the lab can do is Stripe's to say: the page may not have heard of it yet.
        """
        self.send("GET", page)
        return self.send("POST", path, {"csrfmiddlewaretoken": self._csrf_token, **typed})

    def _page(self, name: str = "") -> str:
        return f"/billing/{self._lab_id}/{name}"

    def _wait(self, end: float, *, what: str) -> None:
        self.tries += 1
        if time.monotonic() > end:
            raise PersonGaveUpError(what)
        time.sleep(_PAUSE_SECONDS)


def _seen(answer: requests.Response) -> Seen:
    leads_to = urljoin(answer.url, answer.headers.get("Location", "")) if answer.is_redirect else ""
    return Seen(page=Page(url=answer.url, html=answer.text), status=answer.status_code, leads_to=leads_to)
