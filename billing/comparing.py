"""The nightly comparison with Stripe: whatever was lost on the way here is found, healed, reported, and an alarm.

1. All subscriptions of the account are paged through once, and each lab is judged by them. Where the judgement differs
   from what the lab has, the lab is reconciled: that asks anew, so that only what was truly wrong is reported.
2. Who pays and is no lab of ours is reported.
3. Events that Stripe could not deliver are heard of now.

A run that was cut off is gone on with. No lab keeps the others from being looked at.
"""

import logging
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from djstripe.models import Event

from billing import facts, gateway, inbox, mirror
from billing.decide import decide
from billing.errors import StripeError
from billing.events import EVENTS
from billing.models import Comparison, Customer, Effect, Entitlement, Grant, News
from billing.reconcile import reconcile
from billing.values import Json, customer_of
from genomics import locks
from genomics.queues import send
from genomics.users.limits import Plan
from genomics.users.models import Lab

logger = logging.getLogger(__name__)

COMPARE = "billing.compare"
_BATCH = 200
_TIME = timedelta(minutes=45)  # for one call; what is left is hinted again
_RESUMED = timedelta(days=1)  # a run that was cut off earlier than this is left as it is
_SETTLING = timedelta(minutes=10)  # what is younger may still be on its way
_REMEMBERED = timedelta(days=30)  # so long Stripe keeps events
_OVERLAP = timedelta(hours=1)

Clock = Callable[[], datetime]
Objects = Mapping[str, list[Json]]  # subscriptions of each customer


def compare(*, clock: Clock) -> Comparison | None:
    """This function will compare all labs with Stripe and give its report; None: another process does so now.

    It ends without an end in the report when Stripe does not answer.
    """
    with locks.alone(COMPARE) as alone:
        if not alone:
            return None
        now = clock()
        report = _report(now)
        try:
            _compare(report, clock=clock)
        except StripeError:
            logger.exception("The comparison with Stripe was cut off; the next one goes on with it.")
        report.refresh_from_db()
    if report.drift:
        logger.error(
            "%s of %s labs were not what Stripe says: see the comparison in the admin.", len(report.drift), report.labs
        )
    if report.missed_events:
        logger.error(
            "%s events did not reach us. They are heard now; is the webhook endpoint up?", report.missed_events
        )
    return report


def _report(now: datetime) -> Comparison:
    """This function will give the run that was cut off, or begin a new one."""
    begun = Comparison.objects.filter(ended_at=None, begun_at__gt=now - _RESUMED).order_by("-begun_at").first()
    return begun or Comparison.objects.create(begun_at=now)


def _compare(report: Comparison, *, clock: Clock) -> None:
    end = time.monotonic() + _TIME.total_seconds()
    objects = _all_objects()
    Comparison.objects.filter(pk=report.pk).update(customers=len(objects))
    while labs := _next_labs(report):
        for lab in labs:
            _look(report, lab, objects, now=clock())
        report.last_lab = labs[-1].pk
        report.save(update_fields=["labs", "last_lab", "failed", "drift"])
        if time.monotonic() > end:
            send(COMPARE)
            return
    _report_strangers(report, objects, now=clock())
    report.missed_events = _hear_what_was_missed(report, now=clock())
    report.ended_at = clock()
    report.save(update_fields=["drift", "failed", "missed_events", "ended_at"])


def _all_objects() -> Objects:
    objects: dict[str, list[Json]] = defaultdict(list)
    if settings.BILLING_MODE != "off":
        for data in gateway.all_subscription_objects():
            objects[customer_of(data) or ""].append(data)
    return objects


def _next_labs(report: Comparison) -> list[Lab]:
    """This function will give the next labs that are, or ought to be, anything but free from the start."""
    touched = Q(entitlement__isnull=False) | ~Q(plan=Plan.FREE) | Exists(Grant.objects.filter(lab=OuterRef("pk")))
    labs = Lab.objects.filter(touched).order_by("pk").select_related("entitlement")
    if report.last_lab:
        labs = labs.filter(pk__gt=report.last_lab)
    return list(labs[:_BATCH])


def _look(report: Comparison, lab: Lab, objects: Objects, *, now: datetime) -> None:
    """This function will judge one lab, and heal and report what differs."""
    report.labs += 1
    try:
        if _is_as_it_should_be(lab, objects, now=now):
            return
        before = _snapshot(lab.pk)
        reconcile(lab.pk, actor="sweep", now=now)
        after = _snapshot(lab.pk)
    except Exception:
        logger.exception("Lab %s could not be compared with Stripe.", lab.pk)
        report.failed += 1
        return
    if before != after:
        report.drift.append({"lab": str(lab.pk), "was": before, "is": after})
        for customer_id in lab.customers.filter(gone_at=None).values_list("pk", flat=True):
            mirror.refresh(customer_id)


def _is_as_it_should_be(lab: Lab, objects: Objects, *, now: datetime) -> bool:
    """This function will tell whether a lab has what Stripe and the grants say, or will have it in a moment."""
    entitlement = Entitlement.objects.filter(pk=lab.pk).first() or Entitlement(lab=lab)
    customers = list(Customer.objects.filter(lab=lab, livemode=settings.STRIPE_LIVE_MODE))
    if _is_settling(entitlement, customers, now=now):
        return True
    subscriptions = facts.ours(one for customer in customers for one in _known(customer, objects))
    now = max([now, *facts.moved_times(subscriptions, entitlement.customer_id)])
    verdict = decide(subscriptions, Grant.objects.filter(lab=lab), now=now, grace=settings.BILLING_GRACE)
    subscription = verdict.subscription
    return (
        (verdict.plan, verdict.basis) == (entitlement.plan, entitlement.basis)
        and (verdict.ends_at, verdict.grace_until) == (entitlement.ends_at, entitlement.grace_until)
        and (subscription.id if subscription else "") == entitlement.subscription_id
        and (subscription.status if subscription else "") == entitlement.subscription_status
        and lab.plan == entitlement.plan
    )


def _known(customer: Customer, objects: Objects) -> Iterable[Json]:
    return customer.subscriptions if customer.gone_at else objects.get(customer.pk, [])


def _is_settling(entitlement: Entitlement, customers: list[Customer], *, now: datetime) -> bool:
    """This function will tell whether news, an effect or the clock are about to change the lab anyway."""
    recently = now - _SETTLING
    news = News.objects.unread().filter(pk__in=[customer.pk for customer in customers], heard_at__gt=recently)
    effects = Effect.objects.waiting().filter(lab=entitlement.pk, created_at__gt=recently)
    dates = (entitlement.ends_at, entitlement.grace_until)
    return news.exists() or effects.exists() or any(date and recently < date <= now for date in dates)


def _snapshot(lab_id: uuid.UUID) -> dict[str, Any]:
    """This function will give what a report says of a lab before and after it was reconciled."""
    lab = Lab.objects.get(pk=lab_id)
    entitlement = Entitlement.objects.filter(pk=lab_id).first() or Entitlement(lab=lab)
    dates = {"ends_at": entitlement.ends_at, "grace_until": entitlement.grace_until}
    return {
        "plan": lab.plan,
        "entitled_to": entitlement.plan,
        "basis": entitlement.basis,
        "version": entitlement.version,
        "subscription": entitlement.subscription_id,
        "status": entitlement.subscription_status,
        **{name: date.isoformat() if date else None for name, date in dates.items()},
    }


def _report_strangers(report: Comparison, objects: Objects, *, now: datetime) -> None:
    """This function will report who pays for a plan and is not known to be a lab.

    A lab that only Stripe knows to be this customer gets what it pays for.
    """
    known = set(Customer.objects.values_list("pk", flat=True))
    for customer_id, own in objects.items():
        if customer_id in known or not any(one.is_live for one in facts.ours(own)):
            continue
        logger.error("Customer %s pays, and is not known to be a lab.", customer_id)
        found: dict[str, Any] = {"customer": customer_id, "lab": None}
        report.drift.append(found)
        try:
            lab_id = inbox.lab_of(customer_id, now=now)
            if lab_id:
                reconcile(lab_id, actor="sweep", now=now)
                found["lab"] = str(lab_id)
        except Exception:
            logger.exception("Customer %s could not be compared.", customer_id)
            report.failed += 1


def _hear_what_was_missed(report: Comparison, *, now: datetime) -> int:
    """This function will hear of the events that never came, and give their number."""
    if settings.BILLING_MODE == "off":
        return 0
    last = Comparison.objects.filter(ended_at__isnull=False).exclude(pk=report.pk).order_by("-begun_at").first()
    since = max(last.begun_at - _OVERLAP, now - _REMEMBERED) if last else now - _REMEMBERED
    notices = list(gateway.undelivered(since=since, until=now - _SETTLING, types=EVENTS))
    came = set(Event.objects.filter(id__in=[one.id for one in notices]).values_list("id", flat=True))
    missed = {one.customer_id: one.id for one in reversed(notices) if one.id not in came}
    for customer_id, event_id in missed.items():
        with transaction.atomic():
            inbox.hear(customer_id, event_id=event_id, now=now)
    return sum(one.id not in came for one in notices)
