"""The row that all work on a lab's billing waits for, and the customer that is noted in it."""

import uuid
from datetime import datetime

from django.conf import settings

from billing.models import Customer, Entitlement
from genomics.users.models import Lab


def locked(lab_id: uuid.UUID) -> Entitlement:
    """This function will give a lab's entitlement, which nobody else changes until the current transaction ends.

    It is made where there is none yet. Raises Lab.DoesNotExist.
    """
    if not Lab.objects.filter(pk=lab_id).exists():
        raise Lab.DoesNotExist
    Entitlement.objects.bulk_create([Entitlement(lab_id=lab_id)], ignore_conflicts=True)
    return Entitlement.objects.select_for_update(no_key=True).get(pk=lab_id)


def adopt(entitlement: Entitlement, customer_id: str, *, now: datetime) -> None:
    """This function will note whom Stripe knows a lab as, in the transaction that has locked the entitlement.

    A customer that the lab was before is gone then, and kept: its subscription may still have its grace. Raises
    ValueError when the customer is, or was, another lab.
    """
    customer, is_new = Customer.objects.get_or_create(
        pk=customer_id,
        defaults={"lab_id": entitlement.pk, "livemode": settings.STRIPE_LIVE_MODE, "since_at": now, "gone_at": now},
    )
    if customer.lab_id != entitlement.pk or (customer.gone_at and not is_new):
        raise ValueError(f"Customer {customer_id} was lab {customer.lab_id}")
    Customer.objects.filter(lab=entitlement.pk, gone_at=None).exclude(pk=customer_id).update(gone_at=now)
    Customer.objects.filter(pk=customer_id).update(gone_at=None)
    if entitlement.customer_id != customer_id:
        entitlement.customer_id = customer_id
        entitlement.save(update_fields=["customer_id"])


def lose(entitlement: Entitlement, customer: Customer, *, now: datetime) -> None:
    """This function will note that a customer is gone, so that the lab's next checkout begins with a new one."""
    customer.gone_at = now
    customer.save(update_fields=["gone_at"])
    if entitlement.customer_id == customer.pk:
        entitlement.customer_id = ""
        entitlement.save(update_fields=["customer_id"])
