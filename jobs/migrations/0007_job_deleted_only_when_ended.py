from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    """Holds for new rows at once; the next migration looks at the old ones without locking the table."""

    dependencies = [("jobs", "0006_drop_replaced_indexes")]

    operations = [
        AddConstraintNotValid(
            "job",
            models.CheckConstraint(
                condition=models.Q(
                    ("deleted_at", None), ~models.Q(status__in=("DRAFT", "PENDING", "RUNNING")), _connector="OR"
                ),
                name="job_deleted_only_when_ended",
            ),
        ),
    ]
