from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0006_job_deleted_only_when_ended")]

    operations = [
        migrations.AddIndex(
            "job",
            models.Index(
                fields=["updated_at"], name="job_uploads", condition=models.Q(submitted_at=None, deleted_at=None)
            ),
        ),
    ]
