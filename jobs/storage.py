"""Where a job's bytes lie: keys in the buckets, and short links to them with proper file names."""

import uuid
from typing import Any

from django.conf import settings
from django.core.files.storage import storages
from django.utils.http import content_disposition_header

from genomics.aws import s3
from jobs.models import Job

INPUTS = "inputs"
RESULTS = "results"


def bucket(role: str) -> str:
    return settings.STACK.buckets[role]


def input_key(*, lab_id: uuid.UUID, job_id: uuid.UUID) -> str:
    return f"{lab_id}/{job_id}/input"


def attempt_prefix(job: Job, *, attempt: int | None = None) -> str:
    """This function will give the start of all result keys of one attempt (None: the job's current one)."""
    return f"{_prefix(job)}{job.attempt if attempt is None else attempt}/"


def download_url(role: str, *, key: str, name: str) -> str:
    """This function will give a short-lived URL under which a browser saves the object as `name`."""
    storage: Any = storages[role]  # of django-storages, whose `url` takes more than Django's
    url: str = storage.url(
        key,
        parameters={
            "ResponseContentDisposition": content_disposition_header(as_attachment=True, filename=name),
            "ResponseContentType": "application/octet-stream",
        },
        expire=int(settings.DOWNLOAD_URL_LIFETIME.total_seconds()),
    )
    return url


def read_result(key: str, *, limit: int) -> bytes:
    """This function will give the first `limit` bytes of a result file. Raises ObjectMissingError."""
    return s3.read_head(bucket(RESULTS), key=key, length=limit)


def discard_input(job: Job) -> None:
    """This function will delete the input, finished or in parts."""
    if job.upload_id:
        s3.abort_upload(bucket(INPUTS), key=job.input_key, upload_id=job.upload_id)
    s3.delete(bucket(INPUTS), keys=[job.input_key])


def remove_all(job: Job) -> bool:
    """This function will remove everything that lies in the buckets for a job, and tell whether nothing is left."""
    for role in (INPUTS, RESULTS):
        for upload in s3.open_uploads(bucket(role), prefix=_prefix(job)):
            s3.abort_upload(bucket(role), key=upload.key, upload_id=upload.upload_id)
        s3.delete(bucket(role), keys=s3.keys_under(bucket(role), prefix=_prefix(job)))
    return not any(
        s3.keys_under(bucket(role), prefix=_prefix(job)) or s3.open_uploads(bucket(role), prefix=_prefix(job))
        for role in (INPUTS, RESULTS)
    )


def _prefix(job: Job) -> str:
    """This function will give the start of all keys of a job, in both buckets, and of no other job's."""
    return f"{job.lab_id}/{job.pk}/"
