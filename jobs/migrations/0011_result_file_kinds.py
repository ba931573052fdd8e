from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def _forget_new_kinds(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The objects stay in the bucket and go with their job: a sweep removes all that lies under its prefix."""
    files = apps.get_model("jobs", "ResultFile").objects.using(schema_editor.connection.alias)
    files.filter(kind__in=["TABLE", "PREVIEW", "MANIFEST"]).delete()


class Migration(migrations.Migration):
    """Results get a table, a preview and a manifest. The next migration looks at the old rows."""

    dependencies = [("jobs", "0010_job_untidy")]

    operations = [
        migrations.AlterField(
            model_name="resultfile",
            name="kind",
            field=models.CharField(
                choices=[
                    ("INPUT", "Input"),
                    ("VCF", "Annotated VCF"),
                    ("INDEX", "Index (tabix)"),
                    ("TABLE", "Table (Parquet)"),
                    ("SUMMARY", "Summary (JSON)"),
                    ("PREVIEW", "Preview (JSON)"),
                    ("LEDGER", "Ledger (JSON)"),
                    ("MANIFEST", "Manifest (JSON)"),
                    ("LOG", "Log"),
                ],
                max_length=16,
            ),
        ),
        migrations.RemoveConstraint(model_name="resultfile", name="result_file_kind_known"),
        migrations.RunPython(migrations.RunPython.noop, _forget_new_kinds),
        AddConstraintNotValid(
            "resultfile",
            models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        ["INPUT", "VCF", "INDEX", "TABLE", "SUMMARY", "PREVIEW", "LEDGER", "MANIFEST", "LOG"],
                    ),
                    models.Q(("kind", "INPUT"), _negated=True),
                ),
                name="result_file_kind_known",
            ),
        ),
    ]
