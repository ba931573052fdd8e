from django.db import migrations, models


class Migration(migrations.Migration):
    """Events from before there was a publisher count as published: nobody gets mails about the past."""

    dependencies = [("jobs", "0001_initial")]

    operations = [
        migrations.AddField("jobevent", "published_at", models.DateTimeField(blank=True, null=True)),
        migrations.RunSQL("UPDATE jobs_jobevent SET published_at = created_at", migrations.RunSQL.noop),
    ]
