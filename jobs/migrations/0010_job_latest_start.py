from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0009_job_list_alone")]

    operations = [
        migrations.AddIndex(
            "job",
            models.Index(
                fields=["lab", "-started_at"], name="job_latest_start", condition=~models.Q(started_at=None)
            ),
        ),
    ]
