from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Without locking the tables; should it be cut off, drop what PostgreSQL calls invalid and run it again."""

    atomic = False
    dependencies = [("jobs", "0004_job_input_checksum")]

    operations = [
        AddIndexConcurrently(
            "jobevent",
            models.Index(fields=["id"], name="job_event_unpublished", condition=models.Q(published_at=None)),
        ),
        AddIndexConcurrently(
            "job",
            models.Index(fields=["deleted_at"], name="job_deleted", condition=~models.Q(deleted_at=None)),
        ),
        AddIndexConcurrently(
            "job",
            models.Index(
                fields=["lab", "input_checksum"], name="job_same_input", condition=~models.Q(input_checksum="")
            ),
        ),
        AddIndexConcurrently(
            "job",
            models.Index(fields=["lab", "submitted_at"], name="job_turns", condition=models.Q(status="PENDING")),
        ),
        AddIndexConcurrently(
            "job",
            models.Index(fields=["lab", "-started_at"], name="job_latest_start", condition=~models.Q(started_at=None)),
        ),
        AddIndexConcurrently(
            "job",
            models.Index(
                fields=["updated_at"], name="job_uploads", condition=models.Q(submitted_at=None, deleted_at=None)
            ),
        ),
        AddIndexConcurrently(
            "job",
            models.Index(
                fields=["-finished_at"],
                name="job_measured",
                condition=~models.Q(records_read=None) & ~models.Q(finished_at=None),
            ),
        ),
        AddIndexConcurrently(
            "job",
            models.Index(
                fields=["lab", "-submitted_at", "id"],
                include=["name", "reference", "status", "input_size_bytes", "records_read"],
                name="job_listed",
                condition=models.Q(deleted_at=None, submitted_at__isnull=False),
            ),
        ),
        AddIndexConcurrently("job", models.Index(fields=["-created_at"], name="job_created")),
    ]
