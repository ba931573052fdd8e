"""What a lab is entitled to and why, what was heard from Stripe, and what is still to be done about it.

Stripe's objects are kept by their ids, as text: dj-stripe's tables mirror them for pages; no row here points there.
"""

import uuid
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from billing.values import Json
from genomics.users.limits import Plan
from genomics.users.models import Lab, User


class Basis(models.TextChoices):
    """Why a lab has its plan, weakest first."""

    NOTHING = "NOTHING", "Nothing"
    GRANT = "GRANT", "Granted by an admin"
    TRIAL = "TRIAL", "Trial"
    SUBSCRIPTION = "SUBSCRIPTION", "Subscription"


class Payment(models.TextChoices):
    """What the last payment of a subscription wants from people."""

    NOTHING = "NOTHING", "Nothing"
    FAILED = "FAILED", "The card was declined"
    ACTION_REQUIRED = "ACTION_REQUIRED", "The bank wants to be asked"


class Subscriber(Lab):
    """A lab, as administrators see what it is entitled to and why."""

    class Meta:
        proxy = True
        verbose_name = "billing of a lab"
        verbose_name_plural = "billing of labs"


class Customer(models.Model):
    """A customer of Stripe's, and the lab that it is. A lab has one that is there, and may have had others."""

    id = models.CharField(max_length=255, primary_key=True)  # Stripe's
    lab = models.ForeignKey(Lab, on_delete=models.CASCADE, related_name="customers")
    livemode = models.BooleanField()
    since_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True, blank=True)  # deleted at Stripe, as far as we know; None: it is there
    # As Stripe gave them last: all that is known of a customer that is gone.
    subscriptions: models.JSONField[list[Json], list[Json]] = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lab"], condition=Q(gone_at=None), name="customer_one_there"),
        ]

    def __str__(self) -> str:
        return self.id


class EntitlementQuerySet(models.QuerySet["Entitlement"]):
    """Questions about entitlements."""

    def outdated(self, now: datetime, *, reconciled_before: datetime) -> "EntitlementQuerySet":
        """This function will give those that the clock alone has changed since they were written.

        Stripe may be later than the clock: none that was reconciled since `reconciled_before` is asked for again.
        """
        over = Q(grace_until__lte=now) | Q(ends_at__lte=now)
        return self.filter(over, reconciled_at__lt=reconciled_before)


class Entitlement(models.Model):
    """What a lab may use, as Stripe and the grants say: `billing.reconcile` writes it, and nobody else.

    The customer alone is noted by `billing.entitlements`, under the same lock of the row.
    """

    lab = models.OneToOneField(Lab, on_delete=models.CASCADE, primary_key=True, related_name="entitlement")
    plan = models.CharField(max_length=16, choices=Plan, default=Plan.FREE)
    basis = models.CharField(max_length=16, choices=Basis, default=Basis.NOTHING)
    customer_id = models.CharField(max_length=255, blank=True)  # empty: never a customer, or a deleted one
    subscription_id = models.CharField(max_length=255, blank=True)  # that the plan rests on; empty: on none
    subscription_status = models.CharField(max_length=32, blank=True)  # Stripe's word
    lookup_key = models.CharField(max_length=255, blank=True)  # of the price that is paid
    period_end_at = models.DateTimeField(null=True, blank=True)  # None: no subscription
    ends_at = models.DateTimeField(null=True, blank=True)  # None: the plan goes on
    grace_until = models.DateTimeField(null=True, blank=True)  # None: no grace, or one without end
    payment = models.CharField(max_length=16, choices=Payment, default=Payment.NOTHING)
    payment_url = models.URLField(max_length=2048, blank=True)  # Stripe's page for the invoice that is open
    invoice_id = models.CharField(max_length=255, blank=True)  # of that invoice; empty: none is open
    trial_used_at = models.DateTimeField(null=True, blank=True)  # None: the lab may still try
    version = models.PositiveIntegerField(default=0)  # counts the changes of plan and basis
    reconciled_at = models.DateTimeField(null=True, blank=True)  # None: never yet

    objects = EntitlementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(plan__in=Plan.values), name="entitlement_plan_known"),
            models.CheckConstraint(condition=Q(basis__in=Basis.values), name="entitlement_basis_known"),
            models.CheckConstraint(condition=Q(payment__in=Payment.values), name="entitlement_payment_known"),
            models.UniqueConstraint(
                fields=["customer_id"], condition=~Q(customer_id=""), name="entitlement_customer_unique"
            ),
        ]
        indexes = [
            models.Index(fields=["grace_until"], condition=Q(grace_until__isnull=False), name="entitlement_grace"),
            models.Index(fields=["ends_at"], condition=Q(ends_at__isnull=False), name="entitlement_ends"),
        ]

    def __str__(self) -> str:
        return f"{self.get_plan_display()} for {self.lab_id}"


class EntitlementChange(models.Model):
    """One change of what a lab is entitled to: who or what made it, and why."""

    lab = models.ForeignKey(Lab, on_delete=models.CASCADE, related_name="entitlement_changes")
    version = models.PositiveIntegerField()  # of the entitlement, from 1
    plan_before = models.CharField(max_length=16, choices=Plan)
    plan = models.CharField(max_length=16, choices=Plan)
    basis = models.CharField(max_length=16, choices=Basis)
    actor = models.CharField(max_length=200)  # billing:evt_…, sweep, user:7, admin:1
    reason = models.CharField(max_length=300)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lab", "version"], name="entitlement_change_once"),
            models.CheckConstraint(condition=~Q(actor=""), name="entitlement_change_has_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.get_plan_before_display()} to {self.get_plan_display()}: {self.reason}"


class GrantQuerySet(models.QuerySet["Grant"]):
    """Questions about grants."""

    def unheeded(self, now: datetime) -> "GrantQuerySet":
        """This function will give those that have begun, or were revoked, since their lab was reconciled."""
        reconciled_at = F("lab__entitlement__reconciled_at")
        since = Greatest("starts_at", "created_at", "revoked_at")
        never = Q(lab__entitlement__reconciled_at=None)
        return self.alias(since=since).filter(never | Q(since__gt=reconciled_at), starts_at__lte=now)


class Grant(models.Model):
    """A plan that an admin gives to a lab for a while, whatever Stripe says."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    lab = models.ForeignKey(Lab, on_delete=models.CASCADE, related_name="grants")
    plan = models.CharField(max_length=16, choices=[(Plan.PREMIUM, "Premium"), (Plan.GRACE, "Grace")])
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)  # None: until it is revoked
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)  # None: it stands
    reason = models.CharField(max_length=300)
    actor = models.CharField(max_length=200, editable=False)  # admin:1
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = GrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(plan__in=[Plan.PREMIUM, Plan.GRACE]), name="grant_plan_known"),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")), name="grant_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_plan_display()} for {self.lab_id}: {self.reason}"

    @property
    def over_at(self) -> datetime | None:
        """The moment at which it ends or ended; None: it goes on."""
        return min((moment for moment in (self.ends_at, self.revoked_at) if moment), default=None)


class NewsQuerySet(models.QuerySet["News"]):
    """Questions about news."""

    def unread(self) -> "NewsQuerySet":
        return self.filter(read__lt=F("heard"))

    def due(self, now: datetime, *, heard_before: datetime) -> "NewsQuerySet":
        """This function will give those whose hint was lost, and those that are to be tried again, oldest first."""
        fresh = Q(next_attempt_at=None, heard_at__lt=heard_before)
        return self.unread().filter(fresh | Q(next_attempt_at__lte=now)).order_by("heard_at")


class News(models.Model):
    """The inbox: something of a customer has changed at Stripe. What it was, reconcile asks Stripe itself."""

    customer_id = models.CharField(max_length=255, primary_key=True)
    heard = models.PositiveBigIntegerField(default=1)  # counts what came
    read = models.PositiveBigIntegerField(default=0)  # up to this count Stripe has been asked since
    event_id = models.CharField(max_length=255, blank=True)  # of the last; empty: it was no event
    heard_at = models.DateTimeField()  # when it was hinted: what comes while a hint is on its way leaves it as it is
    failures = models.PositiveIntegerField(default=0)  # in a row
    next_attempt_at = models.DateTimeField(null=True, blank=True)  # None: at once

    objects = NewsQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "news"
        indexes = [models.Index(fields=["heard_at"], condition=Q(read__lt=F("heard")), name="news_unread")]

    def __str__(self) -> str:
        return f"{self.heard - self.read} unread of {self.customer_id}"


class EffectQuerySet(models.QuerySet["Effect"]):
    """Questions about effects."""

    def waiting(self) -> "EffectQuerySet":
        return self.filter(applied_at=None, dropped_at=None)


class Effect(models.Model):
    """A change of plan that is still to reach jobs and archive, or has. Of one lab the newest version counts."""

    lab = models.ForeignKey(Lab, on_delete=models.CASCADE, related_name="effects")
    version = models.PositiveIntegerField()  # of the entitlement that it follows from
    plan = models.CharField(max_length=16, choices=Plan)
    actor = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)  # None: not yet
    dropped_at = models.DateTimeField(null=True, blank=True)  # a newer one contradicted it before it was applied

    objects = EffectQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lab", "version"], name="effect_once"),
            models.CheckConstraint(
                condition=Q(applied_at=None) | Q(dropped_at=None), name="effect_not_both_applied_and_dropped"
            ),
        ]
        indexes = [models.Index(fields=["lab"], condition=Q(applied_at=None, dropped_at=None), name="effect_waiting")]

    def __str__(self) -> str:
        return f"{self.get_plan_display()} for {self.lab_id}, version {self.version}"


class Checkout(models.Model):
    """A visit to Stripe's checkout: while it is open, asking again leads to the same page and not to a second one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)  # its idempotency key, too
    lab = models.ForeignKey(Lab, on_delete=models.CASCADE, related_name="checkouts")
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    lookup_key = models.CharField(max_length=255)
    with_trial = models.BooleanField(default=False)
    session_id = models.CharField(max_length=255, blank=True)  # empty: Stripe was not asked, or did not answer
    url = models.URLField(max_length=2048, blank=True)
    begun_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)  # paid, left or expired; None: open

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lab"], condition=Q(closed_at=None), name="checkout_one_open"),
            models.UniqueConstraint(fields=["session_id"], condition=~Q(session_id=""), name="checkout_session_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.lookup_key} for {self.lab_id}"


class Reminder(models.TextChoices):
    """What the owners of a lab are told by mail about its subscription."""

    STARTED = "STARTED", "Premium has begun"
    TRIAL_ENDS = "TRIAL_ENDS", "The trial ends soon"
    PAYMENT_FAILED = "PAYMENT_FAILED", "A payment failed"
    ACTION_REQUIRED = "ACTION_REQUIRED", "The bank wants to be asked"
    GRACE_STARTED = "GRACE_STARTED", "Grace has begun"
    GRACE_WEEK = "GRACE_WEEK", "Grace ends in 7 days"
    GRACE_DAY = "GRACE_DAY", "Grace ends tomorrow"
    ENDED = "ENDED", "Results are archived again"


class Told(models.Model):
    """One reminder that was given; `about` tells one grace, invoice or trial from another."""

    lab = models.ForeignKey(Lab, on_delete=models.CASCADE, related_name="+")
    reminder = models.CharField(max_length=16, choices=Reminder)
    about = models.CharField(max_length=255)
    told_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lab", "reminder", "about"], name="told_once")]

    def __str__(self) -> str:
        return f"{self.get_reminder_display()}: {self.lab_id}"


class Comparison(models.Model):
    """The report of one nightly comparison with Stripe: what differed is healed, and is an alarm all the same."""

    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)  # None: it runs, or was cut off
    customers = models.PositiveIntegerField(default=0)
    missed_events = models.PositiveIntegerField(default=0)
    labs = models.PositiveIntegerField(default=0)  # looked at
    last_lab = models.UUIDField(null=True, blank=True)  # up to which they were looked at; None: none yet
    failed = models.PositiveIntegerField(default=0)  # labs of which it could not be told whether they differ
    drift: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(default=list)  # lab by lab

    def __str__(self) -> str:
        return f"{len(self.drift)} of {self.labs} differed on {self.begun_at:%Y-%m-%d}"
