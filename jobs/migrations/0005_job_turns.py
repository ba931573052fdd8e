from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0004_job_input_checksum")]

    operations = [
        migrations.AddIndex(
            "job",
            models.Index(fields=["lab", "submitted_at"], name="job_turns", condition=models.Q(status="PENDING")),
        ),
        migrations.RemoveIndex("job", "job_waiting"),
    ]
