"""Dead letters: collected from SQS into rows, then put back or dropped by an operator."""

import logging
from datetime import datetime

from django.conf import settings
from django.db import transaction

from genomics.aws import sqs
from genomics.aws.errors import QueueMissingError, QueueUnavailableError
from genomics.aws.sqs import ReceivedMessage
from genomics.queues import envelope
from genomics.queues.errors import AlreadyDecidedError
from genomics.queues.models import DeadLetter, State

logger = logging.getLogger(__name__)

_MOST_PER_QUEUE = 100  # in one collection; the next one goes on


def collect(*, now: datetime) -> int:
    """This function will move what lies in the dead-letter queues into rows, and give the number of new rows.

    A queue that does not answer is logged and left to the next collection.
    """
    collected = 0
    for role, url in settings.STACK.dead_letter_queue_urls.items():
        try:
            collected += _collect_queue(role, url=url, now=now)
        except (QueueMissingError, QueueUnavailableError) as error:
            logger.warning("The dead letters of %s were not collected: %s", role, error)
    return collected


def put_back(letter: DeadLetter, *, actor: str, now: datetime) -> None:
    """This function will send a dead letter, unchanged, to the queue that it came from.

    A crash between sending and recording leaves it waiting, and it may be sent twice: every task of ours may run
    twice. Raises AlreadyDecidedError, QueueMissingError or QueueUnavailableError.
    """
    with transaction.atomic():
        found = _to_decide(letter)
        sqs.send(
            settings.STACK.queue_urls[found.queue], body=found.body, group=found.group, attributes=found.attributes
        )
        _decide(found, State.REQUEUED, actor=actor, now=now)


def drop(letter: DeadLetter, *, actor: str, now: datetime) -> None:
    """This function will settle a dead letter without doing its work; the row stays. Raises AlreadyDecidedError."""
    with transaction.atomic():
        _decide(_to_decide(letter), State.DROPPED, actor=actor, now=now)


def _collect_queue(role: str, *, url: str, now: datetime) -> int:
    received, collected = 0, 0
    while received < _MOST_PER_QUEUE and (messages := sqs.receive(url)):
        for message in messages:
            # In this order: what falls in between is received again, and found by its id.
            collected += _keep(message, queue=role, now=now)
            sqs.delete(url, receipt_handle=message.receipt_handle)
        received += len(messages)
    return collected


def _keep(message: ReceivedMessage, *, queue: str, now: datetime) -> bool:
    read = envelope.read(envelope.unwrap(message.body))
    letter, created = DeadLetter.objects.get_or_create(
        message_id=message.message_id,
        defaults={
            "queue": queue,
            "task": _storable(read.task)[:200] if read else "",
            "body": _storable(message.body),
            "group": message.group,
            "attributes": dict(message.attributes),
            "receive_count": message.receive_count,
            "sent_at": message.sent_at,
            "first_received_at": message.first_received_at,
            "collected_at": now,
        },
    )
    if created:
        logger.error("Dead letter %s of %s: %s", letter.message_id, queue, letter.task or "not a task of ours")
    return created


def _storable(text: str) -> str:
    """This function will replace what PostgreSQL cannot keep in a text: NUL and halves of surrogate pairs."""
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()


def _to_decide(letter: DeadLetter) -> DeadLetter:
    found = DeadLetter.objects.select_for_update().get(pk=letter.pk)
    if found.state != State.WAITING:
        raise AlreadyDecidedError
    return found


def _decide(letter: DeadLetter, state: State, *, actor: str, now: datetime) -> None:
    DeadLetter.objects.filter(pk=letter.pk).update(state=state, actor=actor, decided_at=now)
