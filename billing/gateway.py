"""All that we say to Stripe, and the only module that imports its library.

Functions take and give `billing.values`; each raises StripeUnavailableError, StripeMissingError, KeyReusedError or
StripeRefusedError. Whatever writes carries an idempotency key of the caller's: the same key and request, within a day,
are done once. Metadata hold ids of ours and nothing else.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import stripe
from django.conf import settings

from billing.errors import KeyReusedError, StripeMissingError, StripeRefusedError, StripeUnavailableError
from billing.values import (
    CheckoutSession,
    Identity,
    Json,
    Notice,
    Owed,
    Subscription,
    customer_of,
    parse_checkout_session,
    parse_owed,
    parse_subscription,
)

_TIMEOUT_SECONDS = 10
_RETRIES = 2  # of what did not reach Stripe; the key keeps it from being done twice
_PAGE = 100  # objects in one answer: Stripe's largest


def configure() -> None:
    """This function will set what holds for every call, dj-stripe's own included."""
    stripe.api_key = settings.STRIPE_SECRET_KEY or None
    stripe.api_version = settings.STRIPE_API_VERSION
    stripe.max_network_retries = _RETRIES
    stripe.default_http_client = stripe.RequestsClient(timeout=_TIMEOUT_SECONDS)
    stripe.enable_telemetry = False
    if hasattr(settings, "STRIPE_API_HOST"):
        stripe.api_base = settings.STRIPE_API_HOST


def is_signed(body: bytes, *, signature: str, secret: str, tolerance_seconds: int) -> bool:
    """This function will tell whether Stripe signed a webhook's body with `secret`, not longer ago than the tolerance.

    Source: https://docs.stripe.com/webhooks#verify-manually.
    """
    if not secret:  # anybody could sign with it
        return False
    try:
        stripe.WebhookSignature.verify_header(body.decode(), signature, secret, tolerance_seconds)
    except (stripe.SignatureVerificationError, UnicodeDecodeError, ValueError):
        return False
    return True


def create_customer(*, lab_id: str, email: str, name: str, key: str) -> str:
    """This function will make a customer for a lab, and give its id."""
    with _translated():
        return stripe.Customer.create(
            email=email,
            name=name,
            metadata={settings.DJSTRIPE_SUBSCRIBER_CUSTOMER_KEY: lab_id},
            idempotency_key=key,
        ).id


def subscriptions(customer_id: str) -> list[Subscription]:
    """This function will give all subscriptions of a customer, ended ones included, newest first."""
    return [parse_subscription(data) for data in subscription_objects(customer_id)]


def subscription_objects(customer_id: str) -> list[Json]:
    """This function will give the same as Stripe's own JSON, for dj-stripe's mirror."""
    with _translated():
        page = stripe.Subscription.list(customer=customer_id, status="all", limit=_PAGE)
        return [one.to_dict() for one in page.auto_paging_iter()]


def all_subscription_objects() -> Iterator[Json]:
    """This function will page through all subscriptions of the account, whatever they are for, ended ones included."""
    with _translated():
        for one in stripe.Subscription.list(status="all", limit=_PAGE).auto_paging_iter():
            yield one.to_dict()


def subscription_object(subscription_id: str) -> Json:
    with _translated():
        return stripe.Subscription.retrieve(subscription_id).to_dict()


def identify(customer_id: str) -> Identity:
    """This function will ask whose customer one is. Raises StripeMissingError when there never was one."""
    with _translated():
        data = stripe.Customer.retrieve(customer_id).to_dict()
    lab_id = (data.get("metadata") or {}).get(settings.DJSTRIPE_SUBSCRIBER_CUSTOMER_KEY)
    return Identity(lab_id=lab_id, is_deleted=bool(data.get("deleted")))


def owed(subscription_id: str) -> Owed | None:
    """This function will give the latest invoice of a subscription that waits to be paid; None: none does."""
    with _translated():
        page = stripe.Invoice.list(subscription=subscription_id, status="open", limit=1)
        if not page.data:
            return None
        # Four levels are as deep as Stripe goes: a list would be one more.
        invoice = stripe.Invoice.retrieve(page.data[0].id, expand=["payments.data.payment.payment_intent"])
    return parse_owed(invoice.to_dict())


def undelivered(*, since: datetime, until: datetime, types: Sequence[str]) -> Iterator[Notice]:
    """This function will page through the events that Stripe could not deliver, or not yet, newest first."""
    created: Any = {"gte": int(since.timestamp()), "lt": int(until.timestamp())}
    with _translated():
        page = stripe.Event.list(delivery_success=False, types=list(types), created=created, limit=_PAGE)
        for one in page.auto_paging_iter():
            data = one.to_dict()
            customer_id = customer_of(data["data"]["object"])
            if customer_id:
                yield Notice(id=data["id"], customer_id=customer_id)


def cancel_subscription(subscription_id: str, *, key: str) -> Subscription:
    """This function will end a subscription at once, without a refund."""
    with _translated():
        return parse_subscription(stripe.Subscription.cancel(subscription_id, idempotency_key=key).to_dict())


def begin_checkout(
    *,
    customer_id: str,
    price_id: str,
    lab_id: str,
    trial_days: int,
    success_url: str,
    cancel_url: str,
    expires_at: datetime,
    key: str,
) -> CheckoutSession:
    """This function will open Stripe's checkout for one subscription; `trial_days` 0: no trial.

    `expires_at` lies between 30 minutes and 24 hours ahead. The session's id takes the place of
    {CHECKOUT_SESSION_ID} in `success_url`.
    """
    metadata = {settings.DJSTRIPE_SUBSCRIBER_CUSTOMER_KEY: lab_id}
    data: dict[str, Any] = {"metadata": metadata}
    if trial_days:
        data["trial_period_days"] = trial_days
    with _translated():
        session = stripe.checkout.Session.create(
            mode="subscription",
            customer=customer_id,
            client_reference_id=lab_id,
            line_items=[{"price": price_id, "quantity": 1}],
            subscription_data=data,  # type: ignore[arg-type]  # a TypedDict that is put together
            metadata=metadata,
            success_url=success_url,
            cancel_url=cancel_url,
            expires_at=int(expires_at.timestamp()),
            idempotency_key=key,
        )
    return parse_checkout_session(session.to_dict())


def checkout_session(session_id: str) -> CheckoutSession:
    with _translated():
        return parse_checkout_session(stripe.checkout.Session.retrieve(session_id).to_dict())


@contextmanager
def _translated() -> Iterator[None]:
    """This function will turn the library's errors into those of billing."""
    try:
        yield
    except stripe.IdempotencyError as error:
        raise KeyReusedError(str(error)) from error
    except stripe.InvalidRequestError as error:
        missing = error.code == "resource_missing" or error.http_status == 404
        raise (StripeMissingError if missing else StripeRefusedError)(str(error)) from error
    except (stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError) as error:
        raise StripeUnavailableError(str(error)) from error
    except stripe.StripeError as error:
        raise StripeRefusedError(str(error)) from error
