"""Messages that could not be worked on, kept until an operator has decided about them."""

from django.db import models


class Queue(models.Model):
    """The queues of SQS, as far as the admin is concerned: it has a page and a permission, but no table."""

    class Meta:
        managed = False
        default_permissions = ("view",)


class State(models.TextChoices):
    """What became of a dead letter."""

    WAITING = "WAITING", "To be decided"
    REQUEUED = "REQUEUED", "Put back on the queue"
    DROPPED = "DROPPED", "Dropped"


class DeadLetter(models.Model):
    """One message from a dead-letter queue. The row outlives the decision: it is the audit trail."""

    message_id = models.CharField(max_length=100, unique=True)  # SQS's own
    queue = models.CharField(max_length=80)  # its role, as in settings.STACK
    task = models.CharField(max_length=200, blank=True)  # empty: not a task of ours
    body = models.TextField()  # as SQS holds it
    group = models.CharField(max_length=128, blank=True)  # MessageGroupId: the lab
    attributes = models.JSONField(default=dict)  # as genomics.aws.sqs gives them
    receive_count = models.PositiveIntegerField()
    sent_at = models.DateTimeField()
    first_received_at = models.DateTimeField(null=True, blank=True)  # None: SQS does not say
    collected_at = models.DateTimeField()
    state = models.CharField(max_length=16, choices=State, default=State.WAITING)
    actor = models.CharField(max_length=200, blank=True)  # who decided; empty while it waits
    decided_at = models.DateTimeField(null=True, blank=True)  # None: it waits

    class Meta:
        default_permissions = ("view", "change")
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=State.values), name="dead_letter_state_known"),
            models.CheckConstraint(
                condition=models.Q(state=State.WAITING, decided_at=None, actor="")
                | (~models.Q(state=State.WAITING) & ~models.Q(actor="") & models.Q(decided_at__isnull=False)),
                name="dead_letter_decided_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["queue"], name="dead_letter_waiting", condition=models.Q(state=State.WAITING))]

    def __str__(self) -> str:
        return f"{self.task or 'unknown'} {self.message_id}"
