from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("jobs", "0007_job_deleted_only_when_ended")]

    operations = [ValidateConstraint("job", "job_deleted_only_when_ended")]
