"""Sends hints to the workers, by task name and after the transaction has been committed."""

import logging
import uuid
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def send(task: str, *, lab: uuid.UUID | None = None, **ids: str | int) -> None:
    """This function will send a hint for `task` when the current transaction commits, or now outside of one.

    `lab` becomes the message group, by which SQS serves labs fairly. A hint that cannot be sent is logged
    and left to the sweep of its table: the caller's work is already safe in the database.
    """
    if task not in settings.TASKS:
        raise LookupError(f"{task} is not in settings.TASKS")
    transaction.on_commit(partial(_publish, task, lab=lab, ids=ids))


def _publish(task: str, *, lab: uuid.UUID | None, ids: dict[str, str | int]) -> None:
    group: dict[str, Any] = {"MessageGroupId": str(lab)} if lab else {}
    try:
        current_app.send_task(task, kwargs=ids, retry=False, **group)
    except (OperationalError, BotoCoreError, ClientError, OSError) as error:
        logger.warning("No hint for %s %s: %s. The sweep will send it.", task, ids, error)
    except Exception:  # what was committed stands: whoever asked for it must not be told that it failed
        logger.exception("No hint for %s %s. The sweep will send it.", task, ids)
