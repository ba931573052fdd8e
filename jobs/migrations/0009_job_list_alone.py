from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0008_job_measured")]

    operations = [
        migrations.RemoveIndex("job", "job_list"),
        migrations.AddIndex(
            "job",
            models.Index(
                fields=["lab", "-submitted_at", "id"],
                include=["name", "reference", "status", "input_size_bytes", "records_read"],
                name="job_list",
                condition=models.Q(deleted_at=None, submitted_at__isnull=False),
            ),
        ),
    ]
