"""The one writer of a lab's plan. What the plan means for results follows from it here, and nowhere else."""

import logging
import uuid
from datetime import datetime

from django.db import transaction

from archive import recall
from genomics.users.limits import Plan
from genomics.users.models import Lab
from jobs import retention

logger = logging.getLogger(__name__)


def change_plan(lab_id: uuid.UUID, plan: Plan, *, actor: str, now: datetime) -> bool:
    """This function will give a lab a plan and tell whether it had another one.

    In one transaction: the plan, the dates of results that are hot, and the recall of those that sleep when the lab
    enters a plan that keeps them hot and recalls. Changes of one lab wait for each other. Raises Lab.DoesNotExist.
    """
    with transaction.atomic():
        lab = Lab.objects.select_for_update(no_key=True).get(pk=lab_id)
        if lab.plan == plan:
            return False
        before, lab.plan = lab.plan, plan
        lab.save(update_fields=["plan"])
        retention.set_dates(lab, now=now)
        if plan in recall.RECALLING_PLANS:
            recall.begin(lab, actor=actor, now=now)
    logger.info("Lab %s goes from %s to %s, by %s.", lab_id, before, plan, actor)
    return True
