"""A worker's hold on a job: renewed in the database, and with it the visibility of the message."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.conf import settings
from django.db import Error, connection

from jobs import transitions
from jobs.errors import LeaseLostError
from jobs.models import Job

logger = logging.getLogger(__name__)


class Lease:
    """Tells whether the job still belongs to this attempt, as far as the latest renewal knows."""

    def __init__(self) -> None:
        self._lost = threading.Event()

    def lose(self) -> None:
        self._lost.set()

    def check(self) -> None:
        """This function will raise LeaseLostError once the job belongs to somebody else or was cancelled."""
        if self._lost.is_set():
            raise LeaseLostError


@contextmanager
def kept(job: Job, *, clock: Callable[[], datetime], renew_message: Callable[[], None]) -> Iterator[Lease]:
    """This function will renew the lease (and the message) of a running job from a thread until the block ends."""
    lease = Lease()
    over = threading.Event()
    thread = threading.Thread(
        target=_renew, args=(job, lease, over, clock, renew_message), name=f"lease-{job.pk}", daemon=True
    )
    thread.start()
    try:
        yield lease
    finally:
        over.set()
        thread.join()


def _renew(
    job: Job,
    lease: Lease,
    over: threading.Event,
    clock: Callable[[], datetime],
    renew_message: Callable[[], None],
) -> None:
    try:
        while not over.wait(settings.LEASE_RENEWAL.total_seconds()):
            try:
                if not transitions.renew_lease(job, until=clock() + settings.LEASE_DURATION):
                    lease.lose()
                    return
            except Error as error:  # the next renewal is tried in time; should all fail, the final update decides
                logger.warning("The lease of job %s was not renewed: %s", job.pk, error)
                connection.close()
            renew_message()
    finally:
        connection.close()
