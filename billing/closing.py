"""How a lab is deleted: first nobody pays for it any more, then nobody sees it, then everything that it has goes.

The subscription comes first: a lab that is gone could not end it. Every step may be cut off. The person asks again, or
the sweep goes on.
"""

import logging
import time
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from billing import checkout, entitlements, facts, gateway
from billing.models import Entitlement
from genomics import locks
from genomics.queues import send
from genomics.users import memberships
from genomics.users.models import Lab
from jobs import deletion, needs
from jobs.errors import NotPossibleNowError
from jobs.models import Job

logger = logging.getLogger(__name__)

CLOSE = "billing.close"
_TIME = timedelta(seconds=20)  # for one sweep: other tasks wait in the same queue
_BATCH = 200  # jobs of one lab at a time


def close(lab_id: uuid.UUID, *, actor: str, now: datetime) -> None:
    """This function will delete a lab; one that is closed already is fine.

    1. Its checkout and its subscriptions end at Stripe, at once and without a refund. Raises StripeUnavailableError and
       StripeRefusedError: the lab is as it was then.
    2. Nobody belongs to it any more, and so nobody sees what it has.
    3. A worker deletes its jobs and, when their bytes are gone, the lab.
    """
    with transaction.atomic():
        _end_payments(entitlements.locked(lab_id), now=now)  # nobody opens a checkout meanwhile
        lab = Lab.objects.get(pk=lab_id)
        memberships.disband(lab, now=now)
        lab.invitations.all().delete()
        send(CLOSE)
    logger.info("Lab %s is closed by %s.", lab_id, actor)


def sweep(*, now: datetime) -> int:
    """This function will go on with closed labs, and give the number of those that are gone."""
    with locks.alone(CLOSE) as alone:
        if not alone:
            return 0
        end = time.monotonic() + _TIME.total_seconds()
        labs = Lab.objects.closed().order_by("closed_at")
        return sum(_go_on(lab, now=now) for lab in labs if time.monotonic() < end)


def _go_on(lab: Lab, *, now: datetime) -> bool:
    """This function will delete some jobs of a closed lab, or the lab when nothing is left, and tell which.

    What it raises is logged, so that one lab does not keep the others.
    """
    try:
        for job in Job.objects.filter(lab=lab, deleted_at=None).defer("summary")[:_BATCH]:
            _delete(job, now=now)
        if not needs.free_of_upper_floors(Lab.objects.filter(pk=lab.pk)).exists():
            return False
        with transaction.atomic():
            _end_payments(entitlements.locked(lab.pk), now=now)
            lab.delete()
    except Exception:
        logger.exception("Closed lab %s could not be gone on with; the sweep goes on.", lab.pk)
        return False
    logger.info("Lab %s and all that belonged to it are removed.", lab.pk)
    return True


def _delete(job: Job, *, now: datetime) -> None:
    try:
        deletion.delete(job, actor="sweep", now=now, note="The lab was deleted.")
    except NotPossibleNowError:
        logger.info("Job %s moves: it is deleted the next time.", job.pk)


def _end_payments(entitlement: Entitlement, *, now: datetime) -> None:
    """This function will end whatever the lab could still be charged for; the caller has locked its entitlement."""
    if settings.BILLING_MODE == "off":
        return
    checkout.end_visit(entitlement.pk, now=now)
    for one in facts.subscriptions_of(entitlement, now=now):
        if not one.has_ended:
            gateway.cancel_subscription(one.id, key=f"close:{one.id}")
