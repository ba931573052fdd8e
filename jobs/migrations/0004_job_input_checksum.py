from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0003_job_deleted_at")]

    operations = [
        migrations.AddField("job", "input_checksum", models.CharField(blank=True, max_length=60)),
        migrations.AddIndex(
            "job",
            models.Index(
                fields=["lab", "input_checksum"], name="job_same_input", condition=~models.Q(input_checksum="")
            ),
        ),
    ]
