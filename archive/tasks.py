import os
import socket
import uuid
from typing import Any

from celery import shared_task

from archive import archiving, notices, recall, releasing, restoring
from genomics import clock


@shared_task(name=archiving.ARCHIVE)
def archive(*, job_id: str, **_later: Any) -> None:
    archiving.archive(uuid.UUID(job_id), actor=_worker(), clock=clock.now)


@shared_task(name=recall.COLLECT)
def collect(*, recall_id: str, **_later: Any) -> None:
    recall.collect(uuid.UUID(recall_id), clock=clock.now)


@shared_task(name=recall.ASK)
def ask(*, lab_id: str, **_later: Any) -> None:
    recall.ask(uuid.UUID(lab_id), clock=clock.now)


@shared_task(name=recall.RESTORE)
def restore(*, job_id: str, **_later: Any) -> None:
    restoring.restore(uuid.UUID(job_id), actor=_worker(), clock=clock.now)


@shared_task(name="archive.watch")
def watch(**_later: Any) -> None:
    recall.watch(clock=clock.now)


@shared_task(name="archive.sweep")
def sweep(**_later: Any) -> None:
    now = clock.now()
    archiving.sweep(now=now)
    recall.sweep(now=now)


@shared_task(name=releasing.RELEASE)
def release(**_later: Any) -> None:
    releasing.sweep(now=clock.now())


@shared_task(name=notices.TELL)
def tell(**_later: Any) -> None:
    notices.sweep(now=clock.now())


def _worker() -> str:
    return f"worker:{socket.gethostname()}:{os.getpid()}"
