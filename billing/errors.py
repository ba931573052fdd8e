"""What can go wrong between a lab and Stripe."""


class BillingRefusedError(Exception):
    """Something that the person can mend: the message says what is wrong and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class AlreadySubscribedError(BillingRefusedError):
    """The lab has a subscription: it is changed where it is managed, and a second one would be paid twice."""

    def __init__(self) -> None:
        super().__init__("The lab has a subscription already. Nothing was charged again.")


class NotOurSessionError(Exception):
    """A checkout of another customer, or none at all: whoever names it has nothing to see here."""


class StripeError(Exception):
    """Stripe did not do what was asked. The text is for logs, never for pages."""


class StripeUnavailableError(StripeError):
    """Stripe does not answer now, or asks for fewer requests: trying again later may help."""


class StripeRefusedError(StripeError):
    """Stripe will not do what was asked: a right, a setting or a part of the request is missing or wrong."""


class StripeMissingError(StripeRefusedError):
    """Stripe has no such object (any more)."""


class KeyReusedError(StripeRefusedError):
    """The idempotency key was used within the last day for another request."""
