"""One process at a time works on a job's archives; a process that dies lets go of them."""

import uuid
from contextlib import AbstractContextManager

from genomics import locks


def alone_with(job_id: uuid.UUID) -> AbstractContextManager[bool]:
    """This function will tell whether nobody else works on the job's archives now; it never waits."""
    return locks.alone(f"archive:{job_id}")
