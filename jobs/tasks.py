import os
import socket
from typing import Any

from celery import Task, shared_task
from django.conf import settings

from genomics import clock
from genomics.aws.queue_messages import keep_invisible
from jobs import annotation, deletion, dispatch, outbox, publishing


@shared_task(name=dispatch.ANNOTATE, bind=True)
def annotate(self: Task[..., None], **_later: Any) -> None:
    """This function will bring one waiting job to its end; the message says only that there is work."""
    worker = annotation.Worker(
        name=f"{socket.gethostname()}:{os.getpid()}",
        clock=clock.now,
        renew_message=lambda: _renew_message(self),
    )
    annotation.annotate_next(worker)


@shared_task(name="jobs.sweep")
def sweep(**_later: Any) -> None:
    dispatch.sweep(now=clock.now())


@shared_task(name=deletion.REMOVE)
def remove(**_later: Any) -> None:
    deletion.sweep(now=clock.now())


@shared_task(name=outbox.PUBLISH)
def publish(**_later: Any) -> None:
    publishing.publish(now=clock.now())


def _renew_message(task: Task[..., None]) -> None:
    properties = getattr(task.request, "properties", None) or {}
    queue_url = (properties.get("delivery_info") or {}).get("sqs_queue")
    if queue_url:  # absent on other brokers, which tests use
        keep_invisible(queue_url, receipt_handle=properties["delivery_tag"], duration=settings.MESSAGE_VISIBILITY)
