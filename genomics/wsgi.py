"""Entry point of the web server."""

import os

from django.core.wsgi import get_wsgi_application

from genomics.celery import app as celery_app

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "genomics.settings")

application = get_wsgi_application()

__all__ = ["application", "celery_app"]
