"""One process at a time works on a job's archives; a process that dies lets go of them."""

import uuid
from contextlib import AbstractContextManager

from genomics import locks


def alone_with(job_id: uuid.UUID) -> AbstractContextManager[bool]:
    """This function will tell whether nobody else works on the job's archives now; it never waits."""
    return locks.alone(_name(job_id))


def is_busy(job_id: uuid.UUID) -> bool:
    """This function will tell whether a process works on the job's archives right now; it keeps nobody out."""
    return locks.is_held(_name(job_id))


def _name(job_id: uuid.UUID) -> str:
    return f"archive:{job_id}"
