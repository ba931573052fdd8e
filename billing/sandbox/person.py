"""A person at the hosted pages, for tests: pays, changes a card, cancels, without a browser."""

from typing import TYPE_CHECKING

from billing.sandbox import cards, checkout, collection, portal
from billing.sandbox.cards import Outcome
from billing.sandbox.checkout import Card
from billing.sandbox.errors import SandboxError
from billing.sandbox.store import Json

if TYPE_CHECKING:
    from billing.sandbox.sandbox import Sandbox


class PaymentRefusedError(SandboxError):
    """The page says no, in these words."""


class Person:
    """Does in one call what takes a form and, for some cards, the bank's page.

    `authenticate`: whether the person passes 3-D Secure where the bank asks for it.
    """

    def __init__(self, sandbox: "Sandbox") -> None:
        self._sandbox = sandbox

    def pay(self, session: str, *, card: str | None = cards.VISA, authenticate: bool = True) -> str:
        """Pay a checkout session (its id or URL); where the page leads to then. Raises PaymentRefusedError.

        card: None submits no card, where the session does not ask for one.
        """
        world = self._sandbox.world
        with world.store.unit():
            document = world.store.get("checkout.session", _last(session))
            if document["status"] == "expired":
                raise PaymentRefusedError("This checkout session has expired.")
            typed = Card(number=card) if card else None
            payment = checkout.pay(world, document, typed)
            if payment.kind == "requires_action" and authenticate:
                payment = checkout.pay(world, document, typed, authenticated=True)
            if payment.kind != "complete":
                raise PaymentRefusedError(payment.message or "The bank could not authenticate the payment.")
            return checkout.success_url(document)

    def portal(self, session: str) -> "Visit":
        """Open a portal session (its id or URL)."""
        return Visit(self._sandbox, _last(session))

    def pay_invoice(self, invoice: str, *, card: str | None = None, authenticate: bool = True) -> None:
        """Pay an open invoice (its id or hosted URL) with another card, or with the one on file."""
        world = self._sandbox.world
        refusal = None
        with world.store.unit():
            document = world.store.get("invoice", _last(invoice))
            if document["status"] != "open":
                raise PaymentRefusedError(f"This invoice is {document['status']}.")
            method = cards.make(world, card) if card else None
            if method:
                cards.attach_to(world, method, document["customer"])
            outcome = collection.collect(world, document, method=method)
            if outcome.kind == "requires_action" and authenticate:
                outcome = collection.collect(world, document, method=method, authenticated=True)
            if outcome.kind != "succeeded":
                refusal = PaymentRefusedError(outcome.message)
        if refusal:
            raise refusal


class Visit:
    """A visit to the customer portal. Without `subscription`, the customer's newest living one is meant."""

    def __init__(self, sandbox: "Sandbox", session: str) -> None:
        self._sandbox = sandbox
        self._world = sandbox.world
        with self._world.store.unit():
            self._session = portal.session_of(self._world, session)

    def cancel(self, subscription: str | None = None) -> str | None:
        """Cancel the plan; where the portal leads to then, None: back to its start page."""
        with self._world.store.unit():
            portal.cancel(self._world, self._session, self._subscription(subscription))
        return portal.where_next(self._session)

    def keep(self, subscription: str | None = None) -> None:
        """Take a cancellation back."""
        with self._world.store.unit():
            portal.keep(self._world, self._session, self._subscription(subscription))

    def switch(self, price: str, subscription: str | None = None) -> None:
        """Switch to another price (its id or lookup key)."""
        with self._world.store.unit():
            by_key = self._world.store.each("price", lookup_key=price)
            chosen = by_key[0]["id"] if by_key else price
            portal.switch(self._world, self._session, self._subscription(subscription), chosen)

    def change_card(self, number: str = cards.VISA, *, authenticate: bool = True) -> str | None:
        """Give another card; where the portal leads to then. Raises PaymentRefusedError."""
        with self._world.store.unit():
            outcome = self._give(number, authenticated=False)
            if outcome.kind == "requires_action" and authenticate:
                outcome = self._give(number, authenticated=True)
            if outcome.kind != "succeeded":
                raise PaymentRefusedError(outcome.message)
        return portal.where_next(self._session)

    def pay(self, *, card: str | None = None, authenticate: bool = True) -> None:
        """Pay each open invoice, oldest first."""
        with self._world.store.unit():
            found = self._world.store.each("invoice", customer=self._session["customer"], status="open")
        for invoice in found:
            self._sandbox.person.pay_invoice(invoice["id"], card=card, authenticate=authenticate)

    def _give(self, number: str, *, authenticated: bool) -> Outcome:
        return portal.change_card(self._world, self._session, Card(number=number), authenticated=authenticated)

    def _subscription(self, identifier: str | None) -> Json:
        store = self._world.store
        if identifier:
            return store.get("subscription", identifier)
        found = [
            s
            for s in store.each("subscription", customer=self._session["customer"])
            if s["status"] not in collection.DEAD
        ]
        if not found:
            raise SandboxError("This customer has no living subscription.")
        return found[-1]


def _last(url: str) -> str:
    """This function will give the id at the end of a URL, or the id itself."""
    return url.partition("?")[0].rstrip("/").rpartition("/")[2]
