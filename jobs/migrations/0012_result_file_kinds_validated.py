from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("jobs", "0011_result_file_kinds")]

    operations = [ValidateConstraint("resultfile", "result_file_kind_known")]
