"""Mails about a lab's subscription, to all its owners. They are about money and cannot be switched off.

A sweep writes them, as rows say what holds and what was not told yet. What is told and the mails are written in one
transaction. Nothing is told twice, and nothing that is over.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from billing.models import Basis, Entitlement, EntitlementChange, Payment, Reminder, Told
from genomics import locks
from genomics.lines import one_line
from genomics.mail import letters
from genomics.users.limits import Plan
from genomics.users.models import Lab, Role, User

logger = logging.getLogger(__name__)

TELL = "billing.tell"
_BATCH = 500  # labs for one call
_FRESH = timedelta(days=1)  # so long a change is news
_TRIAL_WARNING = timedelta(days=3)
_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)
_SUBJECT_NAME_LIMIT = 80

_SUBJECTS = {
    Reminder.STARTED: "Premium has begun: {}",
    Reminder.TRIAL_ENDS: "Your trial ends soon: {}",
    Reminder.PAYMENT_FAILED: "Your payment failed: {}",
    Reminder.ACTION_REQUIRED: "Please confirm your payment: {}",
    Reminder.GRACE_STARTED: "Premium has ended: {}",
    Reminder.GRACE_WEEK: "Results are archived in a week: {}",
    Reminder.GRACE_DAY: "Results are archived tomorrow: {}",
    Reminder.ENDED: "Results are archived again: {}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """Something that the owners of a lab are to be told.

    `covers`: what need not be told any more once this is.
    """

    reminder: Reminder
    about: str
    entitlement: Entitlement
    covers: tuple[Reminder, ...] = ()


def sweep(*, now: datetime) -> int:
    """This function will queue the mails that are called for, and give the number of labs that are told something."""
    with locks.alone(TELL) as alone:
        if not alone:
            return 0
        return sum(_tell(call, now=now) for call in [*_of_changes(now), *_of_standing(now)])


def _of_changes(now: datetime) -> Iterator[_Call]:
    """This function will find labs that have entered or left Premium of late, for good as far as we know."""
    latest = EntitlementChange.objects.filter(created_at__gt=now - _FRESH, version=F("lab__entitlement__version"))
    changes = latest.exclude(plan=F("plan_before")).exclude(plan=Plan.GRACE).select_related("lab__entitlement__lab")
    for change in changes.order_by("created_at")[:_BATCH]:
        reminder = Reminder.STARTED if change.plan == Plan.PREMIUM else Reminder.ENDED
        yield _Call(reminder=reminder, about=f"version {change.version}", entitlement=change.lab.entitlement)


def _of_standing(now: datetime) -> Iterator[_Call]:
    """This function will find labs about which something is to be said as they stand."""
    is_trial_ending = Q(basis=Basis.TRIAL, period_end_at__gt=now, period_end_at__lte=now + _TRIAL_WARNING)
    is_in_grace = Q(plan=Plan.GRACE, grace_until__gt=now)
    found = Entitlement.objects.filter(is_trial_ending | is_in_grace | ~Q(payment=Payment.NOTHING))
    for entitlement in found.select_related("lab").order_by("pk")[:_BATCH]:
        if entitlement.payment != Payment.NOTHING:
            yield _of_payment(entitlement)
        elif entitlement.plan != Plan.GRACE:
            yield _Call(reminder=Reminder.TRIAL_ENDS, about=entitlement.subscription_id, entitlement=entitlement)
        if entitlement.plan == Plan.GRACE:
            yield from _of_grace(entitlement, now=now)


def _of_payment(entitlement: Entitlement) -> _Call:
    """This function will ask for a payment; the mail names the end of grace, too."""
    is_action = entitlement.payment == Payment.ACTION_REQUIRED
    return _Call(
        reminder=Reminder.ACTION_REQUIRED if is_action else Reminder.PAYMENT_FAILED,
        about=entitlement.invoice_id,
        entitlement=entitlement,
    )


def _of_grace(entitlement: Entitlement, *, now: datetime) -> Iterator[_Call]:
    """This function will tell of grace: that it has begun, or how little of it is left, in one mail.

    A mail that calls for a payment has told already that grace has begun.
    """
    if entitlement.grace_until is None:
        return
    about, left = entitlement.grace_until.isoformat(), entitlement.grace_until - now
    reached = [Reminder.GRACE_STARTED]
    if left <= _WEEK:
        reached.append(Reminder.GRACE_WEEK)
    if left <= _DAY:
        reached.append(Reminder.GRACE_DAY)
    told = set(Told.objects.filter(lab=entitlement.pk, about=about).values_list("reminder", flat=True))
    latest, first = reached[-1], Reminder.GRACE_STARTED
    if entitlement.payment == Payment.NOTHING:
        reminder = latest if first in told else first
    elif latest == first:
        return
    else:
        reminder = latest
    if latest not in told:
        yield _Call(reminder=reminder, about=about, entitlement=entitlement, covers=tuple(reached))


def _tell(call: _Call, *, now: datetime) -> bool:
    """This function will queue one mail to each owner and note what was told; it tells whether there was anybody."""
    lab = call.entitlement.lab
    with transaction.atomic():
        _, is_new = Told.objects.get_or_create(
            lab=lab, reminder=call.reminder, about=call.about, defaults={"told_at": now}
        )
        if not is_new:
            return False
        covered = [Told(lab=lab, reminder=one, about=call.about, told_at=now) for one in call.covers]
        Told.objects.bulk_create(covered, ignore_conflicts=True)
        owners = list(User.objects.filter(memberships__lab=lab, memberships__role=Role.OWNER, is_active=True))
        for owner in owners:
            _post(call, owner)
    logger.info("Lab %s is told: %s (%s owners).", lab.pk, call.reminder, len(owners))
    return bool(owners)


def _post(call: _Call, owner: User) -> None:
    lab, entitlement = call.entitlement.lab, call.entitlement
    with timezone.override(ZoneInfo(owner.time_zone or "UTC")):
        letters.post(
            f"billing/{call.reminder.lower()}/{lab.pk}/{call.about}",
            recipient=owner.email,
            subject=_SUBJECTS[call.reminder].format(one_line(lab.name, limit=_SUBJECT_NAME_LIMIT)),
            template=f"billing/mail/{call.reminder.lower()}",
            context={
                "lab": lab,
                "entitlement": entitlement,
                "is_trial": entitlement.basis == Basis.TRIAL,
                "is_granted": entitlement.basis == Basis.GRANT,
                "page_url": _url("billing:detail", lab),
                "upgrade_url": _url("billing:upgrade", lab),
            },
        )


def _url(name: str, lab: Lab) -> str:
    return settings.WEB_ORIGIN + reverse(name, args=[lab.pk])
