from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("jobs", "0015_job_archive_due_at")]

    operations = [ValidateConstraint("job", "job_archive_due_only_while_hot")]
