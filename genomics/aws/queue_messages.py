"""The visibility of a message that a worker is still busy with."""

import logging
from datetime import timedelta

from botocore.exceptions import BotoCoreError, ClientError

from genomics.aws import clients

logger = logging.getLogger(__name__)


def keep_invisible(queue_url: str, *, receipt_handle: str, duration: timedelta) -> None:
    """This function will hide a received message for `duration` from now.

    A failure is logged only: the lease in the database decides who works, a message delivered twice is harmless.
    """
    try:
        clients.sqs().change_message_visibility(
            QueueUrl=queue_url, ReceiptHandle=receipt_handle, VisibilityTimeout=int(duration.total_seconds())
        )
    except (BotoCoreError, ClientError) as error:
        logger.warning("The message of a running job was not kept invisible: %s", error)
