"""The way to Stripe's portal, where cards, invoices and the subscription itself are looked after."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.urls import reverse

from billing import customers, effects, facts, gateway, mirror
from billing.errors import BillingRefusedError
from billing.models import Entitlement
from billing.products import PRODUCT_ID
from billing.reconcile import reconcile
from billing.values import Json
from genomics.users.models import Lab

CONFIGURATION_KEY = "product"  # in the metadata of the configuration that is ours: what it is for


class Flow(StrEnum):
    """Where the portal opens."""

    START = "start"
    CARD = "card"
    CANCEL = "cancel"


def visit(lab: Lab, *, now: datetime, flow: Flow = Flow.START) -> str:
    """This function will give the address of the portal for a lab. Raises BillingRefusedError and StripeError."""
    entitlement = Entitlement.objects.filter(lab=lab).first()
    if entitlement is None or not entitlement.customer_id:
        raise BillingRefusedError("The lab has no subscription yet, so there is nothing to manage.")
    configuration = ours(gateway.portal_configurations())
    if configuration is None:
        raise BillingRefusedError("The place to manage this is not set up yet: tell whoever runs this site.")
    customer_id = customers.customer_of(lab, now=now)
    return gateway.begin_portal(
        customer_id=customer_id,
        configuration_id=configuration["id"],
        return_url=settings.WEB_ORIGIN + reverse("billing:back", args=[lab.pk]),
        flow=_flow(flow, customer_id=customer_id),
        key=str(uuid.uuid4()),
    )


def keep(lab: Lab, *, actor: str, now: datetime) -> None:
    """This function will let a subscription go on that was cancelled and has not ended yet.

    Raises BillingRefusedError and StripeError.
    """
    entitlement = Entitlement.objects.filter(lab=lab).first()
    objects = gateway.subscription_objects(entitlement.customer_id) if entitlement and entitlement.customer_id else []
    leaving = [one for one in facts.ours(objects) if one.is_live and one.cancel_at]
    if not leaving:
        raise BillingRefusedError("There is no subscription that is about to end.")
    for one in leaving:
        gateway.keep_subscription(one.id, key=str(uuid.uuid4()))
    look(lab, actor=actor, now=now)


def look(lab: Lab, *, actor: str, now: datetime) -> None:
    """This function will see at once what was done in the portal, without waiting for Stripe to tell.

    Raises StripeError.
    """
    entitlement = reconcile(lab.pk, actor=actor, now=now)
    effects.apply(lab.pk, now=now)
    if entitlement.customer_id:
        mirror.refresh(entitlement.customer_id)


def ours(configurations: list[Json]) -> Json | None:
    """This function will find the configuration that billing_bootstrap has made; None: it has made none."""
    found = (one for one in configurations if (one.get("metadata") or {}).get(CONFIGURATION_KEY) == PRODUCT_ID)
    return next(found, None)


def _flow(flow: Flow, *, customer_id: str) -> dict[str, Any] | None:
    """This function will give what the portal opens with; None: its start page.

    Stripe is asked which subscription there is to cancel: one that we know of may have ended meanwhile, and the start
    page says so.
    """
    match flow:
        case Flow.CARD:
            return {"type": "payment_method_update"}
        case Flow.CANCEL:
            going_on = (
                one
                for one in facts.ours(gateway.subscription_objects(customer_id))
                if one.is_live and one.cancel_at is None
            )
            if subscription := next(going_on, None):
                return {"type": "subscription_cancel", "subscription_cancel": {"subscription": subscription.id}}
    return None
