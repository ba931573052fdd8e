"""How a change of plan reaches jobs and archive: once, in order, and not at all when a newer one contradicts it."""

import logging
import uuid
from datetime import datetime, timedelta

from django.db import transaction

from archive import plans
from billing.models import Effect, Entitlement
from billing.reconcile import APPLY
from genomics.queues import backlog, send
from genomics.users.limits import Plan

logger = logging.getLogger(__name__)

_PAUSE = timedelta(seconds=30)  # so long the hint is given time
_BATCH = 100


def apply(lab_id: uuid.UUID, *, now: datetime) -> bool:
    """This function will give a lab the plan that it is entitled to, and tell whether it had another one.

    In one transaction, and one at a time: only the newest effect is applied, those before it are dropped.
    """
    with transaction.atomic():
        entitlement = Entitlement.objects.select_for_update(no_key=True).filter(pk=lab_id).first()
        waiting = list(Effect.objects.waiting().filter(lab=lab_id).order_by("version"))
        if entitlement is None or not waiting:
            return False
        for effect in waiting:
            if effect.version != entitlement.version:
                logger.info("Effect %s of lab %s is dropped: %s is newer.", effect.version, lab_id, entitlement.version)
                Effect.objects.filter(pk=effect.pk).update(dropped_at=now)
        newest = waiting[-1]
        if newest.version != entitlement.version:
            return False
        has_changed = plans.change_plan(lab_id, Plan(newest.plan), actor=newest.actor, now=now)
        Effect.objects.filter(pk=newest.pk).update(applied_at=now)
    return has_changed


def sweep(*, now: datetime) -> int:
    """This function will hint the effects whose hint was lost, and give the number of labs."""
    late = Effect.objects.waiting().filter(created_at__lt=now - _PAUSE).order_by("lab")
    labs = list(late.values_list("lab", flat=True).distinct()[:_BATCH])
    if not labs or backlog.waiting(APPLY) >= len(labs):
        return 0
    for lab_id in labs:
        send(APPLY, lab=lab_id, lab_id=str(lab_id))
    return len(labs)
