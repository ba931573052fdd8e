from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    """Results of the past have no date: they stay where they are until the plan of their lab changes."""

    dependencies = [("jobs", "0014_job_archive_statuses_validated")]

    operations = [
        migrations.AddField(
            model_name="job",
            name="archive_due_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        AddConstraintNotValid(
            "job",
            models.CheckConstraint(
                condition=models.Q(
                    ("archive_due_at", None), ("status__in", ("COMPLETED", "ARCHIVING")), _connector="OR"
                ),
                name="job_archive_due_only_while_hot",
            ),
        ),
    ]
