from django.db import migrations


class Migration(migrations.Migration):
    """Plans are given by grants of billing: the page that changed a lab's plan by itself is gone."""

    dependencies = [("archive", "0004_admin_proxies")]

    operations = [migrations.DeleteModel(name="LabPlan")]
