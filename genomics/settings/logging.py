"""Logs: one line each on standard error; JSON in production. Each formatter takes secrets out: see genomics.logs."""

import os

from genomics.settings.billing import STRIPE_SECRET_KEY
from genomics.settings.core import PRODUCTION
from genomics.settings.database import DATABASES
from genomics.settings.mail import EMAIL_HOST_PASSWORD
from genomics.settings.security import SECRET_KEY

_SECRETS = [
    SECRET_KEY,
    DATABASES["default"]["PASSWORD"],
    EMAIL_HOST_PASSWORD,
    STRIPE_SECRET_KEY,
    *(os.environ.get(name, "") for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")),
]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"()": "genomics.logs.LineFormatter", "secrets": _SECRETS},
        "json": {"()": "genomics.logs.JsonFormatter", "secrets": _SECRETS},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json" if PRODUCTION else "plain"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    # A logger named here loses the handlers that Django or granian gave it: everything leaves through the one above.
    "loggers": {
        "_granian": {"level": "WARNING", "propagate": True},
        "granian.access": {"propagate": True},
        "django": {"level": "INFO"},
        "django.server": {"level": "INFO"},
        "botocore": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "stripe": {"level": "WARNING"},  # it names each request and each customer
    },
}
