from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Without locking the table; should it be cut off, drop what PostgreSQL calls invalid and run it again."""

    atomic = False
    dependencies = [("jobs", "0016_job_archive_due_at_validated")]

    operations = [
        AddIndexConcurrently(
            "job",
            models.Index(
                fields=["archive_due_at"],
                name="job_archive_due",
                condition=models.Q(status="COMPLETED", deleted_at=None, archive_due_at__isnull=False),
            ),
        ),
        AddIndexConcurrently(
            "job",
            models.Index(
                fields=["lab"],
                name="job_moving",
                condition=models.Q(status__in=("PENDING", "RUNNING", "ARCHIVING", "RESTORING"))
                | models.Q(archive_due_at__isnull=False),
            ),
        ),
        AddIndexConcurrently(
            "job",
            models.Index(
                fields=["finished_at"],
                name="job_to_tidy",
                condition=models.Q(
                    deleted_at=None,
                    status__in=("COMPLETED", "ARCHIVING", "ARCHIVED", "RESTORING", "FAILED", "CANCELLED"),
                    attempt__gt=models.F("tidied_attempt"),
                ),
            ),
        ),
    ]
