"""One row per mail: the row is the truth, the task sends it, the sweep heals a lost hint."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone


class MailQuerySet(models.QuerySet["Mail"]):
    """Questions about mails."""

    def due(self, now: datetime) -> "MailQuerySet":
        return self.filter(sent_at=None, next_attempt_at__lte=now, attempts__lt=settings.MAIL_MAX_ATTEMPTS).order_by(
            "next_attempt_at"
        )

    def given_up(self) -> "MailQuerySet":
        return self.filter(sent_at=None, attempts__gte=settings.MAIL_MAX_ATTEMPTS)


class Mail(models.Model):
    """One mail to one recipient. Its text is erased when it has been sent: codes and links do not linger."""

    # What the mail is about; the same key is sent to the same recipient once.
    key = models.CharField(max_length=200)
    recipient = models.EmailField()
    subject = models.CharField(max_length=300)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    next_attempt_at = models.DateTimeField(db_default=Now())  # by the clock by which the mail is looked for
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)  # of the latest attempt
    sent_at = models.DateTimeField(null=True, blank=True)  # None: not sent yet

    objects = MailQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "recipient"], name="mail_once_per_recipient")]
        indexes = [models.Index(fields=["next_attempt_at"], name="mail_due", condition=models.Q(sent_at=None))]

    def __str__(self) -> str:
        return f"{self.subject} → {self.recipient}"
