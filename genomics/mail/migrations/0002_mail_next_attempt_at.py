from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("mail", "0001_initial")]

    operations = [migrations.AlterField("mail", "next_attempt_at", models.DateTimeField(db_default=Now()))]
