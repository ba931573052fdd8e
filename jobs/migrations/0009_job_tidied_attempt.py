from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0008_job_deleted_only_when_ended_validated")]

    operations = [
        migrations.AddField("job", "tidied_attempt", models.PositiveSmallIntegerField(default=0, db_default=0))
    ]
