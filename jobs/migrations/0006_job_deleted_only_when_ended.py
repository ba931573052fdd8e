from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0005_job_turns")]

    operations = [
        migrations.AddConstraint(
            "job",
            models.CheckConstraint(
                condition=models.Q(("deleted_at", None), ~models.Q(status__in=("DRAFT", "PENDING", "RUNNING")), _connector="OR"),
                name="job_deleted_only_when_ended",
            ),
        ),
    ]
