"""What rests in a vault, and what was asked back. The state of a retrieval is written by archive.retrievals alone."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models

from genomics.users.models import Lab
from jobs.models import Job, ResultFile


class VaultName(models.TextChoices):
    """Where archives rest."""

    S3 = "S3", "S3 archive class"
    GLACIER = "GLACIER", "Glacier vault"
    MEMORY = "MEMORY", "Memory"  # in tests


class Tier(models.TextChoices):
    """How fast, and for how much, the vault brings bytes back."""

    EXPEDITED = "EXPEDITED", "Expedited"
    STANDARD = "STANDARD", "Standard"
    BULK = "BULK", "Bulk"


class RetrievalState(models.TextChoices):
    """Where a retrieval stands; the arrows between them are in archive.retrievals."""

    INTENDED = "INTENDED", "To be asked for"
    REQUESTED = "REQUESTED", "On its way"
    READY = "READY", "Ready to be fetched"
    RESTORED = "RESTORED", "Restored"
    FAILED = "FAILED", "Failed"
    EXPIRED = "EXPIRED", "Expired"
    CANCELLED = "CANCELLED", "Cancelled"


OPEN = (RetrievalState.INTENDED, RetrievalState.REQUESTED, RetrievalState.READY)
_STORED = models.Q(stored_at__isnull=False)
_AT_REST = _STORED & models.Q(removed_at=None)
_UNTOLD = _STORED & models.Q(told_at=None)
_ASKED = models.Q(requested_at__isnull=False) & ~models.Q(ticket="")


class ArchivedFileQuerySet(models.QuerySet["ArchivedFile"]):
    """Questions about files in vaults."""

    def at_rest(self) -> "ArchivedFileQuerySet":
        """This function will give the files that a vault holds a verified copy of."""
        return self.filter(_AT_REST)

    def unfinished(self, *, begun_before: datetime) -> "ArchivedFileQuerySet":
        """This function will give the intents of which nobody has recorded an archive for some time, oldest first."""
        return self.filter(stored_at=None, removed_at=None, begun_at__lt=begun_before).order_by("begun_at")

    def still_hot(self) -> "ArchivedFileQuerySet":
        """This function will give the files at rest whose hot copy has not been deleted yet."""
        return self.at_rest().filter(hot_deleted_at=None)

    def untold(self) -> "ArchivedFileQuerySet":
        """This function will give the files that were archived without a mail that tells of it so far."""
        return self.filter(_UNTOLD)


class ArchivedFile(models.Model):
    """One file of a result on its way into a vault, at rest there, or removed from there again: its receipt."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="archived_files")
    file = models.ForeignKey(ResultFile, on_delete=models.PROTECT, related_name="archived_files")
    name = models.CharField(max_length=120, unique=True)  # for the vault: of this archiving and no other, see name_of
    vault = models.CharField(max_length=16, choices=VaultName)
    archive_id = models.CharField(max_length=300, blank=True)  # of the vault's making; empty until it is stored
    size_bytes = models.PositiveBigIntegerField(null=True, blank=True)  # of what was stored; None until then
    sha256 = models.CharField(max_length=64, blank=True)  # hexadecimal, of what was stored
    checksum = models.CharField(max_length=64, blank=True)  # of what the vault holds, in its own way
    storage_class = models.CharField(max_length=30, blank=True)  # S3's; empty in a vault that has none
    begun_at = models.DateTimeField()
    stored_at = models.DateTimeField(null=True, blank=True)  # stored and verified; None: not yet
    hot_deleted_at = models.DateTimeField(null=True, blank=True)  # None: the hot copy is still there
    removed_at = models.DateTimeField(null=True, blank=True)  # from the vault; None: not removed
    told_at = models.DateTimeField(null=True, blank=True)  # None: no mail has told yet that it was archived

    objects = ArchivedFileQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["file"], name="archived_file_once", condition=models.Q(removed_at=None)),
            models.UniqueConstraint(
                fields=["vault", "archive_id"], name="archived_file_archive_once", condition=~models.Q(archive_id="")
            ),
            models.CheckConstraint(condition=models.Q(vault__in=VaultName.values), name="archived_file_vault_known"),
            models.CheckConstraint(
                condition=models.Q(stored_at=None)
                | (~models.Q(archive_id="") & ~models.Q(sha256="") & models.Q(size_bytes__isnull=False)),
                name="archived_file_stored_with_receipt",
            ),
            # Nothing is destroyed before its copy is verified.
            models.CheckConstraint(
                condition=models.Q(hot_deleted_at=None) | _STORED, name="archived_file_hot_until_stored"
            ),
        ]
        indexes = [
            models.Index(
                fields=["begun_at"],
                name="archived_file_unfinished",
                condition=models.Q(stored_at=None, removed_at=None),
            ),
            models.Index(
                fields=["stored_at"], name="archived_file_still_hot", condition=_AT_REST & models.Q(hot_deleted_at=None)
            ),
            models.Index(fields=["stored_at"], name="archived_file_untold", condition=_UNTOLD),
        ]

    def __str__(self) -> str:
        return f"{self.file_id} in {self.vault}"


class Announcement(models.Model):
    """A mail has told that a result is going to be archived; of another date another mail tells."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="archive_announcements")
    due_at = models.DateTimeField()
    told_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "due_at"], name="announcement_once")]

    def __str__(self) -> str:
        return f"{self.job_id} is archived at {self.due_at}"


class RecallQuerySet(models.QuerySet["Recall"]):
    """Questions about recalls."""

    def untold(self) -> "RecallQuerySet":
        """This function will give the recalls that are done and that no mail has told of, oldest first."""
        retrievals = Retrieval.objects.filter(recall=models.OuterRef("pk"))
        begun, waiting = models.Exists(retrievals), models.Exists(retrievals.filter(state__in=OPEN))
        return self.filter(begun, ~waiting, told_at=None).order_by("begun_at")


class Recall(models.Model):
    """Results of one lab that were asked back together, and that one mail tells of."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    lab = models.ForeignKey(Lab, on_delete=models.PROTECT, related_name="recalls")
    actor = models.CharField(max_length=200)  # user:7, billing:<event>, admin:1
    begun_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)  # None: no mail has told of it yet

    objects = RecallQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=~models.Q(actor=""), name="recall_has_actor")]
        indexes = [models.Index(fields=["begun_at"], name="recall_untold", condition=models.Q(told_at=None))]

    def __str__(self) -> str:
        return f"recall by {self.actor}"


class RetrievalQuerySet(models.QuerySet["Retrieval"]):
    """Questions about retrievals."""

    def open(self) -> "RetrievalQuerySet":
        return self.filter(state__in=OPEN)

    def to_ask(self) -> "RetrievalQuerySet":
        """This function will give those that the vault was not asked for yet, or whose answer was lost."""
        return self.filter(state=RetrievalState.INTENDED).order_by("intended_at")

    def to_look_after(self, *, checked_before: datetime) -> "RetrievalQuerySet":
        """This function will give those on their way that nobody has asked the vault about for some time."""
        return self.filter(state=RetrievalState.REQUESTED, checked_at__lt=checked_before).order_by("checked_at")

    def to_fetch(self, *, now: datetime) -> "RetrievalQuerySet":
        """This function will give those whose bytes a worker is to fetch, those that expire first before the others.

        Where Lambda restores, it has its time for what comes from Glacier's vaults first.
        """
        found = self.filter(state=RetrievalState.READY).order_by(models.F("expires_at").asc(nulls_last=True))
        if settings.RESTORE_EXECUTOR == "lambda":
            since = now - settings.LAMBDA_PATIENCE
            return found.exclude(archived_file__vault=VaultName.GLACIER, ready_at__gt=since)
        return found

    def measured(self, *, vault: str, storage_class: str, tier: str, most: int) -> "list[timedelta]":
        """This function will give how long the latest retrievals of a kind took in the vault, at most `most`."""
        kind = self.filter(
            archived_file__vault=vault, archived_file__storage_class=storage_class, tier=tier, ready_at__isnull=False
        )
        times = kind.order_by("-ready_at").values_list("requested_at", "ready_at")[:most]
        return [ready_at - requested_at for requested_at, ready_at in times if ready_at and requested_at]


class Retrieval(models.Model):
    """One wish to have a file back: written down before the vault is asked, and kept when it is over."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    recall = models.ForeignKey(Recall, on_delete=models.PROTECT, related_name="retrievals")
    archived_file = models.ForeignKey(ArchivedFile, on_delete=models.PROTECT, related_name="retrievals")
    state = models.CharField(max_length=16, choices=RetrievalState, default=RetrievalState.INTENDED)
    wanted_tier = models.CharField(max_length=16, choices=Tier)
    tier = models.CharField(max_length=16, choices=Tier)  # the one asked for, which capacity may have lowered
    ticket = models.CharField(max_length=300, blank=True)  # of the vault; empty until it has answered
    calls = models.PositiveSmallIntegerField(default=0)  # begun, to ask the vault; more than one: an answer was lost
    intended_at = models.DateTimeField()
    requested_at = models.DateTimeField(null=True, blank=True)  # the vault has answered; None: not yet
    checked_at = models.DateTimeField(null=True, blank=True)  # asked the vault last; None: never
    ready_at = models.DateTimeField(null=True, blank=True)  # the bytes were there; None: not known
    expires_at = models.DateTimeField(null=True, blank=True)  # the bytes go then; None: not ready, or they stay
    ended_at = models.DateTimeField(null=True, blank=True)  # restored, failed, expired or cancelled
    restored_bytes = models.PositiveBigIntegerField(null=True, blank=True)  # verified; None: not restored
    restored_sha256 = models.CharField(max_length=64, blank=True)  # hexadecimal; empty: not restored
    failure = models.TextField(blank=True)  # for admins

    objects = RetrievalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["archived_file"], name="retrieval_open_once", condition=models.Q(state__in=OPEN)
            ),
            models.CheckConstraint(condition=models.Q(state__in=RetrievalState.values), name="retrieval_state_known"),
            models.CheckConstraint(
                condition=models.Q(tier__in=Tier.values, wanted_tier__in=Tier.values), name="retrieval_tier_known"
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=[RetrievalState.REQUESTED, RetrievalState.READY]) | _ASKED,
                name="retrieval_asked_has_ticket",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=OPEN, ended_at=None)
                | (~models.Q(state__in=OPEN) & models.Q(ended_at__isnull=False)),
                name="retrieval_ended_unless_open",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=RetrievalState.RESTORED)
                | (~models.Q(restored_sha256="") & models.Q(restored_bytes__isnull=False)),
                name="retrieval_restored_with_receipt",
            ),
        ]
        indexes = [
            models.Index(
                fields=["intended_at"], name="retrieval_to_ask", condition=models.Q(state=RetrievalState.INTENDED)
            ),
            models.Index(
                fields=["checked_at"], name="retrieval_on_its_way", condition=models.Q(state=RetrievalState.REQUESTED)
            ),
            models.Index(
                fields=["expires_at"], name="retrieval_to_fetch", condition=models.Q(state=RetrievalState.READY)
            ),
            models.Index(
                fields=["tier", "-ready_at"], name="retrieval_measured", condition=models.Q(ready_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tier} {self.state}"

    @property
    def waited(self) -> timedelta | None:
        """How long the vault took; None: it is not known."""
        return self.ready_at - self.requested_at if self.ready_at and self.requested_at else None

    @property
    def fetched_in(self) -> timedelta | None:
        """How long the bytes took from the vault into hot storage; None: not restored."""
        restored = self.state == RetrievalState.RESTORED
        return self.ended_at - self.ready_at if restored and self.ended_at and self.ready_at else None


def name_of(archived_file_id: uuid.UUID, *, job: Job) -> str:
    """This function will give the vault's name for an archiving: ASCII, the ids of lab and job first, as in S3."""
    return f"{job.lab_id}/{job.pk}/{archived_file_id}"


class ArchivedResult(Job):
    """A job, as administrators see what rests of it."""

    class Meta:
        proxy = True
