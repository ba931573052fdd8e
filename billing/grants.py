"""Plans that admins give to labs for a while, whatever Stripe says."""

import logging
import uuid
from datetime import datetime

from billing.errors import StripeError
from billing.models import Grant
from billing.reconcile import reconcile
from genomics.users.limits import Plan

logger = logging.getLogger(__name__)


def give(
    lab_id: uuid.UUID,
    *,
    plan: Plan,
    starts_at: datetime,
    ends_at: datetime | None,
    reason: str,
    actor: str,
    now: datetime,
) -> Grant:
    """This function will give a lab a plan until `ends_at`, None: until it is revoked, and let it have it at once."""
    grant = Grant.objects.create(
        lab_id=lab_id,
        plan=plan,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=reason,
        actor=actor,
        created_at=now,
    )
    logger.info("Grant %s: %s for lab %s until %s, by %s.", grant.pk, plan, lab_id, ends_at, actor)
    _heed(grant, actor=actor, now=now)
    return grant


def revoke(grant: Grant, *, actor: str, now: datetime) -> bool:
    """This function will end a grant now, and tell whether it was still to end. A time of grace follows as always."""
    still = Grant.objects.filter(pk=grant.pk, revoked_at=None).exclude(ends_at__lte=now)
    if not still.update(revoked_at=now):
        return False
    logger.info("Grant %s of lab %s is revoked by %s.", grant.pk, grant.lab_id, actor)
    _heed(grant, actor=actor, now=now)
    return True


def _heed(grant: Grant, *, actor: str, now: datetime) -> None:
    """This function will reconcile the lab. While Stripe does not answer, the sweep finds the grant unheeded."""
    try:
        reconcile(grant.lab_id, actor=actor, now=now)
    except StripeError as error:
        logger.warning("Grant %s is heeded later: %s", grant.pk, error)
