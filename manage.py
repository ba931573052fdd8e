#!/usr/bin/env python
"""Command line of Genomics Cloud: `.venv/bin/python manage.py help` lists what it can do."""

import sys

try:
    from django.core.management import execute_from_command_line
except ModuleNotFoundError:
    sys.exit("Django is not here. Run `make up` once, then `.venv/bin/python manage.py …`.")

from genomics.celery import app as celery_app

__all__ = ["celery_app"]

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
