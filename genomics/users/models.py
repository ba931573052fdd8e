"""Users sign in with their e-mail address; labs own jobs; memberships say who belongs to which lab."""

import uuid
import zoneinfo
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone

from genomics.users.limits import Limits, Plan, limits_of


class Role(models.TextChoices):
    """What a member may do in a lab."""

    OWNER = "OWNER", "Owner"
    MEMBER = "MEMBER", "Member"


class UserManager(BaseUserManager["User"]):
    """Creates users together with what every user has from the start: a personal lab."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        return self.save_with_lab(user)

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, **{**fields, "is_staff": True, "is_superuser": True})

    def save_with_lab(self, user: "User") -> "User":
        """This function will store a new user and the personal lab that the user owns, or neither."""
        with transaction.atomic():
            user.save(using=self._db)
            Lab.objects.found(user, name=user.get_short_name(), now=user.date_joined)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


def validate_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f"“{name}” is not a time zone. Choose one such as Europe/Berlin.")


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in."""

    email = models.EmailField("e-mail", unique=True)
    name = models.CharField(max_length=150, blank=True)
    institution = models.CharField(max_length=200, blank=True)
    # Empty: the browser's own time zone is used.
    time_zone = models.CharField(max_length=64, blank=True, validators=[validate_time_zone])
    mail_when_done = models.BooleanField("mail me when a job of mine is done", default=True, db_default=True)
    mail_when_failed = models.BooleanField("mail me when a job of mine has failed", default=True, db_default=True)
    mail_when_archived = models.BooleanField(
        "mail me before a result of mine is archived, and when it is", default=True, db_default=True
    )
    mail_when_restored = models.BooleanField("mail me when results of mine are back", default=True, db_default=True)
    # The lab chosen last; None: none chosen yet. It counts only as long as the user belongs to it: see labs.chosen.
    current_lab = models.ForeignKey("Lab", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    is_staff = models.BooleanField("admin", default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"), name="user_email_unique", violation_error_message="This e-mail is taken."
            )
        ]

    def __str__(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name or self.email.partition("@")[0]


class LabQuerySet(models.QuerySet["Lab"]):
    """Questions about labs, and how one begins."""

    def of(self, user: User) -> "LabQuerySet":
        """This function will give the labs that the user belongs to, oldest membership first."""
        return self.filter(memberships__user=user).order_by("memberships__id")

    def owned_by(self, user: User) -> "LabQuerySet":
        return self.filter(memberships__user=user, memberships__role=Role.OWNER)

    def closed(self) -> "LabQuerySet":
        return self.filter(closed_at__isnull=False)

    def found(self, owner: User, *, name: str, now: datetime) -> "Lab":
        """This function will make a lab with its first owner."""
        with transaction.atomic():
            lab = self.create(name=name, email=owner.email, created_at=now)
            Membership.objects.create(lab=lab, user=owner, role=Role.OWNER)
            MembershipEvent.objects.create(
                lab=lab,
                email=owner.email,
                change=Change.FOUNDED,
                role=Role.OWNER,
                actor=f"user:{owner.pk}",
                created_at=now,
            )
        return lab


class Lab(models.Model):
    """The subscriber: jobs and plans belong to a lab."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    email = models.EmailField("e-mail")  # where invoices and notices for the lab go
    plan = models.CharField(max_length=16, choices=Plan, default=Plan.FREE)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # None: open. A closed lab has no members, so nobody sees it; it goes as soon as nothing belongs to it any more.
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    members = models.ManyToManyField(User, through="Membership", related_name="labs")

    objects = LabQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(plan__in=Plan.values), name="lab_plan_known")]
        indexes = [models.Index(fields=["closed_at"], condition=models.Q(closed_at__isnull=False), name="lab_closed")]

    def __str__(self) -> str:
        return self.name

    @property
    def limits(self) -> Limits:
        return limits_of(self.plan)


class Membership(models.Model):
    """A user's place in a lab."""

    lab = models.ForeignKey(Lab, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role, default=Role.MEMBER)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lab", "user"], name="membership_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.user_id} of {self.lab_id}"


class Change(models.TextChoices):
    """What can happen to somebody's place in a lab."""

    FOUNDED = "FOUNDED", "Founded the lab"
    INVITED = "INVITED", "Invited"
    DECLINED = "DECLINED", "Declined the invitation"
    REVOKED = "REVOKED", "Invitation revoked"
    JOINED = "JOINED", "Joined"
    ROLE_CHANGED = "ROLE_CHANGED", "Role changed"
    LEFT = "LEFT", "Left"
    REMOVED = "REMOVED", "Removed"


class MembershipEvent(models.Model):
    """One change of who belongs to a lab, and who made it."""

    lab = models.ForeignKey(Lab, on_delete=models.CASCADE, related_name="membership_events")
    email = models.EmailField("e-mail")  # of the person whose place it is, as it was then
    change = models.CharField(max_length=16, choices=Change)
    role = models.CharField(max_length=16, choices=Role, blank=True)  # from then on; empty: none any more
    actor = models.CharField(max_length=200)  # user:7, admin:1
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(change__in=Change.values), name="membership_event_change_known"),
            models.CheckConstraint(condition=~models.Q(actor=""), name="membership_event_has_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.get_change_display()}: {self.email} by {self.actor}"
