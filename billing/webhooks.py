"""Where Stripe tells of events. Whatever Stripe did not sign, just now and for this endpoint, leaves no trace.

dj-stripe keeps each request before it looks at the signature, takes another secret from a header when DEBUG is on, and
stumbles over an address that is none. So what is refused is refused here, and dj-stripe gets a request that is made of
what Stripe signed and of nothing else. In its transaction the inbox then hears which customer it is about.
"""

import ipaddress
import json
import logging
import uuid
from datetime import timedelta
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from djstripe.models import Event, WebhookEndpoint, WebhookEventTrigger

from billing import events, gateway, receivers
from billing.errors import StripeMissingError

logger = logging.getLogger(__name__)

_MOST_BYTES = 1024**2
_TOLERANCE = timedelta(seconds=300)  # Stripe signs each delivery anew; an older one is a replay
_NOWHERE = "0.0.0.0"  # noqa: S104  # an address that nobody has


@csrf_exempt
@require_POST
@transaction.non_atomic_requests
def receive(request: HttpRequest, endpoint: uuid.UUID) -> HttpResponse:
    """This function will take one event. 2xx: Stripe need not tell it again; 4xx: refused; 5xx: Stripe tries again."""
    if _length(request) > _MOST_BYTES:
        return _refused(endpoint, "it is too long", status=413)
    known = _endpoint(endpoint)
    signature = request.headers.get("Stripe-Signature", "")
    if not gateway.is_signed(
        request.body, signature=signature, secret=known.secret, tolerance_seconds=int(_TOLERANCE.total_seconds())
    ):
        return _refused(endpoint, "Stripe did not sign it for this endpoint, or not just now")
    event = _parse(request.body)
    if event is None:
        return _refused(endpoint, "it is no event")
    if fault := _fault(event, known):
        return _refused(endpoint, fault)
    if event["type"] not in events.wanted() or Event.objects.filter(id=event["id"]).exists():
        return HttpResponse(status=200)
    _process(request, event, known)
    logger.info("Event %s: %s", event["id"], event["type"])
    return HttpResponse(status=200)


def _process(request: HttpRequest, event: dict[str, Any], endpoint: WebhookEndpoint) -> None:
    """This function will let dj-stripe process an event. What it raises becomes a 500: Stripe tells it again.

    By then the customer is known to have changed all the same: what a lab may use does not wait for the mirror. Of what
    is gone by now there is nothing to mirror, however often it is told.
    """
    try:
        with gateway.translated():
            WebhookEventTrigger.from_request(_as_signed(request), webhook_endpoint=endpoint)
    except Exception as error:
        with transaction.atomic():
            receivers.hear(event["data"]["object"], event_id=event["id"])
        if not isinstance(error, StripeMissingError):
            raise
        logger.warning("Event %s is about something that is gone: %s", event["id"], error)


def _endpoint(endpoint: uuid.UUID) -> WebhookEndpoint:
    """This function will find an endpoint of the mode that we are in. Raises Http404."""
    known = WebhookEndpoint.objects.filter(djstripe_uuid=endpoint, livemode=settings.STRIPE_LIVE_MODE)
    found = known.select_related("djstripe_owner_account").first()
    if settings.BILLING_MODE == "off" or found is None:
        raise Http404
    return found


def _parse(body: bytes) -> dict[str, Any] | None:
    """This function will read an event as far as we need it; None: it is none."""
    try:
        event = json.loads(body)
        is_event = event["object"] == "event" and isinstance(event["data"]["object"], dict)
        named = isinstance(event["id"], str) and isinstance(event["type"], str)
    except (ValueError, KeyError, TypeError):
        return None
    return event if is_event and named else None


def _fault(event: dict[str, Any], endpoint: WebhookEndpoint) -> str:
    """This function will say why an event that Stripe signed is not for us; empty: it is."""
    if event.get("livemode") is not settings.STRIPE_LIVE_MODE:
        return "it is of the other mode, live or test"
    if event.get("api_version") != settings.STRIPE_API_VERSION:
        return f"it speaks API version {event.get('api_version')!r}"
    owner = endpoint.djstripe_owner_account
    if event.get("account") and (owner is None or event["account"] != owner.id):
        return f"it is about account {event['account']!r}"
    return ""


def _refused(endpoint: uuid.UUID, fault: str, *, status: int = 400) -> HttpResponse:
    logger.warning("A webhook for endpoint %s is refused: %s.", endpoint, fault)
    return HttpResponse(status=status)


def _length(request: HttpRequest) -> int:
    """This function will give the length that the body is said to have; no more than that of it is read."""
    text = str(request.META.get("CONTENT_LENGTH") or "0")
    return int(text) if text.isascii() and text.isdigit() else 0


def _as_signed(request: HttpRequest) -> HttpRequest:
    """This function will give the request as dj-stripe is to keep it: body, signature and address."""
    return WSGIRequest(
        {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": request.path_info,
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(request.body)),
            "HTTP_STRIPE_SIGNATURE": request.headers["Stripe-Signature"],
            "REMOTE_ADDR": _address(request),
            "wsgi.input": BytesIO(request.body),
        }
    )


def _address(request: HttpRequest) -> str:
    """This function will give the address that sent the request, as far as our own proxies tell it."""
    proxies = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    told = request.headers.get("X-Forwarded-For", "").split(",")
    address = told[-proxies] if 0 < proxies <= len(told) else str(request.META.get("REMOTE_ADDR", ""))
    try:
        return str(ipaddress.ip_address(address.strip()))
    except ValueError:
        return _NOWHERE
