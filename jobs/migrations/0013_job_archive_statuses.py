from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import F, Q


def _let_nothing_rest(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """A result that is being archived is still hot; one that rests would be lost to a program that knows no archive."""
    jobs = apps.get_model("jobs", "Job").objects.using(schema_editor.connection.alias)
    if resting := jobs.filter(status__in=["ARCHIVED", "RESTORING"]).count():
        raise RuntimeError(f"{resting} results rest in the archive: bring them back before you go back to this state.")
    jobs.filter(status="ARCHIVING").update(status="COMPLETED")


class Migration(migrations.Migration):
    """Results come to rest and come back. The next migration looks at the old rows without locking the table."""

    dependencies = [("jobs", "0012_result_file_kinds_validated")]

    operations = [
        migrations.AlterField(
            model_name="job",
            name="status",
            field=models.CharField(
                choices=[
                    ("DRAFT", "Uploading"),
                    ("PENDING", "Waiting"),
                    ("RUNNING", "Running"),
                    ("COMPLETED", "Done"),
                    ("ARCHIVING", "Being archived"),
                    ("ARCHIVED", "Archived"),
                    ("RESTORING", "Coming back"),
                    ("FAILED", "Failed"),
                    ("CANCELLED", "Cancelled"),
                ],
                default="DRAFT",
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="jobevent",
            name="status",
            field=models.CharField(
                choices=[
                    ("DRAFT", "Uploading"),
                    ("PENDING", "Waiting"),
                    ("RUNNING", "Running"),
                    ("COMPLETED", "Done"),
                    ("ARCHIVING", "Being archived"),
                    ("ARCHIVED", "Archived"),
                    ("RESTORING", "Coming back"),
                    ("FAILED", "Failed"),
                    ("CANCELLED", "Cancelled"),
                ],
                max_length=16,
            ),
        ),
        migrations.RemoveConstraint(model_name="job", name="job_status_known"),
        migrations.RemoveConstraint(model_name="job", name="job_ledger_adds_up"),
        migrations.RunPython(migrations.RunPython.noop, _let_nothing_rest),
        AddConstraintNotValid(
            "job",
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "DRAFT",
                        "PENDING",
                        "RUNNING",
                        "COMPLETED",
                        "ARCHIVING",
                        "ARCHIVED",
                        "RESTORING",
                        "FAILED",
                        "CANCELLED",
                    ]
                ),
                name="job_status_known",
            ),
        ),
        AddConstraintNotValid(
            "job",
            models.CheckConstraint(
                condition=Q(
                    ~Q(status__in=("COMPLETED", "ARCHIVING", "ARCHIVED", "RESTORING")),
                    ("records_read", F("records_annotated") + F("records_passed") + F("records_rejected")),
                    _connector="OR",
                ),
                name="job_ledger_adds_up",
            ),
        ),
    ]
