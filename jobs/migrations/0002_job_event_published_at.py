from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0001_initial")]

    operations = [
        migrations.AddField("jobevent", "published_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddIndex(
            "jobevent",
            models.Index(fields=["id"], name="job_event_unpublished", condition=models.Q(published_at=None)),
        ),
    ]
