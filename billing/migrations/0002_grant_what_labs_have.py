from typing import Any

from django.db import migrations
from django.utils import timezone


def grant(apps: Any, schema_editor: Any) -> None:
    """This function will let labs keep the plan that an admin gave them when there was no billing yet."""
    labs = apps.get_model("users", "Lab").objects.exclude(plan="FREE")
    now = timezone.now()
    apps.get_model("billing", "Grant").objects.bulk_create(
        apps.get_model("billing", "Grant")(
            lab_id=lab_id, plan=plan, starts_at=now, reason="The lab had it before there was billing.", actor="admin:0"
        )
        for lab_id, plan in labs.values_list("pk", "plan").iterator()
    )


class Migration(migrations.Migration):
    """A plan that nothing entitles to would be taken away by the first comparison."""

    dependencies = [("billing", "0001_initial")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
