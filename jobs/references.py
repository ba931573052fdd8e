"""Where the references lie that jobs name, and what is in them."""

from pathlib import Path

from django.conf import settings

from annotator.manifest import Manifest, read_manifest
from annotator.reference import STARTER_FOLDER
from jobs.models import Job


def folder_of(job: Job) -> Path:
    if job.reference == settings.STARTER_REFERENCE:
        return STARTER_FOLDER
    folder: Path = settings.REFERENCES_DIR / job.reference
    return folder


def manifest_of(job: Job) -> Manifest | None:
    """This function will give the manifest of a job's reference, or None on a host that has no such reference.

    Workers need it, web servers only know more with it.
    """
    folder = folder_of(job)
    return read_manifest(folder) if folder.is_dir() else None
