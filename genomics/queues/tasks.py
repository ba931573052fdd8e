from typing import Any

from celery import shared_task
from django.utils import timezone

from genomics.queues import dead_letters


@shared_task(name="queues.collect")
def collect(**_later: Any) -> None:
    dead_letters.collect(now=timezone.now())
