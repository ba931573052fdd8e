from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("jobs", "0017_job_archive_indexes")]

    operations = [
        RemoveIndexConcurrently("job", "job_active"),
        RemoveIndexConcurrently("job", "job_untidy"),
    ]
