"""Hears what the vaults and the Lambda function tell: the queue `notifications`, read beside a worker's tasks.

A message is a hint. It moves the retrieval that it is about, if that one waits for it, and a task goes on from there;
what is lost the polling finds (archive.recall). A message is acknowledged when the database has committed. One that
cannot be worked on now comes again after the queue's visibility time; one that nobody can read, too, and both become
dead letters in the end.
"""

import json
import logging
import uuid
from datetime import datetime
from typing import Any

from celery.bootsteps import ConsumerStep
from celery.worker.consumer import Consumer as Worker
from django.conf import settings
from django.db import close_old_connections
from kombu import Consumer, Queue
from kombu.message import Message

from archive import recall, restoring
from archive.models import Retrieval, RetrievalQuerySet, RetrievalState
from archive.transfer import Report
from archive.vaults import Event, Vault, audible
from genomics import clock
from genomics.queues import heartbeat

logger = logging.getLogger(__name__)

QUEUE = "notifications"


class NotYetError(Exception):
    """The vault was quicker than the worker that asked it and has not written so down yet."""


class UnreadableError(Exception):
    """Nobody here knows what the message is."""


class Notifications(ConsumerStep):
    """Celery's place for a reader of another queue: in the worker of the queue that the settings name."""

    def include_if(self, parent: Worker) -> bool:
        return settings.NOTIFICATIONS_WORKER in parent.app.amqp.queues.consume_from

    def get_consumers(self, channel: Any) -> list[Consumer]:
        heartbeat.mark(QUEUE)  # from now on its silence counts
        queue = Queue(QUEUE, no_declare=True)
        return [Consumer(channel, queues=[queue], on_message=take, auto_declare=False)]


def take(message: Message) -> None:
    """This function will work on a message and acknowledge it, or leave it to SQS."""
    received = message.delivery_info["sqs_message"]
    close_old_connections()
    try:
        handle(received["Body"], now=clock.now())
    except (NotYetError, UnreadableError) as error:
        logger.warning("Message %s is left on the queue: %r", received["MessageId"], error)
        message.reject_log_error(logger, (Exception,))
    except Exception:
        logger.exception("Message %s could not be worked on.", received["MessageId"])
        message.reject_log_error(logger, (Exception,))
    else:
        message.ack_log_error(logger, (Exception,))
    finally:
        close_old_connections()


def handle(body: str, *, now: datetime) -> bool:
    """This function will do what a message says, and tell whether it moved anything. Repeat it at will.

    Raises NotYetError and UnreadableError.
    """
    report = Report.read(body)
    if report is not None:
        return _hear_report(report, now=now)
    heard = [(vault, event) for vault in audible() for event in vault.parse_event(body)]
    if not heard and not _is_test(body):
        raise UnreadableError(body[:200])
    return any([_hear_event(event, vault=vault, now=now) for vault, event in heard])  # noqa: C419  # all of them


def _hear_event(event: Event, *, vault: Vault, now: datetime) -> bool:
    if event.standing.expires_at is not None and event.standing.expires_at <= now:
        return False  # of an earlier retrieval: what it has brought is gone
    found = Retrieval.objects.filter(archived_file__vault=vault.name, archived_file__archive_id=event.archive_id)
    if event.errand is not None:
        found = found & _by_id(event.errand.retrieval_id)
    retrieval = _waiting(found, said=f"{vault.name} tells of {event.archive_id}")
    if retrieval is None or (event.ticket and retrieval.ticket != event.ticket):
        return False
    return recall.note(retrieval, event.standing, now=now)


def _hear_report(report: Report, *, now: datetime) -> bool:
    retrieval = _waiting(_by_id(report.retrieval_id), said=f"Lambda tells of {report.retrieval_id}")
    return retrieval is not None and restoring.hear(retrieval, report, now=now)


def _waiting(found: RetrievalQuerySet, *, said: str) -> Retrieval | None:
    """This function will give the one that is not over yet; None: the message is late, or comes again."""
    retrieval = found.open().select_related("archived_file__file", "archived_file__job", "recall").first()
    if retrieval is None:
        logger.info("%s: nobody waits for it.", said)
    elif retrieval.state == RetrievalState.INTENDED:
        raise NotYetError(f"{said}: it has not been asked for yet")
    return retrieval


def _by_id(text: str) -> RetrievalQuerySet:
    try:
        return Retrieval.objects.filter(pk=uuid.UUID(text))
    except ValueError:
        return Retrieval.objects.none()


def _is_test(body: str) -> bool:
    """This function will know what S3 sends when somebody sets up its notifications."""
    try:
        return json.loads(body)["Event"] == "s3:TestEvent"  # type: ignore[no-any-return]
    except (ValueError, TypeError, KeyError, RecursionError):
        return False
