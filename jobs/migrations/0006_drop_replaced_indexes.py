from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("jobs", "0005_job_indexes")]

    operations = [
        RemoveIndexConcurrently("job", "job_waiting"),
        RemoveIndexConcurrently("job", "job_list"),
    ]
