"""A job, its events and the files of its result. Status is written by jobs.transitions alone."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from genomics.users.models import Lab, User


class Status(models.TextChoices):
    """Where a job stands; the arrows between them are in jobs.transitions."""

    DRAFT = "DRAFT", "Uploading"
    PENDING = "PENDING", "Waiting"
    RUNNING = "RUNNING", "Running"
    COMPLETED = "COMPLETED", "Done"
    ARCHIVING = "ARCHIVING", "Being archived"
    ARCHIVED = "ARCHIVED", "Archived"
    RESTORING = "RESTORING", "Coming back"
    FAILED = "FAILED", "Failed"
    CANCELLED = "CANCELLED", "Cancelled"


ATTEMPTS_USED_UP = "ATTEMPTS_USED_UP"
INPUT_MISSING = "INPUT_MISSING"
REPEATABLE_FAILURES = (ATTEMPTS_USED_UP, "TIME_LIMIT", "CPU_LIMIT", "MEMORY_LIMIT", "OUTPUT_LIMIT")
ACTIVE = (Status.PENDING, Status.RUNNING)
UNENDED = (Status.DRAFT, *ACTIVE)
WITH_RESULT = (Status.COMPLETED, Status.ARCHIVING, Status.ARCHIVED, Status.RESTORING)
RESTING = (Status.ARCHIVED, Status.RESTORING)  # the large files of the result are not in the results bucket
ENDED = (*WITH_RESULT, Status.FAILED, Status.CANCELLED)
# Open pages ask about these, and about jobs that are to be archived: they move by themselves.
MOVING = (*ACTIVE, Status.ARCHIVING, Status.RESTORING)
_UNTIDY = models.Q(deleted_at=None, status__in=ENDED, attempt__gt=models.F("tidied_attempt"))


class JobQuerySet(models.QuerySet["Job"]):
    """Questions about jobs."""

    def visible_to(self, user: User | AnonymousUser) -> "JobQuerySet":
        """This function will give the jobs of the user's labs: the one place where access is decided."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(lab__memberships__user=user, deleted_at=None)

    def listed(self, labs: Sequence[Lab]) -> "JobQuerySet":
        """This function will give the submitted jobs of labs, in a form that the index of the list answers alone.

        It decides about no access: rows are to be read through `visible_to`.
        """
        submitted = self.filter(deleted_at=None, submitted_at__isnull=False)
        return submitted.filter(lab=labs[0]) if len(labs) == 1 else submitted.filter(lab__in=labs)

    def submitted(self) -> "JobQuerySet":
        return self.exclude(submitted_at=None)

    def same_input(self, job: "Job") -> "JobQuerySet":
        """This function will give the other jobs of the lab whose input has the same bytes, latest first."""
        if not job.input_checksum:
            return self.none()
        same = self.filter(
            lab=job.lab_id, input_checksum=job.input_checksum, input_size_bytes=job.input_size_bytes
        ).exclude(pk=job.pk)
        return same.submitted().defer("summary").order_by("-submitted_at")

    def ready(self, now: datetime) -> "JobQuerySet":
        """This function will give the waiting jobs that may start, oldest first."""
        return self.filter(status=Status.PENDING, ready_at__lte=now).order_by("submitted_at")

    def unhinted(self, now: datetime, *, since: datetime) -> "JobQuerySet":
        """This function will give the ready jobs whose latest hint is older than `since`, oldest job first."""
        return self.ready(now).filter(models.Q(hinted_at=None) | models.Q(hinted_at__lt=since))

    def abandoned(self, now: datetime) -> "JobQuerySet":
        """This function will give the running jobs whose worker has stopped renewing its lease."""
        return self.filter(status=Status.RUNNING, lease_expires_at__lt=now)

    def stale_uploads(self, *, untouched_since: datetime, refused_before: datetime) -> "JobQuerySet":
        """This function will give the uploads that nobody goes on with, and those that have been cancelled."""
        uploads = self.filter(submitted_at=None, deleted_at=None)
        return uploads.filter(
            models.Q(status=Status.DRAFT, updated_at__lt=untouched_since)
            | models.Q(status=Status.CANCELLED, updated_at__lt=refused_before)
        ).order_by("updated_at")

    def deleted(self, *, before: datetime) -> "JobQuerySet":
        """This function will give the jobs that were deleted some time ago, so that no worker writes for them now."""
        return self.filter(deleted_at__lt=before)

    def due_for_archive(self, now: datetime) -> "JobQuerySet":
        """This function will give the jobs whose result has been kept hot for long enough, longest due first."""
        due = self.filter(status=Status.COMPLETED, deleted_at=None, archive_due_at__lte=now)
        return due.order_by("archive_due_at")

    def untidy(self, *, before: datetime) -> "JobQuerySet":
        """This function will give the jobs that ended some time ago and may have files of attempts that were killed."""
        return self.filter(_UNTIDY, finished_at__lt=before)


class Job(models.Model):
    """One uploaded VCF on its way to an annotated result."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    lab = models.ForeignKey(Lab, on_delete=models.PROTECT, related_name="jobs")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="jobs")
    name = models.CharField("file name", max_length=255)
    reference = models.CharField(max_length=100)
    status = models.CharField(max_length=16, choices=Status, default=Status.DRAFT)
    sequence = models.PositiveIntegerField(default=0)  # of the latest event
    attempt = models.PositiveSmallIntegerField(default=0)
    attempts_allowed = models.PositiveSmallIntegerField()
    # Of attempts up to this one nothing is left in S3 but what is published.
    tidied_attempt = models.PositiveSmallIntegerField(default=0, db_default=0)

    input_key = models.CharField(max_length=300)
    input_size_bytes = models.PositiveBigIntegerField()
    upload_id = models.CharField(max_length=300, blank=True)  # of S3's multipart upload; empty once finished
    part_size_bytes = models.PositiveBigIntegerField()
    # S3's SHA-256 over the SHA-256 of each part, "<base64>-<number of parts>"; empty until the parts are joined.
    input_checksum = models.CharField(max_length=60, blank=True, default="", db_default="")

    lease_expires_at = models.DateTimeField(null=True, blank=True)  # None: no worker holds the job
    worker = models.CharField(max_length=200, blank=True)  # the holder of the lease
    ready_at = models.DateTimeField(null=True, blank=True)  # a waiting job does not start before; None: never waited
    hinted_at = models.DateTimeField(null=True, blank=True)  # None: no hint was sent since it began to wait

    stage = models.CharField(max_length=100, blank=True)  # for people
    fraction = models.FloatField(default=0)  # 0 to 1, of the whole job
    records_done = models.PositiveBigIntegerField(default=0)

    summary = models.JSONField(null=True, blank=True)  # of the result, for its page; None: there is no result
    records_read = models.PositiveBigIntegerField(null=True, blank=True)  # None: not counted yet
    records_annotated = models.PositiveBigIntegerField(null=True, blank=True)
    records_passed = models.PositiveBigIntegerField(null=True, blank=True)
    records_rejected = models.PositiveBigIntegerField(null=True, blank=True)

    failure_code = models.CharField(max_length=60, blank=True)
    failure_message = models.TextField(blank=True)
    failure_advice = models.TextField(blank=True)
    failure_line = models.PositiveBigIntegerField(null=True, blank=True)  # of the input, from 1; None: no one line
    failure_column = models.CharField(max_length=60, blank=True)  # of that line, by name or number

    created_at = models.DateTimeField(default=timezone.now)
    submitted_at = models.DateTimeField(null=True, blank=True)  # None: still being uploaded
    started_at = models.DateTimeField(null=True, blank=True)  # of the latest attempt
    finished_at = models.DateTimeField(null=True, blank=True)  # completed, failed or cancelled
    updated_at = models.DateTimeField(db_default=Now())
    archive_due_at = models.DateTimeField(null=True, blank=True)  # None: never, or it is archived already
    deleted_at = models.DateTimeField(null=True, blank=True)  # None: not deleted; nobody sees a deleted job

    objects = JobQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(status__in=Status.values), name="job_status_known"),
            models.CheckConstraint(
                condition=models.Q(status=Status.RUNNING, lease_expires_at__isnull=False)
                | (~models.Q(status=Status.RUNNING) & models.Q(lease_expires_at=None)),
                name="job_lease_only_while_running",
            ),
            models.CheckConstraint(
                condition=~models.Q(status=Status.PENDING) | models.Q(ready_at__isnull=False),
                name="job_ready_at_while_waiting",
            ),
            models.CheckConstraint(
                condition=models.Q(deleted_at=None) | ~models.Q(status__in=UNENDED),
                name="job_deleted_only_when_ended",
            ),
            models.CheckConstraint(
                condition=models.Q(archive_due_at=None) | models.Q(status__in=(Status.COMPLETED, Status.ARCHIVING)),
                name="job_archive_due_only_while_hot",
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=WITH_RESULT)
                | models.Q(
                    records_read=models.F("records_annotated")
                    + models.F("records_passed")
                    + models.F("records_rejected")
                ),
                name="job_ledger_adds_up",
            ),
        ]
        indexes = [
            models.Index(
                fields=["lab", "-submitted_at", "id"],
                include=["name", "reference", "status", "input_size_bytes", "records_read"],
                name="job_listed",
                condition=models.Q(deleted_at=None, submitted_at__isnull=False),
            ),
            models.Index(fields=["-created_at"], name="job_created"),
            models.Index(fields=["lab", "updated_at"], name="job_poll"),
            models.Index(
                fields=["lab"],
                name="job_moving",
                condition=models.Q(status__in=MOVING) | models.Q(archive_due_at__isnull=False),
            ),
            models.Index(
                fields=["archive_due_at"],
                name="job_archive_due",
                condition=models.Q(status=Status.COMPLETED, deleted_at=None, archive_due_at__isnull=False),
            ),
            models.Index(fields=["lab", "submitted_at"], name="job_turns", condition=models.Q(status=Status.PENDING)),
            models.Index(fields=["lab", "-started_at"], name="job_latest_start", condition=~models.Q(started_at=None)),
            models.Index(fields=["lease_expires_at"], name="job_leases", condition=models.Q(status=Status.RUNNING)),
            models.Index(
                fields=["updated_at"], name="job_uploads", condition=models.Q(submitted_at=None, deleted_at=None)
            ),
            models.Index(
                fields=["-finished_at"],
                name="job_measured",
                condition=~models.Q(records_read=None) & ~models.Q(finished_at=None),
            ),
            models.Index(fields=["deleted_at"], name="job_deleted", condition=~models.Q(deleted_at=None)),
            models.Index(fields=["finished_at"], name="job_to_tidy", condition=_UNTIDY),
            models.Index(
                fields=["lab", "input_checksum"], name="job_same_input", condition=~models.Q(input_checksum="")
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE

    @property
    def has_result(self) -> bool:
        return self.status in WITH_RESULT

    @property
    def fault_in_file(self) -> bool:
        """Whether the job failed for a reason that another try cannot change."""
        return self.status == Status.FAILED and self.failure_code not in REPEATABLE_FAILURES

    @property
    def input_missing(self) -> bool:
        return self.status == Status.FAILED and self.failure_code == INPUT_MISSING

    @property
    def percent(self) -> int:
        return int(self.fraction * 100)


class JobEventQuerySet(models.QuerySet["JobEvent"]):
    """Questions about events."""

    def unpublished(self) -> "JobEventQuerySet":
        """This function will give the events that the world has not been told of yet."""
        return self.filter(published_at=None)

    def with_job(self) -> "JobEventQuerySet":
        """This function will read each event with its job, without the job's summary, which is large."""
        return self.select_related("job").defer("job__summary")


class JobEvent(models.Model):
    """One status change: the audit trail, and the outbox of what the world is told."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="events")
    sequence = models.PositiveIntegerField()
    status = models.CharField(max_length=16, choices=Status)
    attempt = models.PositiveSmallIntegerField()
    actor = models.CharField(max_length=200)  # user:7, worker:<host>, sweep, admin:1
    note = models.TextField(blank=True)
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)  # None: not published yet

    objects = JobEventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "sequence"], name="job_event_sequence_once"),
            models.CheckConstraint(condition=~models.Q(actor=""), name="job_event_has_actor"),
        ]
        indexes = [
            models.Index(fields=["id"], name="job_event_unpublished", condition=models.Q(published_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.status} by {self.actor}"


class Kind(models.TextChoices):
    """The files that belong to a job."""

    INPUT = "INPUT", "Input"
    VCF = "VCF", "Annotated VCF"
    INDEX = "INDEX", "Index (tabix)"
    TABLE = "TABLE", "Table (Parquet)"
    SUMMARY = "SUMMARY", "Summary (JSON)"
    PREVIEW = "PREVIEW", "Preview (JSON)"
    LEDGER = "LEDGER", "Ledger (JSON)"
    MANIFEST = "MANIFEST", "Manifest (JSON)"
    LOG = "LOG", "Log"


ARCHIVABLE = (Kind.VCF, Kind.TABLE)  # the large ones; all others stay in the results bucket for ever


class ResultFileQuerySet(models.QuerySet["ResultFile"]):
    """Questions about files of results."""

    def hot(self) -> "ResultFileQuerySet":
        """This function will give the files that lie in the results bucket, and leave out those that rest."""
        return self.exclude(kind__in=ARCHIVABLE, job__status__in=RESTING)


class ResultFile(models.Model):
    """One file that an attempt left in the results bucket, with the digest taken when it was made."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="files")
    kind = models.CharField(max_length=16, choices=Kind)
    name = models.CharField(max_length=300)  # under which people download it
    key = models.CharField(max_length=300, unique=True)
    size_bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)  # hexadecimal

    objects = ResultFileQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "kind"], name="result_file_once_per_kind"),
            models.CheckConstraint(
                condition=models.Q(kind__in=Kind.values) & ~models.Q(kind=Kind.INPUT),
                name="result_file_kind_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name
