"""Where the references lie that jobs name."""

from pathlib import Path

from django.conf import settings

from annotator.reference import STARTER_FOLDER
from jobs.models import Job


def folder_of(job: Job) -> Path:
    if job.reference == settings.STARTER_REFERENCE:
        return STARTER_FOLDER
    folder: Path = settings.REFERENCES_DIR / job.reference
    return folder
