"""What lies in each queue right now, for the page of the admin."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count

from genomics.aws import sqs
from genomics.aws.errors import QueueMissingError, QueueUnavailableError
from genomics.aws.sqs import QueueCounts
from genomics.queues.models import DeadLetter, State


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """One queue with its dead letters."""

    role: str
    name: str
    counts: QueueCounts | None  # None: see `problem`
    dead: QueueCounts | None  # None: see `problem`; not collected yet
    dead_letters: int  # collected, and not decided
    problem: str  # empty: SQS answers for both


def look() -> list[QueueState]:
    """This function will ask SQS about all queues at once; what it does not answer is a problem of that queue."""
    stack = settings.STACK
    dead_letters = dict(
        DeadLetter.objects.filter(state=State.WAITING).values_list("queue").annotate(number=Count("pk"))
    )
    roles = sorted(stack.queue_urls)
    urls = [*(stack.queue_urls[role] for role in roles), *(stack.dead_letter_queue_urls[role] for role in roles)]
    with ThreadPoolExecutor(max_workers=len(urls)) as threads:
        answers = list(threads.map(_count, urls))
    return [
        QueueState(
            role=role,
            name=stack.queues[role],
            counts=own if isinstance(own, QueueCounts) else None,
            dead=dead if isinstance(dead, QueueCounts) else None,
            dead_letters=dead_letters.get(role, 0),
            problem=" ".join(sorted({answer for answer in (own, dead) if isinstance(answer, str)})),
        )
        for role, own, dead in zip(roles, answers[: len(roles)], answers[len(roles) :], strict=True)
    ]


def _count(url: str) -> QueueCounts | str:
    """This function will count one queue, or say why that cannot be done."""
    try:
        return sqs.count(url)
    except QueueMissingError:
        return f"There is no queue {url.rpartition('/')[2]}."
    except QueueUnavailableError:
        return "SQS does not answer."
