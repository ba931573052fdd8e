"""How much waits in the queue of a task: whoever hints the same again and again asks first."""

from django.conf import settings

from genomics.aws import sqs
from genomics.aws.errors import QueueMissingError, QueueUnavailableError


def waiting(task: str) -> int:
    """This function will give the number of messages, as SQS estimates it; 0 when SQS does not say."""
    queue = settings.TASKS[task].queue
    try:
        return sqs.count(settings.STACK.queue_urls[queue]).waiting
    except (QueueMissingError, QueueUnavailableError):
        return 0
