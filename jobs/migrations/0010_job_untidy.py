from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Without locking the table; should it be cut off, drop what PostgreSQL calls invalid and run it again."""

    atomic = False
    dependencies = [("jobs", "0009_job_tidied_attempt")]

    operations = [
        AddIndexConcurrently(
            "job",
            models.Index(
                fields=["finished_at"],
                name="job_untidy",
                condition=models.Q(
                    deleted_at=None,
                    status__in=("COMPLETED", "FAILED", "CANCELLED"),
                    attempt__gt=models.F("tidied_attempt"),
                ),
            ),
        ),
    ]
