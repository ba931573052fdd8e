from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0002_job_event_published_at")]

    operations = [migrations.AddField("job", "deleted_at", models.DateTimeField(blank=True, null=True))]
