from django.db import migrations, models


class Migration(migrations.Migration):
    """The default stays in the database, for processes of the former release that do not know the column."""

    dependencies = [("jobs", "0003_job_deleted_at")]

    operations = [
        migrations.AddField(
            "job", "input_checksum", models.CharField(blank=True, db_default="", default="", max_length=60)
        ),
    ]
