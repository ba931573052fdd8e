"""Invitations to labs. A mail carries the token, the row only its digest."""

import hashlib
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower

from genomics.users.models import Lab, Role


class State(models.TextChoices):
    """Where an invitation stands; one that is open may have expired."""

    OPEN = "OPEN", "Open"
    ACCEPTED = "ACCEPTED", "Accepted"
    DECLINED = "DECLINED", "Declined"
    REVOKED = "REVOKED", "Revoked"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Questions about invitations."""

    def with_token(self, token: str) -> "InvitationQuerySet":
        return self.filter(token_sha256=digest(token))

    def open(self) -> "InvitationQuerySet":
        return self.filter(state=State.OPEN)

    def acceptable(self, now: datetime) -> "InvitationQuerySet":
        return self.open().filter(expires_at__gt=now)


class Invitation(models.Model):
    """An offer to whoever proves to own an address: join this lab."""

    lab = models.ForeignKey(Lab, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField("e-mail")
    role = models.CharField(max_length=16, choices=Role, default=Role.MEMBER)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    token_sha256 = models.CharField(max_length=64, unique=True)  # hexadecimal; of the latest mail's token
    state = models.CharField(max_length=16, choices=State, default=State.OPEN)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)  # accepted, declined or revoked; None: still open

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "lab", Lower("email"), condition=models.Q(state=State.OPEN), name="invitation_open_once"
            ),
            models.CheckConstraint(condition=models.Q(state__in=State.values), name="invitation_state_known"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="invitation_role_known"),
            models.CheckConstraint(
                condition=models.Q(state=State.OPEN, ended_at=None)
                | (~models.Q(state=State.OPEN) & models.Q(ended_at__isnull=False)),
                name="invitation_ended_unless_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} → {self.lab_id}"


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
