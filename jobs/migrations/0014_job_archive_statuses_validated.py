from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("jobs", "0013_job_archive_statuses")]

    operations = [
        ValidateConstraint("job", "job_status_known"),
        ValidateConstraint("job", "job_ledger_adds_up"),
    ]
