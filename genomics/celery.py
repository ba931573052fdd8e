"""The Celery application. Entry points import it (workers, beat, WSGI, commands); nobody else."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "genomics.settings")

app = Celery("genomics")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
