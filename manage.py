#!/usr/bin/env python
"""Command line of Genomics Cloud: `./manage.py help` lists what it can do."""

import sys

from django.core.management import execute_from_command_line

from genomics.celery import app as celery_app

__all__ = ["celery_app"]

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
