import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """A mail tells once that a result is going to be archived."""

    dependencies = [
        ("archive", "0001_initial"),
        ("jobs", "0018_drop_indexes_replaced_for_archive"),
    ]

    operations = [
        migrations.CreateModel(
            name="Announcement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("due_at", models.DateTimeField()),
                ("told_at", models.DateTimeField()),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="archive_announcements",
                        to="jobs.job",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("job", "due_at"), name="announcement_once")],
            },
        ),
    ]
