from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0007_job_uploads")]

    operations = [
        migrations.AddIndex(
            "job",
            models.Index(
                fields=["-finished_at"],
                name="job_measured",
                condition=~models.Q(records_read=None) & ~models.Q(finished_at=None),
            ),
        ),
    ]
