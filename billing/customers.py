"""Which customer of Stripe a lab is: one, however many people ask for it at once.

Stripe is told the lab's id and its address, where invoices go. It is not told the lab's name, which is free text and
may say whom a lab works with; whoever pays writes the name for invoices at Stripe.
"""

import logging
import uuid
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F, OuterRef, Q

from billing import entitlements, gateway, mirror
from billing.errors import StripeError, StripeMissingError
from billing.models import Entitlement
from billing.values import Payer
from genomics.users.models import Lab

logger = logging.getLogger(__name__)

_MOST = 100  # addresses told to Stripe in one go


def customer_of(lab: Lab, *, now: datetime) -> str:
    """This function will give the id of a lab's customer, and make one where there is none or it was deleted.

    Raises StripeError.
    """
    with transaction.atomic():
        entitlement = entitlements.locked(lab.pk)
        payer = _living(lab, entitlement.customer_id)
        if payer.id != entitlement.customer_id:
            entitlements.adopt(entitlement, payer.id, now=now)
    email = Lab.objects.values_list("email", flat=True).get(pk=lab.pk)
    if payer.email != email:
        _tell(payer.id, email=email)
    return payer.id


def carry_addresses() -> int:
    """This function will tell Stripe the addresses that labs have changed since, and give their number.

    What Stripe does not take now is told the next time.
    """
    if settings.BILLING_MODE == "off":
        return 0
    known = Entitlement.objects.exclude(customer_id="").annotate(known=mirror.email_of(OuterRef("customer_id")))
    differs = Q(known=None) | ~Q(known=F("lab__email"))
    changed = known.filter(differs).values_list("customer_id", "lab__email")[:_MOST]
    told = 0
    for customer_id, email in changed:
        try:
            _tell(customer_id, email=email)
        except StripeMissingError:
            logger.info("Customer %s is gone: nobody is told its address.", customer_id)
        except StripeError as error:
            logger.warning("Stripe does not take the address of customer %s: %s", customer_id, error)
            break
        else:
            told += 1
    return told


def _living(lab: Lab, customer_id: str) -> Payer:
    """This function will give a lab's customer as Stripe knows it, or the one that takes its place.

    A key names the customer that is replaced, and the request is always the same: so an answer that was lost is given
    again. It is given again, too, when that customer was deleted within the day: so each one is looked at.
    """
    payer = _look(customer_id) if customer_id else None
    while payer is None or payer.is_deleted:
        gone = payer.id if payer else ""
        key = f"customer:{lab.pk}:{gone}"
        clock = _test_clock(lab, key=key) if settings.BILLING_TEST_CLOCKS else None
        payer = _look(gateway.create_customer(lab_id=str(lab.pk), key=key, test_clock_id=clock))
    return payer


def _test_clock(lab: Lab, *, key: str) -> str:
    """This function will make a new customer's clock; it begins with the lab, so that each try asks for the same."""
    return gateway.create_test_clock(frozen_at=lab.created_at, key=f"clock:{key}")


def _look(customer_id: str) -> Payer:
    try:
        return gateway.payer(customer_id)
    except StripeMissingError:  # of another account, or a sandbox that was emptied
        return Payer(id=customer_id, email="", is_deleted=True)


def _tell(customer_id: str, *, email: str) -> None:
    mirror.customer(gateway.change_email(customer_id, email=email, key=str(uuid.uuid4())))
