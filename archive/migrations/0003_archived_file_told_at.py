from django.db import migrations, models


class Migration(migrations.Migration):
    """A mail tells once that a result was archived."""

    dependencies = [("archive", "0002_announcement")]

    operations = [
        migrations.AddField(
            model_name="archivedfile",
            name="told_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name="archivedfile",
            index=models.Index(
                condition=models.Q(("stored_at__isnull", False), ("told_at", None)),
                fields=["stored_at"],
                name="archived_file_untold",
            ),
        ),
    ]
