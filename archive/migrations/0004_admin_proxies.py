from django.db import migrations


class Migration(migrations.Migration):
    """Archived results and plans of labs are pages of the admin with rights of their own."""

    dependencies = [
        ("archive", "0003_archived_file_told_at"),
        ("users", "0005_user_archive_mail_preferences"),
    ]

    operations = [
        migrations.CreateModel(
            name="ArchivedResult",
            fields=[],
            options={"proxy": True, "indexes": [], "constraints": []},
            bases=("jobs.job",),
        ),
        migrations.CreateModel(
            name="LabPlan",
            fields=[],
            options={
                "verbose_name": "plan of a lab",
                "verbose_name_plural": "plans of labs",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("users.lab",),
        ),
    ]
