"""All that we say to Stripe, and the only module that imports its library.

Functions take and give `billing.values`; each raises StripeUnavailableError, StripeMissingError, KeyReusedError or
StripeRefusedError. Whatever writes carries an idempotency key of the caller's: the same key and request, within a day,
are done once. Metadata hold ids of ours and nothing else.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import stripe
from django.conf import settings

from billing.errors import KeyReusedError, StripeMissingError, StripeRefusedError, StripeUnavailableError
from billing.values import (
    CheckoutSession,
    Identity,
    Interval,
    Json,
    Money,
    Notice,
    Owed,
    Payer,
    Subscription,
    customer_of,
    parse_checkout_session,
    parse_owed,
    parse_payer,
    parse_subscription,
)

_TIMEOUT_SECONDS = 10
_RETRIES = 2  # of what did not reach Stripe; the key keeps it from being done twice
_PAGE = 100  # objects in one answer: Stripe's largest
_LATEST = 24  # invoices: two years of months


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
    try:
        stripe.WebhookSignature.verify_header(body.decode(), signature, secret, tolerance_seconds)
    except (stripe.SignatureVerificationError, UnicodeDecodeError, ValueError):
        return False
    return True


def create_customer(*, lab_id: str, key: str, test_clock_id: str | None = None) -> str:
    """This function will make a customer for a lab, and give its id. The same key always asks for the same."""
    metadata = {settings.DJSTRIPE_SUBSCRIBER_CUSTOMER_KEY: lab_id}
    clock: dict[str, Any] = {"test_clock": test_clock_id} if test_clock_id else {}
    with translated():
        return stripe.Customer.create(metadata=metadata, **clock, idempotency_key=key).id


def create_test_clock(*, frozen_at: datetime, key: str) -> str:
    """This function will make a clock for customers whose time is to be moved, and give its id. Never in live mode."""
    with translated():
        return stripe.test_helpers.TestClock.create(frozen_time=int(frozen_at.timestamp()), idempotency_key=key).id


def time_of_clock(test_clock_id: str) -> datetime:
    with translated():
        return datetime.fromtimestamp(stripe.test_helpers.TestClock.retrieve(test_clock_id).frozen_time, UTC)


def customers_of_clock(test_clock_id: str) -> list[str]:
    """This function will give the ids of the customers whose time is that of a test clock."""
    with translated():
        return [one.id for one in stripe.Customer.list(test_clock=test_clock_id, limit=_PAGE).auto_paging_iter()]


def payer(customer_id: str) -> Payer:
    return parse_payer(customer_object(customer_id))


def customer_object(customer_id: str) -> Json:
    """This function will give a customer as Stripe's own JSON, a deleted one too."""
    with translated():
        return stripe.Customer.retrieve(customer_id).to_dict(for_json=True)


def change_email(customer_id: str, *, email: str, key: str) -> Json:
    """This function will say where invoices go, and give the customer as Stripe's own JSON."""
    with translated():
        return stripe.Customer.modify(customer_id, email=email, idempotency_key=key).to_dict(for_json=True)


def subscription_objects(customer_id: str) -> list[Json]:
    """This function will give all subscriptions of a customer, ended ones included, newest first, as Stripe's JSON."""
    with translated():
        page = stripe.Subscription.list(customer=customer_id, status="all", limit=_PAGE)
        return [one.to_dict(for_json=True) for one in page.auto_paging_iter()]


def all_subscription_objects() -> Iterator[Json]:
    """This function will page through all subscriptions of the account, whatever they are for, ended ones included."""
    with translated():
        for one in stripe.Subscription.list(status="all", limit=_PAGE).auto_paging_iter():
            yield one.to_dict(for_json=True)


def subscription_object(subscription_id: str) -> Json:
    with translated():
        return stripe.Subscription.retrieve(subscription_id).to_dict(for_json=True)


def identify(customer_id: str) -> Identity:
    """This function will ask whose customer one is. Raises StripeMissingError when there never was one."""
    with translated():
        data = stripe.Customer.retrieve(customer_id).to_dict(for_json=True)
    lab_id = (data.get("metadata") or {}).get(settings.DJSTRIPE_SUBSCRIBER_CUSTOMER_KEY)
    return Identity(lab_id=lab_id, is_deleted=bool(data.get("deleted")))


def owed(subscription_id: str) -> Owed | None:
    """This function will give the latest invoice of a subscription that waits to be paid; None: none does."""
    with translated():
        page = stripe.Invoice.list(subscription=subscription_id, status="open", limit=1)
        if not page.data:
            return None
        # Four levels are as deep as Stripe goes: a list would be one more.
        invoice = stripe.Invoice.retrieve(page.data[0].id, expand=["payments.data.payment.payment_intent"])
    return parse_owed(invoice.to_dict(for_json=True))


def undelivered(*, since: datetime, until: datetime, types: Sequence[str]) -> Iterator[Notice]:
    """This function will page through the events that Stripe could not deliver, or not yet, newest first."""
    created: Any = {"gte": int(since.timestamp()), "lt": int(until.timestamp())}
    with translated():
        page = stripe.Event.list(delivery_success=False, types=list(types), created=created, limit=_PAGE)
        for one in page.auto_paging_iter():
            data = one.to_dict(for_json=True)
            customer_id = customer_of(data["data"]["object"])
            if customer_id:
                yield Notice(id=data["id"], customer_id=customer_id)


def cancel_subscription(subscription_id: str, *, key: str) -> Subscription:
    """This function will end a subscription at once, without a refund."""
    with translated():
        return parse_subscription(
            stripe.Subscription.cancel(subscription_id, idempotency_key=key).to_dict(for_json=True)
        )


def keep_subscription(subscription_id: str, *, key: str) -> Subscription:
    """This function will let a subscription go on that was to end later."""
    with translated():
        at_period_end = stripe.Subscription.retrieve(subscription_id).cancel_at_period_end
        undo: dict[str, Any] = {"cancel_at_period_end": False} if at_period_end else {"cancel_at": ""}
        return parse_subscription(
            stripe.Subscription.modify(subscription_id, **undo, idempotency_key=key).to_dict(for_json=True)
        )


def refund_invoice(invoice_id: str, *, key: str) -> int:
    """This function will give back what was paid on an invoice, and tell how many payments those were."""
    refunded = 0
    with translated():
        for paid in stripe.InvoicePayment.list(invoice=invoice_id, status="paid", limit=_PAGE).auto_paging_iter():
            intent = paid.payment.payment_intent
            if intent is None:
                continue
            intent_id = intent if isinstance(intent, str) else intent.id
            stripe.Refund.create(payment_intent=intent_id, reason="duplicate", idempotency_key=f"{key}:{intent_id}")
            refunded += 1
    return refunded


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
    data: dict[str, Any] = {"metadata": {settings.DJSTRIPE_SUBSCRIBER_CUSTOMER_KEY: lab_id}}
    if trial_days:
        data["trial_period_days"] = trial_days
    with translated():
        session = stripe.checkout.Session.create(
            mode="subscription",
            customer=customer_id,
            client_reference_id=lab_id,  # and no metadata: dj-stripe would write those to the customer, without a key
            line_items=[{"price": price_id, "quantity": 1}],
            subscription_data=data,  # type: ignore[arg-type]  # a TypedDict that is put together
            success_url=success_url,
            cancel_url=cancel_url,
            expires_at=int(expires_at.timestamp()),
            idempotency_key=key,
        )
    return parse_checkout_session(session.to_dict(for_json=True))


def checkout_session(session_id: str) -> CheckoutSession:
    with translated():
        return parse_checkout_session(stripe.checkout.Session.retrieve(session_id).to_dict(for_json=True))


def expire_checkout(session_id: str, *, key: str) -> CheckoutSession:
    """This function will close an open session, so that nobody can pay it. Raises StripeRefusedError if it is over."""
    with translated():
        return parse_checkout_session(
            stripe.checkout.Session.expire(session_id, idempotency_key=key).to_dict(for_json=True)
        )


def begin_portal(
    *, customer_id: str, configuration_id: str, return_url: str, key: str, flow: dict[str, Any] | None = None
) -> str:
    """This function will give the address of Stripe's portal for a customer; `flow` None: its start page."""
    deep: dict[str, Any] = {"flow_data": flow} if flow else {}
    with translated():
        session = stripe.billing_portal.Session.create(
            customer=customer_id,
            configuration=configuration_id,
            return_url=return_url,
            **deep,
            idempotency_key=key,
        )
    return session.url


def invoice_objects(customer_id: str) -> list[Json]:
    """This function will give the latest invoices of a customer as Stripe's own JSON, newest first."""
    with translated():
        page = stripe.Invoice.list(customer=customer_id, limit=_LATEST)
        return [one.to_dict(for_json=True) for one in page.data]


def payment_method_objects(customer_id: str) -> list[Json]:
    """This function will give a customer's cards as Stripe's own JSON, newest first."""
    with translated():
        page = stripe.PaymentMethod.list(customer=customer_id, limit=_LATEST)
        return [one.to_dict(for_json=True) for one in page.data]


def as_library_object(data: Json) -> Any:
    """This function will give Stripe's JSON the shape of its library, which dj-stripe pages through lists in."""
    return stripe.convert_to_stripe_object(dict(data))


def product_object(product_id: str) -> Json:
    with translated():
        return stripe.Product.retrieve(product_id).to_dict(for_json=True)


def create_product(product_id: str, *, name: str, key: str) -> Json:
    with translated():
        return stripe.Product.create(id=product_id, name=name, idempotency_key=key).to_dict(for_json=True)


def change_product(product_id: str, *, name: str, key: str) -> Json:
    """This function will name a product and put it on sale."""
    with translated():
        return stripe.Product.modify(product_id, name=name, active=True, idempotency_key=key).to_dict(for_json=True)


def price_objects(product_id: str) -> list[Json]:
    """This function will give all prices of a product as Stripe's own JSON, those no longer for sale included."""
    with translated():
        found = stripe.Price.list(product=product_id, limit=_PAGE).auto_paging_iter()
        return [one.to_dict(for_json=True) for one in found]


def create_price(*, product_id: str, lookup_key: str, interval: Interval, money: Money, key: str) -> Json:
    with translated():
        price = stripe.Price.create(
            product=product_id,
            lookup_key=lookup_key,
            recurring={"interval": interval.value},
            unit_amount=money.amount,
            currency=money.currency,
            idempotency_key=key,
        )
    return price.to_dict(for_json=True)


def portal_configurations() -> list[Json]:
    """This function will give the configurations of the portal that are in use."""
    with translated():
        found = stripe.billing_portal.Configuration.list(active=True, limit=_PAGE).auto_paging_iter()
        return [one.to_dict(for_json=True) for one in found]


def create_portal_configuration(wanted: dict[str, Any], *, key: str) -> Json:
    with translated():
        return stripe.billing_portal.Configuration.create(**wanted, idempotency_key=key).to_dict(for_json=True)


def change_portal_configuration(configuration_id: str, wanted: dict[str, Any], *, key: str) -> Json:
    with translated():
        return stripe.billing_portal.Configuration.modify(configuration_id, **wanted, idempotency_key=key).to_dict(
            for_json=True
        )


def webhook_endpoints() -> list[Json]:
    with translated():
        return [one.to_dict(for_json=True) for one in stripe.WebhookEndpoint.list(limit=_PAGE).auto_paging_iter()]


def create_webhook_endpoint(*, url: str, events: Sequence[str], metadata: dict[str, str], key: str) -> Json:
    """This function will let Stripe tell of events; only this answer holds the secret that signs them."""
    with translated():
        endpoint = stripe.WebhookEndpoint.create(
            url=url,
            enabled_events=list(events),  # type: ignore[arg-type]  # literals
            api_version=settings.STRIPE_API_VERSION,  # type: ignore[arg-type]  # a literal
            metadata=metadata,
            idempotency_key=key,
        )
    return endpoint.to_dict(for_json=True)


def change_webhook_endpoint(endpoint_id: str, *, events: Sequence[str], key: str) -> Json:
    """This function will say which events an endpoint hears, and let it hear them."""
    with translated():
        return stripe.WebhookEndpoint.modify(
            endpoint_id,
            enabled_events=list(events),  # type: ignore[arg-type]  # literals
            disabled=False,
            idempotency_key=key,
        ).to_dict(for_json=True)


def delete_webhook_endpoint(endpoint_id: str) -> None:
    with translated():
        stripe.WebhookEndpoint.delete(endpoint_id)


@contextmanager
def translated() -> Iterator[None]:
    """This function will turn the errors of Stripe's library into ours, also where dj-stripe calls it."""
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
