"""The Celery application. Entry points import it (workers, beat, WSGI, commands); nobody else."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings
from django.utils.log import configure_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "genomics.settings")

app = Celery("genomics")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["consumer"].add("archive.consumer:Notifications")  # in the worker that NOTIFICATIONS_WORKER names


@setup_logging.connect
def _log_as_the_web_does(**_options: Any) -> None:
    """This function will keep Celery from adding handlers of its own: what they write nobody scrubs."""
    configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)
