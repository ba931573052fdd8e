"""The only writer of what a lab is entitled to.

It asks Stripe how things stand instead of believing what came by message, decides, and writes entitlement, history and
effect in one transaction. All of it happens under a lock of the lab's row: an answer that is written was asked for
after the one that it replaces. What has changed at Stripe meanwhile comes with news of its own.
"""

import logging
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction

from billing import entitlements, facts, gateway
from billing.decide import Verdict, decide
from billing.models import Basis, Effect, Entitlement, EntitlementChange, Grant, Payment
from billing.values import Owed, Subscription, SubscriptionStatus
from genomics.queues import send
from genomics.users.limits import Plan
from genomics.users.models import Lab

logger = logging.getLogger(__name__)

APPLY = "billing.apply"
_OWING = {SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID, SubscriptionStatus.INCOMPLETE}
_WRITTEN = (
    "plan", "basis", "subscription_id", "subscription_status", "lookup_key", "period_end_at", "ends_at", "grace_until",
    "payment", "payment_url", "invoice_id", "trial_used_at", "version", "reconciled_at",
)  # fmt: skip

_PREMIUM_BECAUSE = {
    Basis.SUBSCRIPTION: "A subscription is paid for.",
    Basis.TRIAL: "A trial has begun.",
    Basis.GRANT: "The lab has a granted plan.",
}


def reconcile(lab_id: uuid.UUID, *, actor: str, now: datetime) -> Entitlement:
    """This function will write what a lab is entitled to, and hint what follows from it.

    Raises Lab.DoesNotExist, and StripeUnavailableError or StripeRefusedError: then nothing has changed.
    """
    with transaction.atomic():
        entitlement = entitlements.locked(lab_id)
        began_at = now
        # Whoever waited for the lock has an old clock; for a lab, time does not go back.
        now = max(now, entitlement.reconciled_at or now)
        subscriptions = facts.subscriptions_of(entitlement, now=now)
        now = max([now, *facts.moved_times(subscriptions, entitlement.customer_id)])
        grants = Grant.objects.filter(lab=lab_id)
        verdict = decide(subscriptions, grants, now=now, grace=settings.BILLING_GRACE)
        if _note_change(entitlement, verdict, actor=actor, now=now):
            _note_effect(entitlement, actor=actor, now=began_at)
        _note_subscription(entitlement, verdict)
        _note_payment(entitlement, _owed(subscriptions, verdict))
        entitlement.trial_used_at = entitlement.trial_used_at or _first_trial(subscriptions)
        entitlement.reconciled_at = now
        entitlement.save(update_fields=_WRITTEN)
    return entitlement


def _note_change(entitlement: Entitlement, verdict: Verdict, *, actor: str, now: datetime) -> bool:
    """This function will write a change of plan or basis down, and tell whether there is one.

    A lab whose plan is another one although nothing is on its way to it is brought back: that, too, is a change.
    """
    before = Plan(entitlement.plan)
    is_same = (verdict.plan, verdict.basis) == (entitlement.plan, entitlement.basis)
    reason = _reason(verdict, before=before, basis_before=Basis(entitlement.basis))
    if is_same:
        has = Lab.objects.values_list("plan", flat=True).get(pk=entitlement.pk)
        if has == verdict.plan or Effect.objects.waiting().filter(lab=entitlement.pk).exists():
            return False
        before, reason = Plan(has), "The lab had another plan than it is entitled to."
    entitlement.plan, entitlement.basis = verdict.plan, verdict.basis
    entitlement.version += 1
    EntitlementChange.objects.create(
        lab_id=entitlement.pk,
        version=entitlement.version,
        plan_before=before,
        plan=verdict.plan,
        basis=verdict.basis,
        actor=actor,
        reason=reason,
        created_at=now,
    )
    logger.info("Lab %s: %s to %s, by %s. %s", entitlement.pk, before, verdict.plan, actor, reason)
    return True


def _note_effect(entitlement: Entitlement, *, actor: str, now: datetime) -> None:
    """This function will write down what follows from a change; `now` is everybody's time, by which the sweep goes."""
    Effect.objects.create(
        lab_id=entitlement.pk, version=entitlement.version, plan=entitlement.plan, actor=actor, created_at=now
    )
    send(APPLY, lab=entitlement.pk, lab_id=str(entitlement.pk))


def _note_subscription(entitlement: Entitlement, verdict: Verdict) -> None:
    """This function will note the subscription that the plan rests on, and when the plan ends."""
    subscription = verdict.subscription
    entitlement.subscription_id = subscription.id if subscription else ""
    entitlement.subscription_status = subscription.status if subscription else ""
    entitlement.lookup_key = (subscription.price.lookup_key or "") if subscription else ""
    entitlement.period_end_at = subscription.period_end_at if subscription else None
    entitlement.ends_at = verdict.ends_at
    entitlement.grace_until = verdict.grace_until


def _note_payment(entitlement: Entitlement, owed: Owed | None) -> None:
    entitlement.payment = Payment.NOTHING
    if owed:
        entitlement.payment = Payment.ACTION_REQUIRED if owed.needs_action else Payment.FAILED
    entitlement.payment_url = owed.url if owed else ""
    entitlement.invoice_id = owed.invoice_id if owed else ""


def _owed(subscriptions: Sequence[Subscription], verdict: Verdict) -> Owed | None:
    """This function will ask what is to be paid for the lab to have, or to keep, what it subscribed to; None: nothing.

    An unpaid subscription beside one that is paid keeps nobody from anything.
    """
    if verdict.plan == Plan.PREMIUM and verdict.basis != Basis.GRANT:
        return None
    owing = [one for one in subscriptions if one.status in _OWING]
    if not owing:
        return None
    return gateway.owed(max(owing, key=lambda one: (one == verdict.subscription, one.created_at, one.id)).id)


def _first_trial(subscriptions: Iterable[Subscription]) -> datetime | None:
    """This function will tell when the lab first had a trial; None: never."""
    return min((one.created_at for one in subscriptions if one.trial_end_at), default=None)


def _reason(verdict: Verdict, *, before: Plan, basis_before: Basis) -> str:
    """This function will say in plain words why a lab has its plan."""
    if verdict.plan == Plan.PREMIUM:
        return _PREMIUM_BECAUSE[verdict.basis]
    if verdict.plan == Plan.GRACE:
        return _reason_of_grace(verdict, before=before)
    if before == Plan.GRACE:
        return "The time of grace is over."
    return "The trial has ended." if basis_before == Basis.TRIAL else "Nothing entitles the lab to another plan."


def _reason_of_grace(verdict: Verdict, *, before: Plan) -> str:
    if verdict.subscription is None:
        return "The granted plan is over." if before == Plan.PREMIUM else _PREMIUM_BECAUSE[Basis.GRANT]
    return "The subscription has ended." if verdict.subscription.ended_at else "A payment failed."
